/** Codes on goods: their one normal form, GS1 check digits, and the labels that a scale prints (src/butik/lib/barcodes.py). */

const GTIN_LENGTHS = new Set([8, 12, 13, 14]);

export function isDigits(code: string): boolean {
  return /^[0-9]+$/.test(code);
}

/** The GS1 check digit over all digits but the last: weights 3, 1, 3, … from the right. */
export function checkDigit(body: string): number {
  let sum = 0;
  for (let i = 0; i < body.length; i++) {
    sum += Number(body[body.length - 1 - i]) * (i % 2 === 0 ? 3 : 1);
  }
  return (10 - (sum % 10)) % 10;
}

/** Whether a code is a well-formed EAN-8, UPC-A, EAN-13 or GTIN-14. */
export function isGtin(code: string): boolean {
  return GTIN_LENGTHS.has(code.length) && isDigits(code) && checkDigit(code.slice(0, -1)) === Number(code.at(-1));
}

/**
 * The form in which codes are kept and compared, as the service makes it: a number without leading zeros (UPC-A, EAN-13
 * and GTIN-14 of one article are one), anything else with the letters a to z as capitals, no blanks at its ends.
 */
export function normalCode(code: string): string {
  const bare = code.replace(/^ +| +$/g, '');
  if (isDigits(bare)) return bare.replace(/^0+(?=[0-9])/, '');
  return bare.replace(/[a-z]+/g, (letters) => letters.toUpperCase());
}

/** The number that a code stands for; null for what is not a number, or too large to be one exactly. */
export function numericValue(code: string): number | null {
  if (!isDigits(code)) return null;
  const value = Number(code);
  return Number.isSafeInteger(value) ? value : null;
}

/**
 * How a country's scales write 13 digits, as the price file says: prefix, what is measured, how many digits the article
 * has, how many are skipped after them, and how many minor units or grams one of the amount is.
 */
export type LabelRule = [prefix: string, measure: 'PRICE' | 'WEIGHT', article: number, skipped: number, factor: number];

/** `keys`: what the article may be known by, the surest first: the label's own EAN with nothing on the scale, its head, its number. */
export type Label = { keys: string[] } & ({ price: number } | { grams: number });

/** A label that a scale printed. */
export function readLabel(code: string, rules: readonly LabelRule[]): Label | null {
  // A scanner may report the same label as GTIN-14, with a zero in front.
  const ean = code.length === 14 && code.startsWith('0') ? code.slice(1) : code;
  const rule = rules.find(([prefix]) => ean.startsWith(prefix));
  if (!rule || ean.length !== 13 || !isGtin(ean)) return null;
  const [prefix, measure, digits, skipped, factor] = rule;
  const head = ean.slice(0, prefix.length + digits);
  const amount = Number(ean.slice(head.length + skipped, 12)) * factor;
  const blank = head.padEnd(12, '0');
  const keys = [`${blank}${checkDigit(blank)}`, head, head.slice(prefix.length)];
  return measure === 'PRICE' ? { keys, price: amount } : { keys, grams: amount };
}

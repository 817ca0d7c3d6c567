/** Barcodes: check digits, the number that a code stands for, and labels of weighed goods. */

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
 * The number that a code stands for: UPC-A, EAN-13 and GTIN-14 of one article differ in leading zeros only.
 * Null for what is not a number, or too large to be one exactly.
 */
export function numericValue(code: string): number | null {
  if (!isDigits(code)) return null;
  const value = Number(code);
  return Number.isSafeInteger(value) ? value : null;
}

export type Label = { article: string; price: number } | { article: string; grams: number };

// As Danish scales print them: what follows the prefix is the price to pay, or the weight in grams.
const PRICE_PREFIXES = ['21', '22', '23', '24'];
const WEIGHT_PREFIXES = ['26', '27', '28'];

/** A label that a scale printed. */
export function readLabel(code: string): Label | null {
  // A scanner may report the same label as GTIN-14, with a zero in front.
  const ean = code.length === 14 && code.startsWith('0') ? code.slice(1) : code;
  if (ean.length !== 13 || !isGtin(ean)) return null;
  const article = ean.slice(2, 7);
  const value = Number(ean.slice(7, 12));
  const prefix = ean.slice(0, 2);
  if (PRICE_PREFIXES.includes(prefix)) return { article, price: value };
  return WEIGHT_PREFIXES.includes(prefix) ? { article, grams: value } : null;
}

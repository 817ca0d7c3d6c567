/** The basket: the sale being built. Every act gives a new basket; nothing here touches a screen or a database. */
import { MAX_AMOUNT } from './bounds';
import type { Article, Hit, Miss, PriceList } from './price-list';
import type { Unit } from './documents';
import { lineAmount } from './money';

export interface BasketLine {
  /** Stays the same while the line lives, also when lines before it go. */
  id: number;
  number: string;
  text: string;
  barcode: string;
  quantity: number;
  unit: Unit;
  unitPrice: number;
  amount: number;
  vatRate: number;
  version: number;
  /** The line that brought this one along (a deposit), and how many thousandths of it one brings. */
  linkedTo: number | null;
}

export interface Basket {
  lines: readonly BasketLine[];
  nextId: number;
  /** The highest age that the assistant has checked in this sale. */
  ageChecked: number;
  startedAt: string | null;
}

export const EMPTY_BASKET: Basket = { lines: [], nextId: 1, ageChecked: 0, startedAt: null };

/** The most of an article that one line may hold: a slip on the keypad must not become a sale. */
export const MAX_QUANTITY = 9_999_000;
// More kilograms, litres or metres than this in one line is a slip of the finger, not a purchase.
export const MAX_MEASURE = 100_000;

/** What the journal's format allows; a receipt of a thousand lines is somebody's mistake. */
export const MAX_LINES = 1000;

export type Refusal =
  | { kind: Miss; code: string }
  | { kind: 'BLOCKED'; text: string }
  /** An article by the piece: it has no weight, and half of it is nothing that one can buy. */
  | { kind: 'BY_THE_PIECE'; text: string }
  /** The code says grams, and the article is sold by the litre; or the like. */
  | { kind: 'OTHER_UNIT'; text: string }
  /** The label says that nothing was on the scale, or that it costs nothing. */
  | { kind: 'EMPTY_LABEL'; text: string }
  | { kind: 'FOREIGN_PRICE'; text: string }
  | { kind: 'QUANTITY' }
  | { kind: 'FULL' };

interface Added {
  kind: 'ADDED';
  basket: Basket;
  line: BasketLine;
}

export type Outcome =
  | Added
  | { kind: 'ASK_AGE'; years: number; text: string }
  | { kind: 'ASK_WEIGHT'; text: string; unit: Unit }
  | Refusal;

export interface Scan {
  code: string;
  /** The same keys as they stand on another keyboard: looked up when `code` is not known. */
  byPlace?: string;
  /** Thousandths that were keyed before the scan; null for a plain one. */
  quantity: number | null;
  /** How much it is, for the question was asked and answered. */
  weighed?: number;
  /** The till's, as GS1 codes name it: a price in another is not this one's. */
  currency?: string;
  at: string;
}

export function ringUp(basket: Basket, prices: PriceList, scan: Scan): Outcome {
  const hit = findEither(prices, scan);
  if (typeof hit === 'string') return { kind: hit, code: scan.code };
  const { article } = hit;
  if (article.blocked) return { kind: 'BLOCKED', text: article.text };
  if (article.ageLimit > basket.ageChecked) return { kind: 'ASK_AGE', years: article.ageLimit, text: article.text };
  if (isForeign(hit, scan.currency)) return { kind: 'FOREIGN_PRICE', text: article.text };
  const quantity = article.unit !== 'PCS' && scan.weighed !== undefined ? scan.weighed : quantityOf(hit, scan.quantity);
  if (typeof quantity !== 'number') return quantity;
  if (quantity <= 0 || quantity > mostOf(article.unit)) return { kind: 'QUANTITY' };
  const outcome = added(basket, prices, hit, { ...scan, quantity });
  // So little of something that has a price that it would cost nothing is a slip, too.
  if (outcome.line.unitPrice && !outcome.line.amount) return { kind: 'QUANTITY' };
  if (isTooMuch(outcome.basket)) return { kind: 'QUANTITY' };
  return outcome.basket.lines.length > MAX_LINES ? { kind: 'FULL' } : outcome;
}

function findEither(prices: PriceList, { code, byPlace }: Scan): Hit | Miss {
  const hit = prices.find(code);
  if (typeof hit !== 'string' || !byPlace || byPlace === code) return hit;
  const other = prices.find(byPlace);
  return typeof other === 'string' ? hit : other;
}

function isForeign({ measure }: Hit, currency: string | undefined): boolean {
  return measure !== null && 'price' in measure && measure.currency !== '' && measure.currency !== currency;
}

/** The most of an article in thousandths of its unit. */
export function mostOf(unit: Unit): number {
  if (unit === 'PCS') return MAX_QUANTITY;
  return unit === 'G' || unit === 'ML' ? MAX_MEASURE * 1000 : MAX_MEASURE;
}

/** How much of the article one scan is, or what must be said or asked first. */
function quantityOf(hit: Hit, keyed: number | null): number | Outcome {
  const { article, measure } = hit;
  const { text, unit } = article;
  if (measure && 'price' in measure) return pieces(hit, keyed, measure.price === 0);
  if (unit === 'PCS') return measure && !('count' in measure) ? { kind: 'BY_THE_PIECE', text } : pieces(hit, keyed, false);
  const one = measure ? inUnit(measure, unit) : null;
  if (one === null && measure) return { kind: 'OTHER_UNIT', text };
  // Nobody has said how much; nor has a label with nothing on the scale.
  if (one === 0 || (one === null && keyed === null)) return { kind: 'ASK_WEIGHT', text, unit };
  return keyed === null ? one! : lineAmount(one ?? hit.quantity, keyed);
}

function pieces({ article: { text }, quantity, measure }: Hit, keyed: number | null, empty: boolean): number | Outcome {
  if (empty) return { kind: 'EMPTY_LABEL', text };
  if (keyed !== null && keyed % 1000) return { kind: 'BY_THE_PIECE', text };
  const counted = measure && 'count' in measure ? measure.count * 1000 : quantity;
  if (counted === 0) return { kind: 'EMPTY_LABEL', text };
  return keyed === null ? counted : lineAmount(counted, keyed);
}

/** Thousandths of the article's unit; null when the code measured something else. */
function inUnit(measure: Exclude<Hit['measure'], null>, unit: Unit): number | null {
  if ('grams' in measure) return unit === 'KG' ? measure.grams : unit === 'G' ? measure.grams * 1000 : null;
  if ('millilitres' in measure) return unit === 'L' ? measure.millilitres : unit === 'ML' ? measure.millilitres * 1000 : null;
  return null;
}

function added(basket: Basket, prices: PriceList, hit: Hit, scan: Scan & { quantity: number }): Added {
  const labelPrice = hit.measure && 'price' in hit.measure ? hit.measure.price : null;
  const line = newLine(basket.nextId, hit.article, scan.quantity, hit.code, labelPrice, null);
  const lines = [...basket.lines, line];
  let { nextId } = basket;
  nextId++;
  // A crate may bring a bottle's deposit that in turn brings nothing: each link is followed once, never in a ring.
  const seen = new Set([hit.article.index]);
  for (let link = hit.article.link; link !== null && !seen.has(link);) {
    seen.add(link);
    const article = prices.article(link);
    lines.push(newLine(nextId++, article, scan.quantity, '', null, line.id));
    link = article.link;
  }
  return { kind: 'ADDED', basket: { ...basket, lines, nextId, startedAt: basket.startedAt ?? scan.at }, line };
}

function newLine(
  id: number,
  article: Article,
  quantity: number,
  barcode: string,
  labelPrice: number | null,
  linkedTo: number | null,
): BasketLine {
  const unitPrice = labelPrice ?? article.price;
  return {
    id,
    number: article.number,
    text: article.text,
    barcode,
    quantity,
    // A label with a price is one piece at that price, whatever its weight was.
    unit: labelPrice === null ? article.unit : 'PCS',
    unitPrice,
    amount: lineAmount(unitPrice, quantity),
    vatRate: article.vatRate,
    version: article.version,
    linkedTo,
  };
}

/** The assistant has seen that the customer is old enough. */
export function withAgeChecked(basket: Basket, years: number): Basket {
  return { ...basket, ageChecked: Math.max(basket.ageChecked, years) };
}

/** Delete a line with all that it brought; a deposit goes with its article only. */
export function deleteLine(basket: Basket, id: number): Basket {
  const line = basket.lines.find((one) => one.id === id);
  const root = line?.linkedTo ?? id;
  const lines = basket.lines.filter((one) => one.id !== root && one.linkedTo !== root);
  return lines.length ? { ...basket, lines } : { ...EMPTY_BASKET, nextId: basket.nextId };
}

/** Another quantity for a line; what it brought follows. The same basket when that quantity cannot be. */
export function setQuantity(basket: Basket, id: number, quantity: number): Basket {
  const root = basket.lines.find((one) => one.id === id)?.linkedTo ?? id;
  const unit = basket.lines.find((one) => one.id === root)?.unit ?? 'PCS';
  if (quantity <= 0 || quantity > mostOf(unit) || (unit === 'PCS' && quantity % 1000)) return basket;
  const lines = basket.lines.map((one) =>
    one.id === root || one.linkedTo === root ? { ...one, quantity, amount: lineAmount(one.unitPrice, quantity) } : one,
  );
  const changed = { ...basket, lines };
  return isTooMuch(changed) ? basket : changed;
}

/** More than a record can hold: refused at the scan, and not when it has been paid. */
function isTooMuch(basket: Basket): boolean {
  const amounts = [...basket.lines.map((line) => line.amount), basketTotal(basket)];
  return amounts.some((amount) => Math.abs(amount) > MAX_AMOUNT);
}

export function basketTotal(basket: Basket): number {
  let total = 0;
  for (const line of basket.lines) total += line.amount;
  return total;
}

/** The basket: the sale being built. Every act gives a new basket; nothing here touches a screen or a database. */
import type { Article, Hit, PriceList } from './price-list';
import type { Unit } from './documents';
import { lineAmount } from './money';
import { looksMisread } from './price-list';

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
  | { kind: 'UNKNOWN'; code: string }
  | { kind: 'MISREAD'; code: string }
  | { kind: 'BLOCKED'; text: string }
  | { kind: 'QUANTITY' }
  | { kind: 'FULL' };

export type Outcome =
  | { kind: 'ADDED'; basket: Basket; line: BasketLine }
  | { kind: 'ASK_AGE'; years: number; text: string }
  | { kind: 'ASK_WEIGHT'; text: string }
  | Refusal;

export interface Scan {
  code: string;
  /** Thousandths that were keyed before the scan; null for a plain one. */
  quantity: number | null;
  at: string;
}

export function ringUp(basket: Basket, prices: PriceList, scan: Scan): Outcome {
  const hit = prices.find(scan.code);
  if (!hit) return { kind: looksMisread(scan.code) ? 'MISREAD' : 'UNKNOWN', code: scan.code };
  const { article } = hit;
  if (article.blocked) return { kind: 'BLOCKED', text: article.text };
  if (article.ageLimit > basket.ageChecked) return { kind: 'ASK_AGE', years: article.ageLimit, text: article.text };
  const quantity = quantityOf(hit, scan.quantity);
  if (quantity === null) return { kind: 'ASK_WEIGHT', text: article.text };
  if (quantity <= 0 || quantity > mostOf(hit.article.unit)) return { kind: 'QUANTITY' };
  const outcome = added(basket, prices, hit, { ...scan, quantity });
  return outcome.kind === 'ADDED' && outcome.basket.lines.length > MAX_LINES ? { kind: 'FULL' } : outcome;
}

function mostOf(unit: Unit): number {
  return unit === 'PCS' || unit === 'G' || unit === 'ML' ? MAX_QUANTITY : MAX_MEASURE;
}

/** Null when an article is sold by weight and nobody has said how much. */
function quantityOf(hit: Hit, keyed: number | null): number | null {
  if (hit.weighed || hit.labelPrice !== null) return keyed === null ? hit.quantity : lineAmount(hit.quantity, keyed);
  if (hit.article.unit !== 'PCS' && keyed === null) return null;
  return keyed === null ? hit.quantity : lineAmount(hit.quantity, keyed);
}

function added(basket: Basket, prices: PriceList, hit: Hit, scan: Scan & { quantity: number }): Outcome {
  const line = newLine(basket.nextId, hit.article, scan.quantity, scan.code, hit.labelPrice, null);
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

/** Another quantity for a line; what it brought follows. */
export function setQuantity(basket: Basket, id: number, quantity: number): Basket {
  const root = basket.lines.find((one) => one.id === id)?.linkedTo ?? id;
  const unit = basket.lines.find((one) => one.id === root)?.unit ?? 'PCS';
  if (quantity <= 0 || quantity > mostOf(unit)) return basket;
  const lines = basket.lines.map((one) =>
    one.id === root || one.linkedTo === root ? { ...one, quantity, amount: lineAmount(one.unitPrice, quantity) } : one,
  );
  return { ...basket, lines };
}

export function basketTotal(basket: Basket): number {
  let total = 0;
  for (const line of basket.lines) total += line.amount;
  return total;
}

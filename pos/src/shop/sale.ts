/** The arithmetic of a sale: VAT for each rate, spread over the lines; cash rounded; what is left to pay. */
import { MAX_BARCODE, MAX_REFERENCE, MAX_TEXT } from './bounds';
import type { BasketLine } from './basket';
import type { Payment, SaleLine, VatSum } from './documents';
import { roundToCoin, vatWithin } from './money';
import { cutText } from './texts';

/** VAT is computed once for each rate of the receipt and then spread, so that lines and specification agree. */
export function vatOf(lines: readonly { amount: number; vat_rate: number }[]): { vat: VatSum[]; byLine: number[] } {
  const rates = [...new Set(lines.map((line) => line.vat_rate))].sort((a, b) => b - a);
  const byLine = new Array<number>(lines.length).fill(0);
  const vat = rates.map((rate) => {
    const places = lines.flatMap((line, place) => (line.vat_rate === rate ? [place] : []));
    const gross = places.reduce((sum, place) => sum + lines[place]!.amount, 0);
    const whole = vatWithin(gross, rate);
    spread(whole, rate, places, lines, byLine);
    return { rate, gross, vat: whole };
  });
  return { vat, byLine };
}

/** Largest remainder over each line's exact share, amount × rate / (10000 + rate); the upper line wins a tie. */
function spread(whole: number, rate: number, places: number[], lines: readonly { amount: number }[], byLine: number[]): void {
  const parts = places.map((place) => {
    const exact = lines[place]!.amount * rate;
    const floor = Math.floor(exact / (10000 + rate));
    return { place, floor, remainder: exact - floor * (10000 + rate) };
  });
  let left = whole - parts.reduce((sum, part) => sum + part.floor, 0);
  for (const part of parts) byLine[part.place] = part.floor || 0;
  for (const part of parts.sort((a, b) => b.remainder - a.remainder || a.place - b.place)) {
    if (left <= 0) break;
    byLine[part.place]!++;
    left--;
  }
}


/** Number the lines of a basket as a sale has them. */
export function saleLines(lines: readonly BasketLine[]): SaleLine[] {
  const { byLine } = vatOf(lines.map((line) => ({ amount: line.amount, vat_rate: line.vatRate })));
  const places = new Map(lines.map((line, place) => [line.id, place + 1]));
  return lines.map((line, place) => ({
    n: place + 1,
    number: line.number,
    text: cutText(line.text, MAX_TEXT),
    barcode: cutText(line.barcode, MAX_BARCODE),
    quantity: line.quantity,
    unit: line.unit,
    unit_price: line.unitPrice,
    amount: line.amount,
    vat_rate: line.vatRate,
    vat: byLine[place] ?? 0,
    version: line.version,
    linked_to: line.linkedTo === null ? null : (places.get(line.linkedTo) ?? null),
  }));
}

export interface Due {
  /** What is left of the total. */
  left: number;
  /** What is left when the rest is paid in cash. */
  cash: number;
  /** Nothing is left to pay. */
  paid: boolean;
}

export function dueOf(total: number, payments: readonly Payment[], coin: number): Due {
  const left = total - payments.reduce((sum, payment) => sum + payment.amount, 0);
  const cash = roundToCoin(left, coin);
  // Cash that rounds to the coin settles the receipt although a few øre are left: they are the rounding.
  const last = payments.at(-1);
  const isRoundedAway = cash === 0 || Math.sign(left) === -Math.sign(total);
  const settledByCash = last?.tender === 'CASH' && isRoundedAway;
  return { left, cash, paid: payments.length > 0 && (left === 0 || settledByCash) };
}

/** Change of so much is not given: whoever pays 5.00 with 4321.00 has keyed something else. */
const MOST_CHANGE = 100_000;

/** Whether a customer would hand over so much cash. */
export function isPlausible(tendered: number, cash: number): boolean {
  return tendered - cash < MOST_CHANGE;
}

/** Take cash: what is handed over pays as much as it can, the rest is change. */
export function takeCash(id: string, tendered: number, due: Due): Payment {
  const amount = Math.min(tendered, due.cash);
  return { id, tender: 'CASH', amount, tendered, change: tendered - amount, reference: '' };
}

export function takeCard(id: string, amount: number, reference: string): Payment {
  return { id, tender: 'CARD', amount, tendered: amount, change: 0, reference: cutText(reference, MAX_REFERENCE) };
}

/** What cash rounding added to (or took from) the total. */
export function roundingOf(total: number, payments: readonly Payment[]): number {
  return payments.reduce((sum, payment) => sum + payment.amount, 0) - total;
}

/** Notes and round amounts that a customer is likely to hand over for `due`: at most four, each above the last. */
export function quickAmounts(due: number): number[] {
  const notes = [5_000, 10_000, 20_000, 50_000, 100_000];
  const next = notes.map((note) => Math.ceil(due / note) * note);
  return [...new Set(next)]
    .filter((amount) => amount > due)
    .sort((a, b) => a - b)
    .slice(0, 4);
}

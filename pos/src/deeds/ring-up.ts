/** Scans and keys on the sale screen. */
import { basketTotal, deleteLine, type Outcome, ringUp, setQuantity, withAgeChecked } from '../shop/basket';
import { standstill } from '../shop/emergency';
import { isoMoment } from '../shop/clock';
import { play } from '../parts/sound';
import { scanBegins } from '../parts/timing';
import { storeNow } from './clock';
import { clearSale, saleIdOf, saveDraft, saveDraftSoon } from './draft';
import { isBetweenSales, isKept, type Till } from './till';

/** A code from the scanner, the keypad or the search. Anything that stands in the information line must be cleared first. */
export function scan(till: Till, code: string, keyed: number | null = till.quantity.value): void {
  scanBegins();
  if (till.committing || till.card.value || !code) return;
  if (till.screen.value !== 'SALE') till.screen.value = 'SALE';
  till.receipt.value = null;
  if (till.trouble.value || till.question.value) return play(till, 'refused');
  if (till.connection.value.revoked) return trouble(till, { kind: 'REVOKED' });
  if (till.device.value?.closing) return trouble(till, { kind: 'CLOSING' });
  if (isKept(till)) return trouble(till, { kind: 'SALE_KEPT' });
  const why = standstill(till.emergency.value);
  if (why && isBetweenSales(till)) return trouble(till, { kind: 'STANDSTILL', why });
  const prices = till.prices.value;
  if (!prices) return trouble(till, { kind: 'NO_PRICES' });
  const at = isoMoment(storeNow(till));
  apply(till, ringUp(till.basket.value, prices.list, { code, quantity: keyed, at }), code, keyed);
}

function apply(till: Till, outcome: Outcome, code: string, keyed: number | null): void {
  switch (outcome.kind) {
    case 'ADDED':
      saleIdOf(till);
      till.basket.value = outcome.basket;
      till.selected.value = null;
      till.entry.value = '';
      till.quantity.value = null;
      play(till, 'scanned');
      saveDraftSoon(till);
      return;
    case 'ASK_AGE':
      till.question.value = { kind: 'AGE', years: outcome.years, text: outcome.text, code, quantity: keyed };
      play(till, 'asked');
      return;
    case 'ASK_WEIGHT':
      till.question.value = { kind: 'WEIGHT', text: outcome.text, code };
      play(till, 'asked');
      return;
    default:
      trouble(till, outcome);
  }
}

function trouble(till: Till, what: NonNullable<Till['trouble']['value']>): void {
  till.trouble.value = what;
  till.entry.value = '';
  till.quantity.value = null;
  play(till, 'refused');
}

/** The customer is old enough, or not: then the article stays out. */
export function answerAge(till: Till, oldEnough: boolean): void {
  const question = till.question.value;
  if (question?.kind !== 'AGE') return;
  till.question.value = null;
  if (!oldEnough) {
    till.quantity.value = null;
    return;
  }
  till.basket.value = withAgeChecked(till.basket.value, question.years);
  scan(till, question.code, question.quantity);
}

export function answerWeight(till: Till, thousandths: number | null): void {
  const question = till.question.value;
  if (question?.kind !== 'WEIGHT') return;
  till.question.value = null;
  if (thousandths !== null) scan(till, question.code, thousandths);
}

/** C: first the trouble, then the question, then what was keyed, then the selection. */
export function clear(till: Till): void {
  if (till.trouble.value) till.trouble.value = null;
  else if (till.question.value) till.question.value = null;
  else if (till.entry.value) till.entry.value = '';
  else if (till.quantity.value !== null) till.quantity.value = null;
  else till.selected.value = null;
}

export function keyDigits(till: Till, digits: string): void {
  if (till.trouble.value) return play(till, 'refused');
  const next = till.entry.value + digits;
  if (next.length <= 20) till.entry.value = next;
}

export function eraseDigit(till: Till): void {
  till.entry.value = till.entry.value.slice(0, -1);
}

/** `3 ×`: the next scan is three of it; with a line selected, that line becomes three. */
export function keyQuantity(till: Till): void {
  const quantity = readQuantity(till.entry.value);
  if (quantity === null) return;
  const { value: line } = till.selected;
  till.entry.value = '';
  if (line === null) till.quantity.value = quantity;
  else changeQuantity(till, line, quantity);
}

/** Thousandths from what was keyed: `3`, `0,345`; null when it is no quantity. */
export function readQuantity(entry: string): number | null {
  const match = /^(\d{1,4})(?:[.,](\d{1,3}))?$/.exec(entry);
  if (!match) return null;
  const thousandths = Number(match[1]) * 1000 + Number((match[2] ?? '').padEnd(3, '0'));
  return thousandths > 0 ? thousandths : null;
}

/** Once money is taken the basket may grow, never shrink: nobody is owed anything back. */
function isPartPaid(till: Till): boolean {
  return till.payments.value.length > 0 || till.card.value !== null || till.committing;
}

export function changeQuantity(till: Till, line: number, quantity: number): void {
  if (isPartPaid(till)) return;
  till.basket.value = setQuantity(till.basket.value, line, quantity);
  saveDraftSoon(till);
}

export function removeLine(till: Till, line: number): void {
  if (isPartPaid(till)) return;
  till.basket.value = deleteLine(till.basket.value, line);
  till.selected.value = null;
  if (!till.basket.value.lines.length) till.saleId = '';
  saveDraftSoon(till);
}

/** Cancel the whole receipt: before any money was taken. */
export async function cancelSale(till: Till): Promise<void> {
  if (isPartPaid(till)) return;
  clearSale(till);
  till.screen.value = 'SALE';
  await saveDraft(till);
}

export function totalOf(till: Till): number {
  return basketTotal(till.basket.value);
}

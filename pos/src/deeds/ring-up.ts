/** Scans and keys on the sale screen. */
import { basketTotal, deleteLine, ringUp, setQuantity, withAgeChecked } from '../shop/basket';
import { standstill } from '../shop/emergency';
import { isoMoment } from '../shop/clock';
import type { PriceList } from '../shop/price-list';
import { play } from '../parts/sound';
import { scanBegins } from '../parts/timing';
import { storeNow } from './clock';
import { clearSale, saleIdOf, saveDraft, saveDraftSoon } from './draft';
import { isBetweenSales, isKept, type Question, type Scanned, type Till, type Trouble } from './till';

/** As GS1 codes name currencies. */
const CURRENCIES: Record<string, string> = { DKK: '208', EUR: '978', GBP: '826', NOK: '578', SEK: '752' };

/** A code from the scanner, the keypad or the search. Anything that stands in the information line must be cleared first. */
export function scan(till: Till, code: string, quantity: number | null = till.quantity.value, byPlace = code): void {
  scanBegins();
  takeIn(till, { code, byPlace, quantity });
}

function takeIn(till: Till, scanned: Scanned): void {
  if (!scanned.code) return refuse(till);
  if (till.committing) return void till.next.push(scanned);
  if (till.card.value) return refuse(till);
  if (till.screen.value !== 'SALE') till.screen.value = 'SALE';
  till.receipt.value = null;
  till.sheet.value = null;
  if (till.trouble.value || till.question.value) return refuse(till);
  const stop = stopOf(till);
  if (stop) return trouble(till, stop);
  const prices = till.prices.value;
  if (!prices) return trouble(till, { kind: 'NO_PRICES' });
  ring(till, prices.list, scanned);
}

/** What was scanned while the sale before was being saved. */
export function ringUpNext(till: Till): void {
  for (const scanned of till.next.splice(0)) takeIn(till, scanned);
}

/** Why nothing may be sold now. */
function stopOf(till: Till): Trouble | null {
  if (till.connection.value.revoked) return { kind: 'REVOKED' };
  if (till.device.value?.closing) return { kind: 'CLOSING' };
  if (isKept(till)) return { kind: 'SALE_KEPT' };
  const why = standstill(till.emergency.value);
  return why && isBetweenSales(till) ? { kind: 'STANDSTILL', why } : null;
}

function ring(till: Till, prices: PriceList, scanned: Scanned): void {
  const at = isoMoment(storeNow(till));
  const currency = CURRENCIES[till.device.value?.enrolment.currency ?? ''] ?? '';
  const outcome = ringUp(till.basket.value, prices, { ...scanned, at, currency });
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
      return ask(till, { kind: 'AGE', years: outcome.years, text: outcome.text, scan: scanned });
    case 'ASK_WEIGHT':
      return ask(till, { kind: 'WEIGHT', text: outcome.text, unit: outcome.unit, scan: scanned });
    default:
      trouble(till, outcome);
  }
}

/** What was keyed so far has become the question's. */
function ask(till: Till, question: Question): void {
  till.question.value = question;
  till.entry.value = '';
  till.quantity.value = null;
  play(till, 'asked');
}

/** That does nothing here: said by a sound, since what stands on the screen says why. */
export function refuse(till: Till): void {
  play(till, 'refused');
}

export function trouble(till: Till, what: Trouble): void {
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
  if (!oldEnough) return;
  till.basket.value = withAgeChecked(till.basket.value, question.years);
  takeIn(till, question.scan);
}

export function answerWeight(till: Till, thousandths: number | null): void {
  const question = till.question.value;
  if (question?.kind !== 'WEIGHT') return;
  till.question.value = null;
  if (thousandths !== null) takeIn(till, { ...question.scan, weighed: thousandths });
}

/** C: first the trouble, then the question, then what was keyed, then the selection. */
export function clear(till: Till): void {
  if (till.trouble.value) till.trouble.value = null;
  else if (till.question.value) till.question.value = null;
  else if (till.entry.value) till.entry.value = '';
  else if (till.quantity.value !== null) till.quantity.value = null;
  else till.selected.value = null;
}

/** An element string that a slow scanner types has no more. */
const LONGEST_ENTRY = 100;

export function keyDigits(till: Till, digits: string): void {
  if (till.trouble.value) return play(till, 'refused');
  const next = till.entry.value + digits;
  if (next.length > LONGEST_ENTRY) return refuse(till);
  till.entry.value = next;
}

export function eraseDigit(till: Till): void {
  till.entry.value = till.entry.value.slice(0, -1);
}

/** `3 ×`: the next scan is three of it; with a line selected, that line becomes three. */
export function keyQuantity(till: Till): void {
  const quantity = readQuantity(till.entry.value);
  if (quantity === null) return refuse(till);
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
  if (isPartPaid(till)) return trouble(till, { kind: 'PART_PAID' });
  const changed = setQuantity(till.basket.value, line, quantity);
  if (changed === till.basket.value) return trouble(till, { kind: 'QUANTITY' });
  till.basket.value = changed;
  saveDraftSoon(till);
}

export function removeLine(till: Till, line: number): void {
  if (isPartPaid(till)) return trouble(till, { kind: 'PART_PAID' });
  till.basket.value = deleteLine(till.basket.value, line);
  till.selected.value = null;
  if (!till.basket.value.lines.length) till.saleId = '';
  saveDraftSoon(till);
}

/** Cancel the whole receipt: before any money was taken. */
export async function cancelSale(till: Till): Promise<void> {
  if (isPartPaid(till)) {
    till.question.value = null;
    return trouble(till, { kind: 'PART_PAID' });
  }
  clearSale(till);
  till.screen.value = 'SALE';
  await saveDraft(till);
}

export function totalOf(till: Till): number {
  return basketTotal(till.basket.value);
}

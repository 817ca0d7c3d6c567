/** Keep the open sale where a restart finds it. */
import { uuid7 } from '../shop/uuid7';
import { EMPTY_BASKET } from '../shop/basket';
import { cardStep, isResolved } from '../shop/payment';
import { readDraft, writeDraft } from '../store/rows';
import type { DraftRow } from '../store/schema';
import { isBetweenSales, type Till } from './till';

/** Writing a long basket after every scan would cost more than it saves; a crash loses at most this much of an unpaid basket. */
const CALM = 150;

const timers = new WeakMap<Till, ReturnType<typeof setTimeout>>();

function draftOf(till: Till): DraftRow | null {
  if (isBetweenSales(till)) return null;
  return {
    id: 'current',
    sale: till.saleId,
    staff: till.member.value?.id ?? '',
    basket: till.basket.value,
    payments: till.payments.value,
    card: till.card.value,
    paying: till.screen.value === 'PAY',
  };
}

export function saveDraftSoon(till: Till): void {
  clearTimeout(timers.get(till));
  timers.set(
    till,
    setTimeout(() => void writeDraft(till.database, draftOf(till), false), CALM),
  );
}

/** On disk before this returns: for everything that has to do with money. */
export async function saveDraft(till: Till): Promise<void> {
  clearTimeout(timers.get(till));
  await writeDraft(till.database, draftOf(till), true);
}

/** Take up the sale that was open when the device stopped. A charge on its way has become an unknown one. */
export async function resumeDraft(till: Till): Promise<void> {
  const draft = await readDraft(till.database);
  if (!draft) return;
  till.saleId = draft.sale;
  till.basket.value = draft.basket;
  till.payments.value = draft.payments;
  const card = draft.card && cardStep(draft.card, { kind: 'RESTARTED' });
  till.card.value = card && !isResolved(card) ? card : null;
}

/** What is about to be written of the open sale no longer is. */
export function holdDraft(till: Till): void {
  clearTimeout(timers.get(till));
}

/** An empty till. The pending write of the old basket must not come after it. */
export function clearSale(till: Till): void {
  holdDraft(till);
  till.saleId = '';
  till.basket.value = { ...EMPTY_BASKET, nextId: till.basket.value.nextId };
  till.payments.value = [];
  till.card.value = null;
  till.entry.value = '';
  till.quantity.value = null;
  till.selected.value = null;
  till.question.value = null;
  till.trouble.value = null;
  if (till.nextPrices) {
    till.prices.value = till.nextPrices;
    till.nextPrices = null;
  }
}

/** End a sale that nobody has paid for, and say so. */
export async function dropSale(till: Till): Promise<void> {
  clearDropped(till);
  await saveDraft(till);
}

export function clearDropped(till: Till): void {
  const lines = till.basket.value.lines.length;
  clearSale(till);
  if (till.screen.value === 'PAY') till.screen.value = till.member.value ? 'SALE' : 'SIGN_IN';
  if (lines) till.trouble.value = { kind: 'SALE_DROPPED', lines };
}

export function saleIdOf(till: Till): string {
  till.saleId ||= uuid7(till.now());
  return till.saleId;
}

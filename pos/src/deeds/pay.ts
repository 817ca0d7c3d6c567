/** Cash and card. */
import { type CardEvent, cardStep, isResolved, newCardPayment } from '../shop/payment';
import { type Due, dueOf, isPlausible, quickAmounts, takeCard, takeCash } from '../shop/sale';
import { uuid7 } from '../shop/uuid7';
import { play } from '../parts/sound';
import { terminalFor, type Terminal } from '../wire/terminal';
import { dropSale, saveDraft } from './draft';
import { finishSale } from './finish';
import { refuse, scan, totalOf, trouble } from './ring-up';
import { report } from './service';
import { isKept, type Till, troubleOf } from './till';

export function due(till: Till): Due {
  return dueOf(totalOf(till), till.payments.value, till.device.value?.enrolment.cash_rounding ?? 0);
}

export function goToPay(till: Till): void {
  if (!till.basket.value.lines.length || till.trouble.value || till.question.value) return refuse(till);
  till.entry.value = '';
  till.quantity.value = null;
  till.selected.value = null;
  till.screen.value = 'PAY';
}

/** Selling goes on after Total, as long as no card is being charged. */
export function backToSale(till: Till): void {
  if (till.card.value || till.committing) return refuse(till);
  till.entry.value = '';
  till.screen.value = 'SALE';
}

/** `sure`: the assistant was asked about so much cash. */
export async function payCash(till: Till, tendered: number, sure = false): Promise<void> {
  if (till.card.value || till.committing || till.question.value) return refuse(till);
  const open = due(till);
  // Handing over nothing pays only where rounding leaves nothing to hand over.
  if (open.paid || tendered < 0 || (tendered === 0 && open.cash !== 0)) return refuse(till);
  if (!sure && !isPlausible(tendered, open.cash)) {
    till.question.value = { kind: 'CASH', tendered, change: tendered - open.cash, code: null };
    return play(till, 'asked');
  }
  till.payments.value = [...till.payments.value, takeCash(uuid7(till.now()), tendered, open)];
  till.entry.value = '';
  await settleUp(till);
}

/** The customer did hand over so much, or it was a slip. */
export async function answerCash(till: Till, handedOver: boolean): Promise<void> {
  const question = till.question.value;
  if (question?.kind !== 'CASH') return;
  till.question.value = null;
  till.entry.value = '';
  if (handedOver) await payCash(till, question.tendered, true);
}

/** It was no cash but a short code, and is rung up. */
export function answerCode(till: Till): void {
  const question = till.question.value;
  if (question?.kind !== 'CASH' || question.code === null) return;
  till.question.value = null;
  till.entry.value = '';
  scan(till, question.code);
}

/**
 * What was keyed and entered: an amount of cash; or a code, which a slow scanner types like a person. `isBurst`: it came as
 * fast as a scanner types, and nobody but the assistant can tell.
 */
export function payKeyed(till: Till, amount: number | null, isBurst = false): void {
  const { value: entry } = till.entry;
  if (amount !== null && isBurst && !isSurelyCash(till, amount)) return askCashOrCode(till, amount, entry);
  if (amount !== null) return void payCash(till, amount);
  if (/^[A-Za-z0-9-]+$/.test(entry)) return scan(till, entry);
  trouble(till, { kind: 'BAD_AMOUNT' });
}

/** What somebody would hand over, and no code of this shop. */
function isSurelyCash(till: Till, amount: number): boolean {
  const { cash } = due(till);
  const isNote = amount === cash || quickAmounts(cash).includes(amount);
  return isNote && typeof till.prices.value?.list.find(till.entry.value) === 'string';
}

function askCashOrCode(till: Till, tendered: number, code: string): void {
  if (till.card.value || till.committing || till.question.value) return refuse(till);
  till.question.value = { kind: 'CASH', tendered, change: tendered - due(till).cash, code };
  play(till, 'asked');
}

async function settleUp(till: Till): Promise<void> {
  if (due(till).paid) await finishSale(till);
  else await saveDraft(till);
}

export function terminalOf(till: Till): Terminal | null {
  return terminalFor(till.device.value?.enrolment.terminal ?? null, till.fetcher);
}

const asked = new WeakSet<Till>();
/** How long a charge may take before the terminal is asked about it. */
const PATIENCE = 3_000;

/** Charge `amount`. The charge is on disk as sent before it is sent, so that no restart can forget it. */
export async function payCard(till: Till, amount: number): Promise<void> {
  const terminal = terminalOf(till);
  if (!terminal || till.card.value || till.committing || amount <= 0 || amount > due(till).left) return;
  const payment = cardStep(newCardPayment(uuid7(till.now()), amount), { kind: 'SENDING' });
  till.card.value = payment;
  till.entry.value = '';
  till.trouble.value = null;
  try {
    await saveDraft(till);
  } catch (error) {
    // What cannot be remembered is not charged.
    till.card.value = null;
    till.trouble.value = troubleOf(error);
    return;
  }
  const charged = terminal.charge(payment.id, amount, till.device.value?.enrolment.currency ?? '').then((answer) =>
    // "Never heard of it" is no answer to a charge; only asking afterwards can tell.
    hear(till, payment.id, answer.kind === 'NOT_FOUND' ? { kind: 'NO_ANSWER' } : answer),
  );
  // The answer may be lost on its way while the terminal has long decided: ask beside waiting for it.
  await Promise.race([charged, new Promise((done) => setTimeout(done, PATIENCE))]);
  await follow(till);
}

/** Ask the terminal until it knows. Also after a restart, and when the assistant presses "ask again". */
export async function follow(till: Till): Promise<void> {
  const terminal = terminalOf(till);
  if (!terminal || asked.has(till)) return;
  asked.add(till);
  try {
    for (let wait = 500; till.card.value && !isResolved(till.card.value); wait = Math.min(wait * 1.5, 8_000)) {
      await new Promise((done) => setTimeout(done, wait));
      await askTerminal(till);
    }
  } finally {
    asked.delete(till);
  }
}

export async function askTerminal(till: Till): Promise<void> {
  const card = till.card.value;
  const terminal = terminalOf(till);
  if (card && terminal) await hear(till, card.id, await terminal.ask(card.id));
}

/** Ask the terminal to stop. What it answers counts: it may be too late. */
export async function cancelCard(till: Till): Promise<void> {
  const card = till.card.value;
  const terminal = terminalOf(till);
  if (card && terminal) await hear(till, card.id, await terminal.cancel(card.id));
}

/**
 * The terminal cannot be reached, and the assistant has read on its own display (or slip) what became of the charge.
 * A person's word closes it, and the journal says so.
 */
export async function resolveByHand(till: Till, approved: boolean): Promise<void> {
  const card = till.card.value;
  if (card?.state !== 'UNKNOWN') return;
  await report(till, 'ERROR', { code: 'card-resolved-by-hand', payment: card.id, outcome: approved ? 'APPROVED' : 'DECLINED' });
  await hear(till, card.id, approved ? { kind: 'APPROVED', reference: 'MANUAL', card: '' } : { kind: 'DECLINED' });
}

/** Take in what the terminal said about charge `id`; a late word about an earlier one is not about this one. */
async function hear(till: Till, id: string, event: CardEvent): Promise<void> {
  const before = till.card.value;
  if (before?.id !== id) return;
  const card = cardStep(before, event);
  till.card.value = card;
  if (card.state === 'APPROVED') {
    till.payments.value = [...till.payments.value, takeCard(card.id, card.amount, card.reference)];
    till.card.value = null;
    await settleUp(till);
  } else if (card.state === 'DECLINED') {
    till.card.value = null;
    // Nothing was taken after all: what an emergency interrupted ends like any other sale in progress.
    if (isKept(till) && !till.payments.value.length) return dropSale(till);
    till.trouble.value = { kind: 'CARD_DECLINED' };
    play(till, 'refused');
    await saveDraft(till);
  } else if (card.state !== before.state) await saveDraft(till);
}

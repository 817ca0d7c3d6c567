/**
 * A card payment, from asking to knowing. The terminal charges; we only ask. When the answer is lost the state is
 * UNKNOWN, a state of its own: the terminal is asked until it tells, and nothing is charged again meanwhile.
 */

export type CardState = 'CREATED' | 'SENT' | 'APPROVED' | 'DECLINED' | 'UNKNOWN';

export interface CardPayment {
  id: string;
  amount: number;
  state: CardState;
  reference: string;
  /** Masked, for the receipt's reader: "VISA •••• 1234". */
  card: string;
  /** How often in a row the terminal said that it never heard of it. */
  notFound: number;
}

export type CardEvent =
  | { kind: 'SENDING' }
  | { kind: 'APPROVED'; reference: string; card: string }
  | { kind: 'DECLINED' }
  | { kind: 'PENDING' }
  | { kind: 'NO_ANSWER' }
  | { kind: 'NOT_FOUND' }
  | { kind: 'RESTARTED' };

/** One "never received" may overtake a request that is still on its way; two in a row are an answer. */
const CERTAINLY_NOT_RECEIVED = 2;

export function newCardPayment(id: string, amount: number): CardPayment {
  return { id, amount, state: 'CREATED', reference: '', card: '', notFound: 0 };
}

export function isResolved(payment: CardPayment): boolean {
  return payment.state === 'APPROVED' || payment.state === 'DECLINED';
}

/** The next state. What is resolved stays: a late or doubled answer changes nothing. */
export function cardStep(payment: CardPayment, event: CardEvent): CardPayment {
  if (isResolved(payment)) return payment;
  switch (event.kind) {
    case 'SENDING':
      return payment.state === 'CREATED' ? { ...payment, state: 'SENT' } : payment;
    case 'APPROVED':
      return { ...payment, state: 'APPROVED', reference: event.reference, card: event.card, notFound: 0 };
    case 'DECLINED':
      return { ...payment, state: 'DECLINED', notFound: 0 };
    case 'PENDING':
      return { ...payment, notFound: 0 };
    case 'NO_ANSWER':
      return { ...payment, state: payment.state === 'CREATED' ? 'CREATED' : 'UNKNOWN', notFound: 0 };
    case 'NOT_FOUND': {
      // Still on its way: a cancel has overtaken the charge, and says nothing about it.
      if (payment.state !== 'UNKNOWN') return payment;
      const notFound = payment.notFound + 1;
      return { ...payment, notFound, state: notFound >= CERTAINLY_NOT_RECEIVED ? 'DECLINED' : 'UNKNOWN' };
    }
    case 'RESTARTED':
      // Written but perhaps never sent, or sent and perhaps answered: only the terminal knows.
      return { ...payment, state: payment.state === 'CREATED' ? 'DECLINED' : 'UNKNOWN' };
  }
}

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { connectionStep, START } from '../../src/shop/connection';
import { type CardEvent, cardStep, isResolved, newCardPayment } from '../../src/shop/payment';
import { afterTry, currentCount, isBlocked, PIN_TRIES, triesLeft } from '../../src/shop/pin';
import { localDate, receiptNumber, receiptQr } from '../../src/shop/receipt';
import { uuid7 } from '../../src/shop/uuid7';

const APPROVED: CardEvent = { kind: 'APPROVED', reference: 'T-1', card: 'VISA •••• 1234' };
const run = (...events: CardEvent[]) => events.reduce(cardStep, newCardPayment('1', 100)).state;

describe('a card payment', () => {
  it('is unknown when the answer is lost, until the terminal tells', () => {
    expect(run({ kind: 'SENDING' }, { kind: 'NO_ANSWER' })).toBe('UNKNOWN');
    expect(run({ kind: 'SENDING' }, { kind: 'RESTARTED' })).toBe('UNKNOWN');
    expect(run({ kind: 'SENDING' }, { kind: 'NO_ANSWER' }, { kind: 'PENDING' }, APPROVED)).toBe('APPROVED');
  });

  it('was not charged when the terminal never heard of it, said twice', () => {
    expect(run({ kind: 'SENDING' }, { kind: 'NO_ANSWER' }, { kind: 'NOT_FOUND' })).toBe('UNKNOWN');
    expect(run({ kind: 'SENDING' }, { kind: 'NO_ANSWER' }, { kind: 'NOT_FOUND' }, { kind: 'NOT_FOUND' })).toBe('DECLINED');
    // An answer in between begins the count again.
    expect(run({ kind: 'SENDING' }, { kind: 'NO_ANSWER' }, { kind: 'NOT_FOUND' }, { kind: 'NO_ANSWER' }, { kind: 'NOT_FOUND' })).toBe(
      'UNKNOWN',
    );
  });

  it('is not given up while it is still on its way', () => {
    expect(run({ kind: 'SENDING' }, { kind: 'NOT_FOUND' }, { kind: 'NOT_FOUND' }, { kind: 'NOT_FOUND' })).toBe('SENT');
  });

  it('never leaves a resolved state, and never resolves by silence', () => {
    const event = fc.constantFrom<CardEvent>(
      { kind: 'SENDING' },
      APPROVED,
      { kind: 'DECLINED' },
      { kind: 'PENDING' },
      { kind: 'NO_ANSWER' },
      { kind: 'NOT_FOUND' },
      { kind: 'RESTARTED' },
    );
    fc.assert(
      fc.property(fc.array(event), (events) => {
        let payment = cardStep(newCardPayment('1', 100), { kind: 'SENDING' });
        for (const one of events) {
          const next = cardStep(payment, one);
          if (isResolved(payment)) expect(next).toBe(payment);
          else if (isResolved(next)) expect(['APPROVED', 'DECLINED', 'NOT_FOUND']).toContain(one.kind);
          if (next.state === 'APPROVED' && payment.state !== 'APPROVED') expect(one.kind).toBe('APPROVED');
          payment = next;
        }
      }),
    );
  });
});

describe('wrong PINs', () => {
  it('block after ten, and only a new PIN opens', () => {
    let count = currentCount(undefined, 'maja', 1);
    for (let i = 1; i < PIN_TRIES; i++) count = afterTry(count, false);
    expect([isBlocked(count), triesLeft(count)]).toEqual([false, 1]);
    count = afterTry(count, false);
    expect(isBlocked(count)).toBe(true);
    expect(isBlocked(currentCount(count, 'maja', 1))).toBe(true);
    expect(isBlocked(currentCount(count, 'maja', 2))).toBe(false);
  });

  it('are forgotten by a right one', () => {
    expect(afterTry({ staff: 'maja', pinVersion: 1, wrong: 9 }, true).wrong).toBe(0);
  });
});

describe('the connection', () => {
  it('stays shut for a revoked device until it is accepted again', () => {
    const revoked = connectionStep(START, 'REVOKED');
    expect(connectionStep(connectionStep(revoked, 'NO_ANSWER'), 'ANSWERED').revoked).toBe(true);
    expect(connectionStep(revoked, 'ACCEPTED').revoked).toBe(false);
  });
});

describe('a receipt', () => {
  it('is numbered by store, POS, series and counter', () => {
    expect(receiptNumber(12, 3, 'N1', 17)).toBe('12-3-N1-000017');
    expect(receiptNumber(12, 3, 'E2', 1_234_567)).toBe('12-3-E2-1234567');
  });

  it('has a QR that names it', () => {
    expect(
      receiptQr('12-3-N1-000017', { completed_at: '1970-01-01T00:00:00.000Z', offset_ms: 1_795_248_000_000, total: 2590, currency: 'DKK' }, 'abcdef0123456789ffff'),
    ).toBe('BUTIK1|12-3-N1-000017|2026-11-21T08:00:00.000Z|2590|DKK|abcdef0123456789');
  });

  it('belongs to the day on the wall of the store', () => {
    expect(localDate(new Date('2026-11-21T23:30:00Z'), 'Europe/Copenhagen')).toBe('2026-11-22');
  });

  it('has an identity that is its own', () => {
    expect(uuid7(0x0123456789ab)).toMatch(/^01234567-89ab-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(new Set(Array.from({ length: 100 }, () => uuid7())).size).toBe(100);
  });
});

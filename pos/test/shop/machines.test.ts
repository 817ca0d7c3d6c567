import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { connectionStep, START } from '../../src/shop/connection';
import { type CardEvent, type CardPayment, cardStep, isResolved, newCardPayment } from '../../src/shop/payment';
import { MAX_PIN, MIN_PIN } from '../../src/shop/bounds';
import { DAY, HOUR, isPlausible, LONGEST_STILL, MINUTE, reckon, timeAt } from '../../src/shop/clock';
import { afterTry, currentCount, isBlocked, mayBePin, PIN_TRIES, triesLeft } from '../../src/shop/pin';
import { changeOf, localDate, receiptNumber, receiptQr, zoneOf } from '../../src/shop/receipt';
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

  it('is declined when the terminal says so, and stays so', () => {
    expect(run({ kind: 'SENDING' }, { kind: 'DECLINED' })).toBe('DECLINED');
    expect(run({ kind: 'SENDING' }, { kind: 'DECLINED' }, APPROVED)).toBe('DECLINED');
    expect(run({ kind: 'SENDING' }, APPROVED, { kind: 'DECLINED' })).toBe('APPROVED');
    expect(run({ kind: 'SENDING' }, { kind: 'NO_ANSWER' }, { kind: 'DECLINED' }, { kind: 'RESTARTED' })).toBe('DECLINED');
  });

  it('that was never sent is not unknown: nobody can have been charged', () => {
    expect(run({ kind: 'RESTARTED' })).toBe('DECLINED');
    expect(run({ kind: 'NO_ANSWER' })).toBe('CREATED');
    expect(run({ kind: 'NO_ANSWER' }, { kind: 'SENDING' })).toBe('SENT');
  });

  it('is not sent twice', () => expect(run({ kind: 'SENDING' }, { kind: 'NO_ANSWER' }, { kind: 'SENDING' })).toBe('UNKNOWN'));

  it('counts anew after a sign of life', () => {
    const silence: CardEvent[] = [{ kind: 'SENDING' }, { kind: 'NO_ANSWER' }, { kind: 'NOT_FOUND' }];
    expect(run(...silence, { kind: 'PENDING' }, { kind: 'NOT_FOUND' })).toBe('UNKNOWN');
  });

  it('keeps its identity and amount, and what the terminal said of it', () => {
    const all = (...events: CardEvent[]) => events.reduce(cardStep, newCardPayment('1', 100));
    const created: CardPayment = { id: '1', amount: 100, state: 'CREATED', reference: '', card: '', notFound: 0 };
    expect(all()).toEqual(created);
    expect(all({ kind: 'SENDING' }, { kind: 'PENDING' })).toEqual({ ...created, state: 'SENT' });
    expect(all({ kind: 'SENDING' }, { kind: 'DECLINED' })).toEqual({ ...created, state: 'DECLINED' });
    expect(all({ kind: 'SENDING' }, APPROVED)).toEqual({ ...created, state: 'APPROVED', reference: 'T-1', card: 'VISA •••• 1234' });
  });

  it('is resolved by yes or no', () => {
    const states = ['CREATED', 'SENT', 'APPROVED', 'DECLINED', 'UNKNOWN'] as const;
    expect(states.filter((state) => isResolved({ ...newCardPayment('1', 100), state }))).toEqual(['APPROVED', 'DECLINED']);
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

  it('leave as many tries as there are, and never fewer than none', () => {
    expect([0, 1, PIN_TRIES - 1, PIN_TRIES, PIN_TRIES + 1].map((wrong) => triesLeft({ staff: 'maja', pinVersion: 1, wrong }))).toEqual([10, 9, 1, 0, 0]);
  });

  it('are such as somebody may have chosen: digits, not too few and not too many', () => {
    for (const good of ['1'.repeat(MIN_PIN), '1'.repeat(MAX_PIN), '012345'.slice(0, MAX_PIN)]) expect(mayBePin(good)).toBe(true);
    for (const bad of ['', '1'.repeat(MIN_PIN - 1), '1'.repeat(MAX_PIN + 1), 'a' + '1'.repeat(MIN_PIN), '1'.repeat(MIN_PIN) + 'a', ' 1234']) expect(mayBePin(bad)).toBe(false);
  });

  it('are forgotten by a right one', () => {
    expect(afterTry({ staff: 'maja', pinVersion: 1, wrong: 9 }, true).wrong).toBe(0);
  });
});

describe('the connection', () => {
  it('is known by the first answer, and gone by the first silence', () => {
    expect(START).toEqual({ reach: 'UNKNOWN', revoked: false });
    expect(connectionStep(START, 'ANSWERED')).toEqual({ reach: 'ONLINE', revoked: false });
    expect(connectionStep(START, 'NO_ANSWER')).toEqual({ reach: 'OFFLINE', revoked: false });
    expect(connectionStep(START, 'REVOKED')).toEqual({ reach: 'ONLINE', revoked: true });
    expect(connectionStep({ reach: 'OFFLINE', revoked: true }, 'ACCEPTED')).toEqual({ reach: 'ONLINE', revoked: false });
    expect(connectionStep({ reach: 'ONLINE', revoked: true }, 'NO_ANSWER')).toEqual({ reach: 'OFFLINE', revoked: true });
  });

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

  it('belongs to a day of this device where its zone is unknown', () => {
    expect(zoneOf('Europe/Copenhagen')).toEqual({ timeZone: 'Europe/Copenhagen' });
    for (const none of [undefined, '', 'Europe/Atlantis']) expect(zoneOf(none)).toEqual({});
    expect(localDate(new Date(2026, 10, 21, 12), 'Europe/Atlantis')).toBe('2026-11-21');
  });

  it('says what was given back', () => {
    const payment = { id: '1', tender: 'CASH' as const, amount: 1, tendered: 1, reference: '' };
    expect(changeOf({ payments: [{ ...payment, change: 700 }, { ...payment, change: 50 }] })).toBe(750);
    expect(changeOf({ payments: [] })).toBe(0);
  });

  it('has an identity that is its own', () => {
    expect(uuid7(0x0123456789ab)).toMatch(/^01234567-89ab-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(new Set(Array.from({ length: 100 }, () => uuid7())).size).toBe(100);
  });
});

describe('the time at the store', () => {
  const known = Date.parse('2026-11-21T08:00:00Z');

  it('counts on from the moment that was told', () => expect(timeAt({ at: known, steady: 5_000 }, 65_000)).toBe(known + MINUTE));

  it('is measured in minutes, hours and days', () => {
    expect([MINUTE, HOUR, DAY, LONGEST_STILL]).toEqual([60_000, 3_600_000, 86_400_000, 1_209_600_000]);
  });

  it('after a start is what the clock says with what it was off by, if that fits what was known', () => {
    expect(reckon(known + HOUR, null, known)).toEqual({ at: known + HOUR, basis: 'KEPT', guess: known + HOUR });
    expect(reckon(known + HOUR, 10 * MINUTE, known)).toEqual({ at: known + HOUR, basis: 'KEPT', guess: known + HOUR });
    expect(reckon(known + HOUR, -10 * MINUTE, known)).toEqual({ at: known + 50 * MINUTE, basis: 'KEPT', guess: known + 50 * MINUTE });
  });

  it('takes the corrected clock where the clock itself does not fit, and the other way round', () => {
    expect(reckon(known - 300 * DAY, 300 * DAY + HOUR, known)).toEqual({ at: known + HOUR, basis: 'KEPT', guess: known + HOUR });
    expect(reckon(known + HOUR, -300 * DAY, known)).toEqual({ at: known + HOUR, basis: 'KEPT', guess: known + HOUR });
  });

  it('never goes behind what was known, though a clock may lag by three hours', () => {
    expect(reckon(known - 3 * HOUR, null, known)).toEqual({ at: known, basis: 'KEPT', guess: known - 3 * HOUR });
    expect(reckon(known - 3 * HOUR - 1, null, known)).toEqual({ at: known, basis: 'UNKNOWN', guess: known - 3 * HOUR - 1 });
  });

  it('is asked for when the device would have lain still for more than two weeks', () => {
    expect(reckon(known + LONGEST_STILL, null, known)).toMatchObject({ at: known + LONGEST_STILL, basis: 'KEPT' });
    expect(reckon(known + LONGEST_STILL + 1, null, known)).toEqual({ at: known, basis: 'UNKNOWN', guess: known + LONGEST_STILL + 1 });
  });

  it('is believed of a service from a week before its certificate to a day after', () => {
    const certificate = { issued_at: '2026-01-01T00:00:00Z', expires_at: '2028-01-01T00:00:00Z' };
    const [first, last] = [Date.parse(certificate.issued_at) - 7 * DAY, Date.parse(certificate.expires_at) + DAY];
    for (const good of [first, known, last]) expect(isPlausible(good, certificate)).toBe(true);
    for (const bad of [first - 1, last + 1, NaN, Infinity, -Infinity]) expect(isPlausible(bad, certificate)).toBe(false);
    expect(isPlausible(0, null)).toBe(true);
    expect(isPlausible(NaN, null)).toBe(false);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Assignment, Order } from '../../src/shop/documents';
import { type Emergency, heardNothing, modeOf, nextStep, noEmergency, obey, OlderOrder, standstill } from '../../src/shop/emergency';

const order = (kind: Order['kind'], version: number, emergency = 1): Order => ({
  v: 1,
  id: `${version}`,
  kind,
  org: 'o',
  chain: 'c',
  store: kind === 'ACTIVATE' ? null : 's',
  emergency: { id: `e${emergency}`, number: emergency },
  date: '2026-11-20',
  version,
  issued_at: '',
  expires_at: '',
});
const assigned = (emergency: number, hasBackup = true): Assignment => ({
  v: 1,
  org: 'o',
  chain: 'c',
  store: 's',
  pos: 3,
  device: 'd',
  key: 'k',
  emergency: { id: `e${emergency}`, number: emergency },
  series: { id: `E${emergency}`, label: `E${emergency}` },
  choice: hasBackup ? 'EXACT' : 'NONE',
  backup: hasBackup ? { id: `b${emergency}`, made_at: '', received_at: '' } : null,
  issued_at: '',
});
const START = heardNothing(noEmergency('root'));

/** What the device does by itself until it has to wait: each step as its durable write leaves the state. */
function walk(state: Emergency, hasBackup = true): Emergency {
  for (;;) {
    const step = nextStep(state);
    const emergency = state.order?.emergency.number ?? 0;
    if (step === 'WAIT') return state;
    if (step === 'CLOSE') state = { ...state, series: 'CLOSED' };
    if (step === 'ENTER') state = { ...state, assignment: assigned(emergency, hasBackup), series: 'OPEN' };
    if (step === 'FETCH_PRICES') state = { ...state, held: { version: 1, sha256: '', issuedAt: '', backup: `b${emergency}` } };
  }
}

const way = (...orders: Order[]) => orders.reduce((state, one) => walk(obey(state, one)), START);

describe('a device in an emergency', () => {
  it('enters, sells, stops, and asks to be enrolled again', () => {
    const selling = way(order('ACTIVATE', 1));
    expect([modeOf(selling), selling.series, standstill(selling)]).toEqual(['EMERGENCY', 'OPEN', null]);
    const released = way(order('ACTIVATE', 1), order('RELEASE', 2));
    expect([modeOf(released), released.series, standstill(released)]).toEqual(['RELEASED', 'CLOSED', 'RELEASED']);
    expect(modeOf(way(order('ACTIVATE', 1), order('RELEASE', 2), order('RECOVERED', 3)))).toBe('RECOVERED');
  });

  it('without a backup switches all the same, and says why it cannot sell', () => {
    const state = walk(obey(START, order('ACTIVATE', 1)), false);
    expect([modeOf(state), state.series, standstill(state)]).toEqual(['EMERGENCY', 'OPEN', 'NO_BACKUP']);
  });

  it('that slept through a part of it does the rest in the same order', () => {
    expect(modeOf(way(order('RELEASE', 2)))).toBe('RELEASED');
    expect(modeOf(way(order('RECOVERED', 3)))).toBe('RECOVERED');
    const missed = way(order('ACTIVATE', 1), order('RECOVERED', 3));
    expect([modeOf(missed), missed.series]).toEqual(['RECOVERED', 'CLOSED']);
    const next = way(order('ACTIVATE', 1), order('ACTIVATE', 4, 2));
    expect([modeOf(next), next.assignment?.series.label, next.series]).toEqual(['EMERGENCY', 'E2', 'OPEN']);
  });

  it('that was enrolled at a store on its way home has nothing to live through', () => {
    const fresh = noEmergency('root');
    expect(modeOf(obey(fresh, order('RECOVERED', 3)))).toBe('NORMAL');
    const waiting = obey(fresh, order('RELEASE', 2));
    expect(modeOf(waiting)).toBe('RELEASED');
    expect(modeOf(obey(waiting, order('RECOVERED', 3)))).toBe('NORMAL');
    expect(modeOf(obey(waiting, order('ACTIVATE', 9, 2)))).toBe('EMERGENCY');
  });

  it('is not asked to enrol while it still has a sale to finish', () => {
    const open = obey(way(order('ACTIVATE', 1)), order('RECOVERED', 3));
    expect([modeOf(open), nextStep(open)]).toEqual(['RELEASED', 'CLOSE']);
  });
});

describe('orders', () => {
  const kinds = fc.constantFrom<Order['kind']>('ACTIVATE', 'RELEASE', 'RECOVERED');
  const lives = fc.array(fc.record({ kind: kinds, version: fc.integer({ min: 1, max: 8 }), emergency: fc.integer({ min: 1, max: 3 }) }));
  const RANK = { ACTIVATE: 0, RELEASE: 1, RECOVERED: 2 };

  it('are counted: the highest seen never falls, what is lower is refused, within one emergency it only goes forward', () => {
    fc.assert(
      fc.property(lives, fc.boolean(), (orders, fresh) => {
        let state = fresh ? noEmergency('root') : START;
        for (const { kind, version, emergency } of orders) {
          const one = order(kind, version, emergency);
          if (version < state.seen) {
            expect(() => obey(state, one)).toThrow(OlderOrder);
            continue;
          }
          const next = obey(state, one);
          expect(next.seen).toBe(Math.max(state.seen, version));
          if (next.order?.emergency.id === state.order?.emergency.id && next.order && state.order)
            expect(RANK[next.order.kind]).toBeGreaterThanOrEqual(RANK[state.order.kind]);
          // An activation of an emergency that is not over for this device is always obeyed.
          if (kind === 'ACTIVATE' && version > state.seen && emergency > (state.order?.emergency.number ?? 0))
            expect(modeOf(next)).toBe('EMERGENCY');
          expect(obey(next, one)).toBe(next);
          state = walk(next);
          expect(nextStep(state)).toBe('WAIT');
          if (modeOf(state) === 'EMERGENCY') expect([state.series, state.assignment?.emergency.id]).toEqual(['OPEN', state.order?.emergency.id]);
          if (modeOf(state) === 'RECOVERED' || modeOf(state) === 'RELEASED') expect(state.series).not.toBe('OPEN');
        }
      }),
    );
  });

  it('that are heard between two steps lead to the same end as those heard after them', () => {
    fc.assert(
      fc.property(lives, fc.infiniteStream(fc.boolean()), (orders, pauses) => {
        const ascending = orders.map((one, place) => order(one.kind, place + 1, one.emergency));
        const calm = ascending.reduce((state, one) => walk(obey(state, one)), START);
        // Now and then the next order comes before the device has taken a single step.
        const hurried = walk(ascending.reduce((state, one) => (pauses.next().value ? walk(obey(state, one)) : obey(state, one)), START));
        expect([modeOf(hurried), hurried.seen, hurried.order]).toEqual([modeOf(calm), calm.seen, calm.order]);
        expect(nextStep(hurried)).toBe('WAIT');
      }),
    );
  });
});

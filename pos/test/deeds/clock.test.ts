import 'fake-indexeddb/auto';
import fc from 'fast-check';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { answerClock, noteTime, ownClockOff, storeNow, watchSleep } from '../../src/deeds/clock';
import { payCash } from '../../src/deeds/pay';
import { refresh } from '../../src/deeds/refresh';
import { clear, scan } from '../../src/deeds/ring-up';
import { serviceOf } from '../../src/deeds/service';
import { signIn } from '../../src/deeds/sign-in';
import { loadPrices, startTill } from '../../src/deeds/start';
import { newTill, type Till } from '../../src/deeds/till';
import { correctedMoment, DAY, HOUR, isoMoment, MINUTE, reckon } from '../../src/shop/clock';
import type { SaleDocument } from '../../src/shop/documents';
import { localDate } from '../../src/shop/receipt';
import { openDocument, payloadOf } from '../../src/wire/jws';
import { FakeStore, SMALL_FILE } from '../fake-store';
import { enrolledTill, push } from '../till';

const NOON = Date.parse('2026-11-27T12:00:00Z');

/** A device whose clock may say anything, beside the right time. */
class World {
  time = NOON;
  /** What the device's clock is ahead of the right time. */
  skew = 0;
  private booted = NOON;
  till!: Till;

  private constructor(readonly store: FakeStore) {
    store.now = () => this.time;
  }

  readonly own = (): number => this.time + this.skew;
  readonly steady = (): number => this.time - this.booted;

  static async open(skew = 0): Promise<World> {
    const world = new World(await FakeStore.open());
    world.skew = skew;
    world.till = await enrolledTill(world.store, world.own, world.steady);
    await signIn(world.till, '101', '1234');
    return world;
  }

  /** The clock says that it is then. */
  says(moment: number): void {
    this.skew = moment - this.time;
  }

  async restart(): Promise<void> {
    this.booted = this.time;
    const { database, fetcher } = this.till;
    this.till = newTill(database, fetcher, '0.1.0', this.own, this.steady);
    this.till.settings.value = { language: 'en', theme: 'system', muted: true };
    await startTill(this.till);
    await loadPrices(this.till);
    await signIn(this.till, '101', '1234');
  }

  hear(): Promise<void> {
    return refresh(this.till, serviceOf(this.till, this.till.device.value!));
  }

  async sell(): Promise<SaleDocument> {
    this.till.receipt.value = null;
    scan(this.till, '5701234567899');
    await payCash(this.till, 1300);
    const sale = this.till.receipt.value as { sale: SaleDocument } | null;
    expect(sale).not.toBeNull();
    return sale!.sale;
  }

  get today(): string {
    return localDate(new Date(this.time), 'Europe/Copenhagen');
  }
}

let world: World;
let till: Till;

beforeEach(async () => {
  world = await World.open();
  ({ till } = world);
});

function momentOf(sale: SaleDocument): number {
  return Date.parse(correctedMoment(sale.completed_at, sale.offset_ms));
}

/** As strict as any receiver. */
function expectReadable(document: { offset_ms: unknown }, ...moments: unknown[]): void {
  for (const moment of moments) expect(moment).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  if (document.offset_ms !== null) expect(Number.isSafeInteger(document.offset_ms)).toBe(true);
}

describe('a clock that is wrong while the till is open', () => {
  const wrongs: [string, number][] = [
    ['200 days ahead', NOON + 200 * DAY],
    ['a day ahead', NOON + DAY],
    ['an hour behind', NOON - HOUR],
    ['at 1970', 0],
    ['before 1970', -1e12],
    ['at 2083', Date.parse('2083-05-01T00:00:00Z')],
    ['in the year 9999', Date.parse('9999-12-31T23:59:59Z')],
    ['beyond all calendars', 8.64e15],
    ['before all calendars', -8.64e15],
    ['no number', NaN],
  ];
  it.each(wrongs)('%s: the receipt has the right time, and later sales their own day', async (_, says) => {
    world.store.down = true;
    world.says(says);
    const wrong = await world.sell();
    expect([wrong.business_date, momentOf(wrong), wrong.session]).toEqual([world.today, NOON, 1]);
    expectReadable(wrong, wrong.started_at, wrong.completed_at);
    world.skew = 0;
    world.time += DAY;
    const right = await world.sell();
    expect([right.business_date, right.session, right.offset_ms]).toEqual(['2026-11-28', 2, 0]);
    world.store.down = false;
    await push(till);
    expect(world.store.sales().map((sale) => sale.counter)).toEqual([1, 2]);
  });

  it('is heard out by the store: calls get through, and receipts keep its time', async () => {
    world.says(0);
    await world.hear();
    await push(till);
    expect(momentOf(await world.sell())).toBe(NOON);
    await push(till);
    world.skew = 0;
    await world.hear();
    expect((await world.sell()).offset_ms).toBe(0);
    await push(till);
    expect(world.store.sales().map((sale) => sale.business_date)).toEqual([world.today, world.today]);
  });

  it('may jump in the middle of a sale: it has lasted as long as it has', async () => {
    scan(till, '5701234567899');
    world.time += 40_000;
    world.says(NOON - 300 * DAY);
    await payCash(till, 1300);
    const { sale } = till.receipt.value!;
    expect(Date.parse(sale.completed_at) - Date.parse(sale.started_at)).toBe(40_000);
    expect(momentOf(sale)).toBe(NOON + 40_000);
  });

  it('may be put back in the middle of a sale by the service: no sale ends before it began', async () => {
    world.store.ahead = DAY;
    await world.hear();
    scan(till, '5701234567899');
    world.store.ahead = 0;
    await world.hear();
    await payCash(till, 1300);
    const { sale } = till.receipt.value!;
    expect([sale.started_at, sale.completed_at]).toEqual([isoMoment(NOON), isoMoment(NOON)]);
  });

  it('is told by the store in normal days, and not by the emergency cloud', async () => {
    noteTime(till, 'CLOUD', NOON + 2 * HOUR);
    expect(momentOf(await world.sell())).toBe(NOON);
  });

  it('is said when receipts would show it, and not before', () => {
    world.skew = MINUTE;
    expect(ownClockOff(till)).toBeNull();
    world.skew = MINUTE + 1;
    expect(ownClockOff(till)).toBe(MINUTE + 1);
    world.skew = -3 * HOUR;
    expect(ownClockOff(till)).toBe(-3 * HOUR);
  });

  it('does not make prices look expired, nor hides that they are', async () => {
    const dearer = (by: number) => ({ ...SMALL_FILE, prices: SMALL_FILE.prices.map((price) => price + by) });
    world.says(Date.parse('2083-05-01T00:00:00Z'));
    await world.store.publishPrices(dearer(1));
    await world.hear();
    expect([till.prices.value?.version, till.warning.value]).toEqual([2, null]);
    world.says(0);
    await world.store.publishPrices(dearer(2), { expires_at: '2026-11-01T00:00:00Z' });
    await world.hear();
    expect([till.prices.value?.version, till.warning.value]).toEqual([2, { what: 'PRICES', code: 'EXPIRED' }]);
    await world.store.publishPrices(dearer(3));
    await world.hear();
    expect([till.prices.value?.version, till.warning.value]).toEqual([4, null]);
  });
});

describe('a device that is enrolled under a wrong clock', () => {
  it.each([0, -1e11, Date.parse('2083-05-01T00:00:00Z')])('of %i opens a series that can be read, and books its sales', async (says) => {
    world = await World.open(says - NOON);
    await push(world.till);
    const [opening] = world.store.documents('butik-series');
    expectReadable(opening as never, opening!['at']);
    expect(correctedMoment(String(opening!['at']), Number(opening!['offset_ms']))).toBe(isoMoment(NOON));
    const sale = await world.sell();
    expect([sale.business_date, momentOf(sale)]).toEqual(['2026-11-27', NOON]);
  });
});

describe('after a start without a line', () => {
  beforeEach(() => {
    world.store.down = true;
  });

  it('a clock that fits is believed without a word', async () => {
    world.time += 3 * DAY;
    await world.restart();
    expect(world.till.question.value).toBeNull();
    expect((await world.sell()).business_date).toBe('2026-11-30');
  });

  it.each([0, -1e12, NOON - 30 * DAY])('a clock at %i is said before the first sale, which then has the last time that was known', async (says) => {
    world.says(says);
    await world.restart();
    ({ till } = world);
    expect(till.question.value).toMatchObject({ kind: 'CLOCK', isAhead: false });
    scan(till, '5701234567899');
    expect(till.basket.value.lines).toEqual([]);
    answerClock(till, false);
    world.time += 5 * MINUTE;
    const sale = await world.sell();
    expect([sale.business_date, sale.offset_ms, sale.completed_at]).toEqual(['2026-11-27', null, isoMoment(NOON + 5 * MINUTE)]);
    expect(till.clock.value?.basis).toBe('UNKNOWN');

    world.store.down = false;
    await world.hear();
    expect(till.clock.value?.basis).toBe('TOLD');
    expect(momentOf(await world.sell())).toBe(world.time);
    await push(till);
    expect(world.store.sales().length).toBe(2);
  });

  it('a clock far ahead is a question, and the answer counts', async () => {
    world.says(NOON + 200 * DAY);
    await world.restart();
    expect(world.till.question.value).toMatchObject({ kind: 'CLOCK', isAhead: true, guess: NOON + 200 * DAY });
    answerClock(world.till, false);
    expect((await world.sell()).business_date).toBe('2026-11-27');

    await world.restart();
    answerClock(world.till, true);
    const confirmed = await world.sell();
    expect([confirmed.business_date, confirmed.offset_ms]).toEqual(['2027-06-15', 0]);
    world.skew = 0;
    world.store.down = false;
    await world.hear();
    expect((await world.sell()).business_date).toBe('2026-11-27');
  });

  it('the question goes with C or when the store answers, and nothing is lost by it', async () => {
    world.says(0);
    await world.restart();
    clear(world.till);
    expect(world.till.question.value).toBeNull();
    expect(world.till.clock.value?.basis).toBe('UNKNOWN');
    await world.restart();
    expect(world.till.question.value?.kind).toBe('CLOCK');
    world.store.down = false;
    await world.hear();
    expect(world.till.question.value).toBeNull();
  });

  it('a clock that was put right meanwhile is not corrected once more', async () => {
    world.says(0);
    world.store.down = false;
    await world.hear();
    world.store.down = true;
    world.skew = 0;
    world.time += HOUR;
    await world.restart();
    expect(world.till.question.value).toBeNull();
    expect(momentOf(await world.sell())).toBe(world.time);
  });

  it('never is earlier than what was known, whichever sales were made', async () => {
    world.time += 7 * HOUR;
    await world.sell();
    world.says(0);
    await world.restart();
    answerClock(world.till, false);
    expect(storeNow(world.till)).toBeGreaterThanOrEqual(NOON + 7 * HOUR);
  });
});

describe("the store service's own clock", () => {
  it('a day ahead is followed, and so is its being put right', async () => {
    world.store.ahead = DAY;
    await world.hear();
    expect((await world.sell()).business_date).toBe('2026-11-28');
    await push(till);
    world.store.ahead = 0;
    // The proof is refused once, with the time; the call goes through all the same.
    await push(till);
    await world.hear();
    const sale = await world.sell();
    expect([sale.business_date, sale.session]).toEqual(['2026-11-27', 2]);
    await push(till);
    expect(world.store.sales().length).toBe(2);
  });

  it.each([0, Date.parse('2083-05-01T00:00:00Z')])('at %i is no time for receipts: it is said, and calls get through', async (says) => {
    world.store.ahead = says - NOON;
    await world.hear();
    expect(till.serviceClockWrong.value).toBe(says);
    expect(momentOf(await world.sell())).toBe(NOON);
    await push(till);
    await world.restart();
    await world.hear();
    expect(world.till.question.value).toBeNull();
    expect((await world.sell()).business_date).toBe('2026-11-27');
    world.store.ahead = 0;
    await world.hear();
    expect(world.till.serviceClockWrong.value).toBeNull();
  });

  it('at 1970 takes in a new device, whose own clock is right', async () => {
    const store = await FakeStore.open();
    store.ahead = -Date.now();
    const fresh = await enrolledTill(store);
    await signIn(fresh, '101', '1234');
    expect(Math.abs(storeNow(fresh) - Date.now())).toBeLessThan(10_000);
  });
});

describe('a night', () => {
  it('that the device slept through, its steady clock with it, has gone by', async () => {
    const page = Object.assign(new EventTarget(), { visibilityState: 'visible' });
    vi.stubGlobal('document', page);
    const stop = new AbortController();
    watchSleep(till, stop.signal);
    const turn = (state: string) => {
      page.visibilityState = state;
      page.dispatchEvent(new Event('visibilitychange'));
    };
    world.store.down = true;
    const asleep = { own: 0 };
    till.now = () => world.own() + asleep.own;
    turn('hidden');
    asleep.own = 20 * HOUR;
    turn('visible');
    expect((await world.sell()).business_date).toBe('2026-11-28');
    expect(till.clock.value?.basis).toBe('KEPT');
    // Somebody has set the clock: nobody sleeps that long.
    turn('hidden');
    asleep.own += 200 * DAY;
    turn('visible');
    expect((await world.sell()).business_date).toBe('2026-11-28');
    stop.abort();
    vi.unstubAllGlobals();
  });

  it.each([
    ['2026-10-25T00:30:00Z', '2026-10-25'],
    ['2026-10-25T01:30:00Z', '2026-10-25'],
    ['2026-10-24T21:59:59Z', '2026-10-24'],
    ['2026-10-24T22:00:00Z', '2026-10-25'],
    ['2026-10-25T22:59:59Z', '2026-10-25'],
    ['2026-10-25T23:00:00Z', '2026-10-26'],
    ['2026-03-28T22:59:59Z', '2026-03-28'],
    ['2026-03-29T00:59:59Z', '2026-03-29'],
    ['2026-03-29T01:00:00Z', '2026-03-29'],
    ['2026-12-31T23:00:00Z', '2027-01-01'],
  ])('of summer time or of the year, at %s, is the day of the store: %s', async (moment, day) => {
    world.time = Date.parse(moment);
    expect((await world.sell()).business_date).toBe(day);
  });

  it('in a zone that the browser has never heard of still ends', () => {
    expect(localDate(new Date(NOON), 'Mars/Olympus')).toMatch(/^2026-11-2[78]$/);
  });
});

describe('what a clock is worth after a start', () => {
  it('is told from the earliest reading that fits', () => {
    expect(reckon(NOON, 5_000, NOON)).toMatchObject({ at: NOON, basis: 'KEPT' });
    // Summer time in the hardware clock: an hour behind is no other day.
    expect(reckon(NOON - HOUR, 0, NOON)).toMatchObject({ at: NOON, basis: 'KEPT' });
    expect(reckon(NOON + 13 * DAY, 0, NOON)).toMatchObject({ at: NOON + 13 * DAY, basis: 'KEPT' });
    expect(reckon(NOON + 15 * DAY, 0, NOON)).toMatchObject({ at: NOON, basis: 'UNKNOWN', guess: NOON + 15 * DAY });
    expect(reckon(0, 0, NOON)).toMatchObject({ at: NOON, basis: 'UNKNOWN' });
    expect(reckon(NOON, NOON, NOON)).toMatchObject({ at: NOON, basis: 'KEPT' });
  });
});

type Step =
  | { kind: 'CLOCK'; says: number }
  | { kind: 'PASS'; ms: number }
  | { kind: 'LINE'; down: boolean }
  | { kind: 'RESTART'; answer: boolean }
  | { kind: 'HEAR' }
  | { kind: 'SELL' };

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    fc.record({
      kind: fc.constant('CLOCK' as const),
      says: fc.oneof(fc.constantFrom(0, -1, 3.6e12, 2.5e14, -6.2e13), fc.integer({ min: NOON - 400 * DAY, max: NOON + 400 * DAY })),
    }),
    fc.record({ kind: fc.constant('PASS' as const), ms: fc.integer({ min: 0, max: 2 * DAY }) }),
    fc.record({ kind: fc.constant('LINE' as const), down: fc.boolean() }),
    fc.record({ kind: fc.constant('RESTART' as const), answer: fc.boolean() }),
    fc.constant({ kind: 'HEAR' as const }),
    fc.constant({ kind: 'SELL' as const }),
  ),
  { maxLength: 12 },
);

describe('a clock that a person has confirmed', () => {
  it.each([-6.2e13, -8.64e15, 8.64e15])('says %d: sold all the same, under a day that can be read', async (says) => {
    const world = await World.open();
    world.says(says);
    await world.restart();
    answerClock(world.till, true);
    const sale = await world.sell();
    expectReadable(sale, sale.started_at, sale.completed_at);
    expect(sale.business_date).toMatch(/^(1900|2899|2900)-/);
  });
});

describe('whatever clocks do', () => {
  it('every sale can be read, no day sticks, and once the time is told each sale has it', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (taken) => {
        const world = await World.open();
        for (const step of taken) {
          if (step.kind === 'CLOCK') world.says(step.says);
          else if (step.kind === 'PASS') world.time += step.ms;
          else if (step.kind === 'LINE') world.store.down = step.down;
          else if (step.kind === 'HEAR') await world.hear().catch(() => undefined);
          else if (step.kind === 'RESTART') {
            await world.restart();
            answerClock(world.till, step.answer);
          } else {
            const sale = await world.sell();
            if (world.till.clock.value?.basis === 'TOLD') expect([sale.business_date, momentOf(sale)]).toEqual([world.today, world.time]);
          }
        }
        world.skew = 0;
        world.store.down = false;
        await world.hear();
        const last = await world.sell();
        expect([last.business_date, momentOf(last), last.offset_ms]).toEqual([world.today, world.time, 0]);
        const rows = await world.till.database.getAll('journal');
        const sales = rows.filter((row) => row.kind === 'SALE').map((row) => payloadOf<SaleDocument>(openDocument(row.document, 'butik-sale')));
        let before = { session: 0, business_date: '' };
        for (const sale of sales) {
          expectReadable(sale, sale.started_at, sale.completed_at);
          expect(sale.started_at <= sale.completed_at).toBe(true);
          expect(sale.session - before.session).toBe(sale.business_date === before.business_date ? 0 : 1);
          before = sale;
        }
        await push(world.till);
      }),
      { numRuns: 30 },
    );
  });
});

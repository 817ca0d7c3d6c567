/** What must be on disk before anything else happens, and what a power cut between any two writes leaves behind. */
import 'fake-indexeddb/auto';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { enrolDevice } from '../../src/deeds/enrol';
import { payCash } from '../../src/deeds/pay';
import { scan } from '../../src/deeds/ring-up';
import { report } from '../../src/deeds/service';
import { signIn, signOut } from '../../src/deeds/sign-in';
import { loadPrices, startTill } from '../../src/deeds/start';
import { newTill, type Till } from '../../src/deeds/till';
import { unpair } from '../../src/deeds/unpair';
import { rescueFile, uploadRescue } from '../../src/deeds/unsent';
import { updateAtSignOut } from '../../src/deeds/update';
import type { ClosingDocument } from '../../src/shop/documents';
import { notePassedOn, ownSales, prune, waiting } from '../../src/store/journal';
import { StillWaiting, wipe } from '../../src/store/rows';
import { openDocument, payloadOf } from '../../src/wire/jws';
import { FakeStore, IDS } from '../fake-store';
import { type Power, underPower } from '../power';
import { emptyTill, enrolledTill, push, signedInTill } from '../till';

const MILK = '5701234567899';

let store: FakeStore;

beforeEach(async () => {
  store = await FakeStore.open();
});

afterEach(() => {
  vi.restoreAllMocks();
});

async function sell(till: Till): Promise<void> {
  scan(till, MILK);
  await payCash(till, 1300);
}

/** Do `work` with a power cut before its n-th write, start again after each failure, until it is done. Returns the writes. */
async function through(first: Till, cut: number, work: (till: Till) => Promise<unknown>, done: (till: Till) => boolean): Promise<number> {
  const { database } = first;
  const power: Power = { writes: 0, isOff: false };
  let till = first;
  for (let tries = 0; tries < 6; tries++) {
    till.database = underPower(database, cut, power, true);
    await work(till).catch(() => undefined);
    if (!power.isOff && done(till)) return power.writes;
    power.isOff = false;
    till = newTill(database, store.fetch, '0.1.0');
    till.settings.value = { language: 'en', theme: 'system', muted: true };
    await startTill(till);
    await loadPrices(till);
  }
  throw new Error('never arrived');
}

describe('a PIN', () => {
  it('is judged only when the try is counted on disk, strictly', async () => {
    const till = await enrolledTill(store);
    const seen: unknown[] = [];
    const derive = crypto.subtle.deriveBits.bind(crypto.subtle);
    vi.spyOn(crypto.subtle, 'deriveBits').mockImplementation(async (...given) => {
      seen.push((await till.database.get('pins', IDS.maja))?.wrong);
      return derive(...given);
    });
    const transactions = vi.spyOn(till.database, 'transaction');
    for (const pin of ['0000', '1111', '1234']) await signIn(till, '101', pin);
    expect(seen).toEqual([1, 2, 3]);
    expect((await till.database.get('pins', IDS.maja))?.wrong).toBe(0);
    const ofPins = transactions.mock.calls.filter(([stores, mode]) => (stores as unknown) === 'pins' && mode === 'readwrite');
    expect(ofPins.length).toBeGreaterThanOrEqual(4);
    for (const [, , options] of ofPins) expect(options).toEqual({ durability: 'strict' });
  });

  it('is not tried more often by trying at once', async () => {
    const till = await enrolledTill(store);
    const derive = vi.spyOn(crypto.subtle, 'deriveBits');
    const answers = await Promise.all(Array.from({ length: 15 }, (_, i) => signIn(till, '101', String(5000 + i))));
    expect(derive).toHaveBeenCalledTimes(10);
    expect(answers.filter((one) => one.kind === 'BLOCKED').length).toBe(6);
    expect(await signIn(till, '101', '1234')).toEqual({ kind: 'BLOCKED' });
  });

  it('that is blocked is told, whatever was cut off in between', async () => {
    const guess = async (till: Till): Promise<void> => {
      while ((await signIn(till, '101', '0000')).kind !== 'BLOCKED');
    };
    for (let cut = 0, writes = 1; cut <= writes; cut++) {
      store = await FakeStore.open();
      const till = await enrolledTill(store);
      const { database } = till;
      let isBlocked = false;
      const ended = await through(till, cut, (one) => guess(one).then(() => (isBlocked = true)), () => isBlocked);
      if (cut === 0) writes = ended;
      const told = (await waiting(database)).filter((row) => row.kind === 'EVENT' && row.document.length > 0);
      const kinds = told.map((row) => payloadOf<{ kind: string }>(openDocument(row.document, 'butik-event')).kind);
      expect([cut, kinds.includes('PIN_BLOCKED')]).toEqual([cut, true]);
      expect((await database.get('pins', IDS.maja))?.wrong).toBe(10);
    }
  });
});

describe('unpairing', () => {
  /** Every body that reached the store's /unpair. */
  function listen(till: Till): ClosingDocument[] {
    const closings: ClosingDocument[] = [];
    const fetcher = store.fetch.bind(store);
    Object.assign(store, {
      fetch: async (input: RequestInfo | URL, init?: RequestInit) => {
        if (String(input).endsWith('/unpair'))
          closings.push(payloadOf(openDocument((JSON.parse(String(init?.body)) as { closing: string }).closing, 'butik-series')));
        return fetcher(input, init);
      },
    });
    till.fetcher = store.fetch;
    return closings;
  }

  it('leads to the same end wherever it is cut off: one closing record, with everything that was sold', async () => {
    for (let cut = 0, writes = 1; cut <= writes; cut++) {
      store = await FakeStore.open();
      const till = await signedInTill(store);
      await sell(till);
      const { database } = till;
      const closings = listen(till);
      const ended = await through(till, cut, unpair, (one) => one.device.value === null);
      if (cut === 0) writes = ended;
      expect([cut, new Set(closings.map((one) => one.id)).size, closings[0]!.last_counter, closings[0]!.total]).toEqual([cut, 1, 1, 1295]);
      expect(store.sales().length).toBe(1);
      expect([await database.count('device'), await database.count('journal')]).toEqual([0, 0]);
    }
  });

  /** Something happens between reading the series and keeping the closing record. */
  async function meanwhile(till: Till, act: () => Promise<void> | void): Promise<unknown> {
    const { database } = till;
    let acted = false;
    till.database = new Proxy(database, {
      get(target, name) {
        const value = Reflect.get(target, name) as unknown;
        if (typeof value !== 'function') return value;
        if (name !== 'get') return (value as (...given: unknown[]) => unknown).bind(target);
        return async (...given: Parameters<typeof database.get>) => {
          const got = await target.get(...given);
          if (given[0] === 'series' && !acted) {
            acted = true;
            till.database = database;
            await act();
          }
          return got;
        };
      },
    });
    return unpair(till).catch((error: unknown) => error);
  }

  it.each([
    ['a sale', (till: Till) => sell(till)],
    ['a sale that is sent already', (till: Till) => sell(till).then(() => push(till)).then(() => undefined)],
    ['the first scan of one', (till: Till) => void scan(till, MILK)],
    ['an event', (till: Till) => report(till, 'ERROR', { detail: 'x' })],
  ])('is not done with a closing record that %s came before', async (_, act) => {
    const till = await signedInTill(store);
    const closings = listen(till);
    expect(await meanwhile(till, () => act(till))).toBeInstanceOf(StillWaiting);
    expect(closings).toEqual([]);
    expect(till.device.value?.closing).toBeUndefined();
    till.trouble.value = null;
    till.receipt.value = null;
    if (till.basket.value.lines.length) await payCash(till, 1300);
    await sell(till);
    await unpair(till);
    expect(closings.map((one) => one.last_counter)).toEqual([store.sales().length]);
  });
});

describe('a device', () => {
  it('is enrolled wholly or not at all, wherever that is cut off', async () => {
    for (let cut = 0, writes = 1; cut <= writes; cut++) {
      store = await FakeStore.open();
      const till = await emptyTill(store);
      const { database } = till;
      const enrol = async (one: Till): Promise<void> => {
        store.code = 'AGAIN';
        if (!one.device.value) await enrolDevice(one, { url: store.url, code: 'AGAIN', root: null }, 'T', 'PERSISTENT');
      };
      const ended = await through(till, cut, enrol, (one) => one.device.value !== null);
      if (cut === 0) writes = ended;
      const device = (await database.get('device', 'device'))!;
      const series = await database.get('series', device.enrolment.series.id);
      const opened = (await waiting(database)).filter((row) => row.kind === 'SERIES');
      expect([cut, series?.state, opened.length, opened[0]?.hash]).toEqual([cut, 'OPEN', 1, series?.prev]);
    }
  });

  it.each(['EVENT', 'SERIES', 'SALE'] as const)('is not wiped while a record of kind %s waits', async (kind) => {
    const till = await signedInTill(store);
    await sell(till);
    await push(till);
    await report(till, 'ERROR', { detail: 'x' });
    const [row] = await waiting(till.database);
    await till.database.put('journal', { ...row!, kind });
    await expect(wipe(till.database)).rejects.toThrow(StillWaiting);
    expect(await till.database.count('device')).toBe(1);
  });

  it('keeps the newest of what it has sent', async () => {
    const till = await signedInTill(store);
    for (let i = 0; i < 4; i++) await sell(till);
    await push(till);
    await notePassedOn(till.database, IDS.series, 4);
    await prune(till.database, 2);
    expect((await ownSales(till.database, 10)).map((row) => row.number?.slice(-1))).toEqual(['4', '3']);
  });
});

describe('a rescue file', () => {
  it('holds what was sent too: a store that was put back may not know this device', async () => {
    const till = await signedInTill(store);
    await sell(till);
    await push(till);
    await sell(till);
    const { content } = await rescueFile(till);
    const helper = await FakeStore.open();
    const carrier = await signedInTill(helper);
    await push(carrier);
    helper.received = [];
    helper.largestBatch = 1;
    const { BOOKED } = await uploadRescue(carrier, content);
    expect(helper.sales().map((sale) => sale.counter)).toEqual([1, 2]);
    expect(BOOKED).toBe(helper.received.length);
  });
});

describe('an app update', () => {
  it('is taken at sign-out when no sale is open, and not before', async () => {
    const till = await signedInTill(store);
    const take = vi.fn();
    till.update.value = take;
    const stop = updateAtSignOut(till);
    scan(till, MILK);
    await signOut(till);
    expect(take).not.toHaveBeenCalled();
    await signIn(till, '101', '1234');
    await payCash(till, 1300);
    expect(take).not.toHaveBeenCalled();
    await signOut(till);
    expect(take).toHaveBeenCalledOnce();
    stop();
  });
});

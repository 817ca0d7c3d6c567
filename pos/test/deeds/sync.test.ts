import 'fake-indexeddb/auto';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { payCash } from '../../src/deeds/pay';
import { scan } from '../../src/deeds/ring-up';
import { startSync } from '../../src/deeds/sync';
import type { Till } from '../../src/deeds/till';
import { FakeStore, SMALL_FILE } from '../fake-store';
import { signedInTill } from '../till';

let store: FakeStore;
let till: Till;
let page: EventTarget;
let stop: () => void;

beforeEach(async () => {
  page = new EventTarget();
  vi.stubGlobal('addEventListener', page.addEventListener.bind(page));
  vi.stubGlobal('document', Object.assign(new EventTarget(), { visibilityState: 'visible' }));
  store = await FakeStore.open();
  till = await signedInTill(store);
  stop = startSync(till);
});

afterEach(() => {
  stop();
  vi.unstubAllGlobals();
});

async function sell(): Promise<void> {
  scan(till, '5701234567899');
  await payCash(till, 1300);
}

function askedState(): number {
  return store.calls.filter((call) => call.path.startsWith('/api/pos/v1/state')).length;
}

describe('the quiet work behind selling', () => {
  it('sends a sale at once, without being asked', async () => {
    await sell();
    await vi.waitUntil(() => store.sales().length === 1);
    await vi.waitUntil(() => till.waiting.value.records === 0);
    expect(till.connection.value.reach).toBe('ONLINE');
  });

  it('sells on when the line is cut, says so, and sends everything in order when it is back', async () => {
    await vi.waitUntil(() => till.connection.value.reach === 'ONLINE');
    store.down = true;
    await sell();
    await sell();
    await vi.waitUntil(() => till.connection.value.reach === 'OFFLINE');
    expect(till.waiting.value.sales).toBe(2);
    store.down = false;
    page.dispatchEvent(new Event('online'));
    await vi.waitUntil(() => till.waiting.value.records === 0);
    expect(store.sales().map((sale) => sale.counter)).toEqual([1, 2]);
  });

  it('sends again what a store that was put back does not have any more, and nothing twice', async () => {
    for (let n = 0; n < 4; n++) await sell();
    await vi.waitUntil(() => till.waiting.value.records === 0 && store.sales().length === 4);
    const kept = [...store.received];
    const afterOne = kept.findIndex((one) => one === kept.filter((each) => store.isSale(each))[1]);
    for (const [state, back] of [
      ['yesterday', kept.slice(0, afterOne)],
      ['the same yesterday once more', kept.slice(0, afterOne)],
      ['before the device opened its series', []],
      ['one in between is gone', kept.filter((_, index) => index !== afterOne)],
    ] as const) {
      store.received = [...back];
      page.dispatchEvent(new Event('online'));
      await vi.waitUntil(() => store.sales().length === 4 && till.waiting.value.records === 0, { timeout: 3000 });
      const counters = store.sales().map((sale) => sale.counter);
      expect([...counters].sort(), state).toEqual([1, 2, 3, 4]);
      expect(new Set(store.received.map((one) => one.document)).size, state).toBe(store.received.length);
      // whole again, so that the same answer next time is asked about anew; other calls may follow upon the question
      const asked = askedState();
      page.dispatchEvent(new Event('online'));
      await vi.waitUntil(() => askedState() > asked);
    }
  });

  it('does not send for ever what the store keeps in quarantine', async () => {
    for (let n = 0; n < 2; n++) await sell();
    await vi.waitUntil(() => till.waiting.value.records === 0 && store.sales().length === 2);
    store.quarantines = true;
    store.received = store.received.filter((one) => !store.isSale(one));
    page.dispatchEvent(new Event('online'));
    await vi.waitUntil(() => store.calls.some((call) => call.path.endsWith('/journal')) && till.waiting.value.records === 0);
    const journals = (): number => store.calls.filter((call) => call.path.endsWith('/journal')).length;
    await vi.waitUntil(() => store.asked > 0);
    const before = journals();
    for (let n = 0; n < 3; n++) {
      const asked = store.asked;
      page.dispatchEvent(new Event('online'));
      await vi.waitUntil(() => store.asked > asked && till.waiting.value.records === 0);
    }
    expect(journals()).toBeLessThanOrEqual(before + 1);
  });

  it('takes a new price file when it hears of one', async () => {
    await store.publishPrices({ ...SMALL_FILE, prices: SMALL_FILE.prices.map((price) => price * 2) });
    page.dispatchEvent(new Event('online'));
    await vi.waitUntil(() => till.prices.value?.version === 2);
  });

  it('goes on sending for a device that was revoked, and lets it sell no more', async () => {
    await vi.waitUntil(() => till.connection.value.reach === 'ONLINE');
    await sell();
    store.revoked = true;
    page.dispatchEvent(new Event('online'));
    await vi.waitUntil(() => till.connection.value.revoked);
    await vi.waitUntil(() => store.sales().length === 1);
    store.revoked = false;
    page.dispatchEvent(new Event('online'));
    await vi.waitUntil(() => !till.connection.value.revoked);
  });
});

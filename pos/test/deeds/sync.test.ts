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

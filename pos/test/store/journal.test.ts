import { uuid7 } from '../../src/shop/uuid7';
import { Unreadable } from '../../src/shop/check';
import 'fake-indexeddb/auto';
import { describe, expect, it, vi } from 'vitest';
import { noteTime } from '../../src/deeds/clock';
import { finishSale } from '../../src/deeds/finish';
import { payCard, payCash } from '../../src/deeds/pay';
import { scan } from '../../src/deeds/ring-up';
import type { Till } from '../../src/deeds/till';
import type { SaleDocument } from '../../src/shop/documents';
import {
  ChainMoved,
  commitSale,
  countWaiting,
  notePassedOn,
  ownSales,
  prune,
  sendAgain,
  settledUpTo,
  waiting,
} from '../../src/store/journal';
import { readSeries, StillWaiting, wipe } from '../../src/store/rows';
import { openDocument, payloadOf, verifyDocument } from '../../src/wire/jws';
import { FakeStore, IDS } from '../fake-store';
import { push, signedInTill } from '../till';

async function sell(till: Till, times = 1): Promise<void> {
  for (let i = 0; i < times; i++) {
    scan(till, '5701234567899');
    await payCash(till, 1300);
  }
}

async function sales(till: Till): Promise<SaleDocument[]> {
  const rows = (await waiting(till.database)).filter((row) => row.kind === 'SALE');
  return rows.map((row) => payloadOf<SaleDocument>(openDocument(row.document, 'butik-sale')));
}

describe('the journal', () => {
  it('writes its series strictly, whatever is written there', async () => {
    const till = await signedInTill(await FakeStore.open());
    const opened = vi.spyOn(IDBDatabase.prototype, 'transaction');
    await sell(till);
    const series = payloadOf<SaleDocument>(openDocument((await ownSales(till.database, 1))[0]!.document, 'butik-sale')).series;
    await notePassedOn(till.database, series, 1);
    await prune(till.database);
    const written = opened.mock.calls.filter(([names, mode]) => mode === 'readwrite' && [names].flat().includes('series'));
    opened.mockRestore();
    expect(written.length).toBeGreaterThanOrEqual(3);
    for (const [, , options] of written) expect(options).toEqual({ durability: 'strict' });
  });

  it('is a chain: counters without gaps, each record naming the one before it', async () => {
    const till = await signedInTill(await FakeStore.open());
    await sell(till, 4);
    const rows = await waiting(till.database);
    const chain = rows.filter((row) => row.kind !== 'EVENT');
    expect(chain.map((row) => row.kind)).toEqual(['SERIES', 'SALE', 'SALE', 'SALE', 'SALE']);
    const documents = await sales(till);
    expect(documents.map((sale) => sale.counter)).toEqual([1, 2, 3, 4]);
    documents.forEach((sale, place) => expect(sale.prev).toBe(chain[place]!.hash));
    for (const row of rows.filter((one) => one.kind === 'SALE'))
      await verifyDocument(row.document, 'butik-sale', till.device.value!.key.publicKey);
  });

  it('writes a sale with strict durability, with its counter, and takes the draft away, all at once', async () => {
    const till = await signedInTill(await FakeStore.open());
    scan(till, '5701234567899');
    const spy = vi.spyOn(till.database, 'transaction');
    await payCash(till, 1300);
    const commit = spy.mock.calls.find(
      ([stores]) => Array.isArray(stores) && stores.includes('journal' as never) && stores.includes('series' as never),
    );
    expect(commit).toEqual([['series', 'journal', 'draft'], 'readwrite', { durability: 'strict' }]);
    expect(await till.database.count('draft')).toBe(0);
  });

  it('leaves nothing behind when the place in the chain was taken by another tab', async () => {
    const till = await signedInTill(await FakeStore.open());
    await sell(till);
    const [first] = await sales(till);
    const before = await countWaiting(till.database);
    await expect(commitSale(till.database, till.device.value!, { ...first!, id: uuid7(Date.now()) }, 12)).rejects.toThrow(ChainMoved);
    expect(await countWaiting(till.database)).toEqual(before);
    expect((await readSeries(till.database, IDS.series))?.counter).toBe(1);
  });

  it('signs nothing that no service could read, and keeps the place in the series', async () => {
    const till = await signedInTill(await FakeStore.open());
    await sell(till);
    const [first] = await sales(till);
    const series = (await readSeries(till.database, IDS.series))!;
    const next = { ...first!, id: uuid7(Date.now()), counter: 2, prev: series.prev };
    const odd = { ...next, lines: [{ ...next.lines[0]!, text: 'x'.repeat(30) + '🥛' }] };
    await expect(commitSale(till.database, till.device.value!, odd, 12)).rejects.toThrow(Unreadable);
    expect((await readSeries(till.database, IDS.series))?.counter).toBe(1);
    const whole = { ...next, lines: [{ ...next.lines[0]!, text: 'x'.repeat(29) + '🥛' }] };
    await commitSale(till.database, till.device.value!, whole, 12);
    expect((await readSeries(till.database, IDS.series))?.counter).toBe(2);
  });

  it('gives two tabs that sell at once different numbers', async () => {
    const store = await FakeStore.open();
    const till = await signedInTill(store);
    const other: Till = { ...till, basket: { ...till.basket } as never };
    scan(till, '5701234567899');
    Object.assign(other, {
      basket: { value: till.basket.value },
      payments: { value: [] },
      card: { value: null },
      receipt: { value: null },
      screen: { value: 'PAY' },
      saleId: uuid7(Date.now()),
      committing: false,
    });
    await Promise.all([payCash(till, 1300), payCash(other, 1300)]);
    expect((await sales(till)).map((sale) => sale.counter)).toEqual([1, 2]);
  });

  it('sums its series for the closing record', async () => {
    const till = await signedInTill(await FakeStore.open());
    await sell(till, 3);
    expect(await readSeries(till.database, IDS.series)).toMatchObject({
      counter: 3,
      sales: 3,
      total: 3885,
      by_vat: [{ rate: 2500, gross: 3885, vat: 777 }],
      by_tender: [{ tender: 'CASH', amount: 3900 }],
      session: 1,
    });
  });

  it('opens a session whenever the business day is another one, also when it falls back', async () => {
    const store = await FakeStore.open();
    const till = await signedInTill(store);
    const days = ['2026-11-21T20:00:00Z', '2026-11-21T22:59:00Z', '2026-11-21T23:01:00Z', '2026-11-21T20:00:00Z'];
    for (const day of days) {
      noteTime(till, 'STORE', Date.parse(day));
      await sell(till);
    }
    const seen = (await sales(till)).map((sale) => [sale.business_date, sale.session]);
    expect(seen).toEqual([
      ['2026-11-21', 1],
      ['2026-11-21', 1],
      ['2026-11-22', 2],
      ['2026-11-21', 3],
    ]);
  });

  it('says so when the device is full; the sale stays open, and is finished, not paid, again', async () => {
    const till = await signedInTill(await FakeStore.open());
    scan(till, '5701234567899');
    const full = vi.spyOn(till.database, 'transaction').mockImplementation(() => {
      throw new DOMException('full', 'QuotaExceededError');
    });
    await payCard(till, 1295);
    expect(till.trouble.value).toEqual({ kind: 'DISK_FULL' });
    expect(till.card.value).toBeNull();
    till.trouble.value = null;
    // Reading still works; what is new does not fit.
    full.mockRestore();
    const writes = vi.spyOn(IDBObjectStore.prototype, 'add').mockImplementation(() => {
      throw new DOMException('full', 'QuotaExceededError');
    });
    await payCash(till, 1300);
    expect(till.trouble.value).toEqual({ kind: 'DISK_FULL' });
    expect(till.screen.value).not.toBe('RECEIPT');
    writes.mockRestore();
    await finishSale(till);
    expect(till.receipt.value?.sale).toMatchObject({ counter: 1, payments: [{ amount: 1300 }] });
  });

  it('is never emptied while anything waits', async () => {
    const store = await FakeStore.open();
    const till = await signedInTill(store);
    await sell(till);
    await expect(wipe(till.database)).rejects.toThrow(StillWaiting);
    expect(await till.database.count('device')).toBe(1);
    await push(till);
    await wipe(till.database);
    expect(await till.database.count('device')).toBe(0);
  });

  it('forgets old sales only when they were sent', async () => {
    const store = await FakeStore.open();
    const till = await signedInTill(store);
    await sell(till, 3);
    await push(till);
    await sell(till, 2);
    await notePassedOn(till.database, IDS.series, 3);
    await prune(till.database, 1);
    expect((await ownSales(till.database, 10)).map((row) => Boolean(row.waiting))).toEqual([true, true]);
  });

  it('keeps what the chain does not have, up to a bound', async () => {
    const store = await FakeStore.open();
    const till = await signedInTill(store);
    await sell(till, 5);
    await push(till);
    await notePassedOn(till.database, IDS.series, 2);
    await prune(till.database, 1);
    expect((await ownSales(till.database, 10)).map((row) => row.number?.slice(-1))).toEqual(['5', '4', '3']);
    await prune(till.database, 1, 2);
    expect((await ownSales(till.database, 10)).map((row) => row.number?.slice(-1))).toEqual(['5', '4']);
  });

  it('lets what was sent wait again, behind a counter and in its order', async () => {
    const store = await FakeStore.open();
    const till = await signedInTill(store);
    await sell(till, 3);
    await push(till);
    const series = (await readSeries(till.database, IDS.series))!;
    expect(await settledUpTo(till.database, series)).toBe(3);
    expect(await sendAgain(till.database, IDS.series, 1)).toBe(2);
    expect(await settledUpTo(till.database, series)).toBe(1);
    expect((await waiting(till.database)).map((row) => row.number?.slice(-1))).toEqual(['2', '3']);
    expect(await sendAgain(till.database, 'another series', -1)).toBe(0);
  });
});

import 'fake-indexeddb/auto';
import { describe, expect, it } from 'vitest';
import { due, goToPay, payCash } from '../../src/deeds/pay';
import { scan, totalOf } from '../../src/deeds/ring-up';
import { signIn } from '../../src/deeds/sign-in';
import { waiting } from '../../src/store/journal';
import { documentHash } from '../../src/wire/jws';
import { enrolledTill, FakeStore, push, signedInTill } from '../till';

describe('a sale', () => {
  it('goes from enrolment to the store, signed and in order', async () => {
    const store = await FakeStore.open();
    const till = await enrolledTill(store);
    expect(till.prices.value?.list.count).toBe(6);
    expect(await signIn(till, '101', '1234')).toEqual({ kind: 'IN' });

    scan(till, '5701234567899');
    scan(till, '5701234567999', 2000);
    expect(till.basket.value.lines.map((line) => [line.text, line.quantity])).toEqual([
      ['MINIMÆLK 1L', 1000],
      ['PILSNER 33CL', 2000],
      ['PANT A', 2000],
    ]);
    expect(totalOf(till)).toBe(1295 + 1000 + 200);
    goToPay(till);
    expect(due(till)).toEqual({ left: 2495, cash: 2500, paid: false });
    await payCash(till, 5000);

    expect(till.screen.value).toBe('RECEIPT');
    expect(till.receipt.value?.number).toBe('12-3-N1-000001');
    expect(till.receipt.value?.sale.rounding).toBe(5);
    expect(till.receipt.value?.sale.payments[0]).toMatchObject({ amount: 2500, tendered: 5000, change: 2500 });
    expect(till.basket.value.lines).toEqual([]);

    await push(till);
    expect(await waiting(till.database)).toEqual([]);
    expect(store.numbers()).toEqual(['12-3-N1-000001']);
    const [sale] = store.sales();
    const opening = store.received.find(({ document }) => store.documents('butik-series').length && document.length)!;
    expect(sale!.prev).toBe(await documentHash(opening.document));
    expect(sale!.vat).toEqual([
      { rate: 2500, gross: 2295, vat: 459 },
      { rate: 0, gross: 200, vat: 0 },
    ]);
  });

  it('is a fact without a network and leaves when the line is back', async () => {
    const store = await FakeStore.open();
    const till = await signedInTill(store);
    store.down = true;
    for (let i = 0; i < 3; i++) {
      scan(till, '5701234567899');
      await payCash(till, 1300);
    }
    expect(till.waiting.value.sales).toBe(3);
    await expect(push(till)).rejects.toThrow();
    expect((await waiting(till.database)).filter((row) => row.kind === 'SALE').every((row) => row.reason === 'no-answer')).toBe(true);
    store.down = false;
    await push(till);
    expect(store.numbers()).toEqual(['12-3-N1-000001', '12-3-N1-000002', '12-3-N1-000003']);
  });

  it('is sent once although its answer was lost', async () => {
    const store = await FakeStore.open();
    const till = await signedInTill(store);
    scan(till, '5701234567899');
    await payCash(till, 1300);
    store.loseAnswers = 1;
    await expect(push(till)).rejects.toThrow();
    await push(till);
    expect(store.numbers()).toEqual(['12-3-N1-000001']);
    expect(await waiting(till.database)).toEqual([]);
  });
});

import 'fake-indexeddb/auto';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { resumeDraft } from '../../src/deeds/draft';
import { due, follow, payCard, payCash, resolveByHand } from '../../src/deeds/pay';
import { removeLine, scan } from '../../src/deeds/ring-up';
import { newTill, type Till } from '../../src/deeds/till';
import { readDraft } from '../../src/store/rows';
import { FakeStore } from '../fake-store';
import { push, signedInTill } from '../till';

let store: FakeStore;
let till: Till;

beforeEach(async () => {
  store = await FakeStore.open();
  till = await signedInTill(store);
  scan(till, '5701234567899');
});

/** The same device after its power was cut: nothing is left but the database. */
async function restarted(): Promise<Till> {
  const again = newTill(till.database, store.fetch, '0.1.0');
  again.settings.value = { ...again.settings.value, muted: true };
  again.device.value = till.device.value;
  again.member.value = till.member.value;
  again.prices.value = till.prices.value;
  await resumeDraft(again);
  return again;
}

describe('a card', () => {
  it('pays, with the reference of the terminal', async () => {
    await payCard(till, 1295);
    expect(till.receipt.value?.sale.payments).toMatchObject([
      { tender: 'CARD', amount: 1295, tendered: 1295, change: 0, reference: 'T-1' },
    ]);
    expect(till.receipt.value?.sale.rounding).toBe(0);
  });

  it('that is declined leaves the basket as it was', async () => {
    store.terminalMode = 'DECLINE';
    await payCard(till, 1295);
    expect(till.trouble.value).toEqual({ kind: 'CARD_DECLINED' });
    expect(till.basket.value.lines.length).toBe(1);
    expect(till.card.value).toBeNull();
  });

  it('whose answer is lost is asked for, and charged once', async () => {
    store.terminalMode = 'LOSE_ANSWER';
    await payCard(till, 1295);
    expect(till.receipt.value?.sale.payments.length).toBe(1);
    expect(store.charged.size).toBe(1);
  });

  it('that the terminal never heard of was not charged', async () => {
    store.terminalMode = 'LOSE_REQUEST';
    await payCard(till, 1295);
    expect(till.trouble.value).toEqual({ kind: 'CARD_DECLINED' });
    expect(store.charged.size).toBe(0);
  });

  it('is on disk as sent before the terminal hears of it, and a restart asks instead of charging', async () => {
    let onDisk: string | undefined;
    till.fetcher = async (input, init) => {
      if (init?.method === 'POST') onDisk = (await readDraft(till.database))?.card?.state;
      await store.fetch(input, init);
      // The power goes: no answer is ever heard.
      return new Promise(() => undefined);
    };
    void payCard(till, 1295);
    await vi.waitUntil(() => store.charged.size === 1);
    expect(onDisk).toBe('SENT');

    const again = await restarted();
    expect(again.card.value?.state).toBe('UNKNOWN');
    await payCard(again, 1295);
    expect(store.charged.size).toBe(1);
    await follow(again);
    expect(again.receipt.value?.sale.payments).toMatchObject([{ amount: 1295, reference: 'T-1' }]);
    expect(store.charged.size).toBe(1);
  });

  it('of a dead terminal is settled by a person, and the journal says so', async () => {
    store.terminalMode = 'DOWN';
    void payCard(till, 1295);
    await vi.waitUntil(() => till.card.value?.state === 'UNKNOWN');
    await resolveByHand(till, true);
    expect(till.receipt.value?.sale.payments).toMatchObject([{ reference: 'MANUAL' }]);
    await push(till);
    expect(store.documents('butik-event').find((event) => event['kind'] === 'ERROR')).toMatchObject({
      data: { code: 'card-resolved-by-hand', outcome: 'APPROVED' },
    });
  });

  it('may pay a part, and cash the rest; a part-paid basket does not shrink', async () => {
    await payCard(till, 1000);
    expect(due(till)).toEqual({ left: 295, cash: 300, paid: false });
    removeLine(till, till.basket.value.lines[0]!.id);
    expect(till.basket.value.lines.length).toBe(1);
    const again = await restarted();
    expect(due(again).left).toBe(295);
    await payCash(again, 500);
    expect(again.receipt.value?.sale).toMatchObject({
      total: 1295,
      rounding: 5,
      payments: [
        { tender: 'CARD', amount: 1000 },
        { tender: 'CASH', amount: 300, change: 200 },
      ],
    });
  });
});

describe('an open sale', () => {
  it('is there again after a restart', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    scan(till, '5701234567999');
    vi.advanceTimersByTime(200);
    vi.useRealTimers();
    await vi.waitUntil(async () => (await readDraft(till.database))?.basket.lines.length === 3);
    const again = await restarted();
    expect(again.basket.value.lines.map((line) => line.text)).toEqual(['MINIMÆLK 1L', 'PILSNER 33CL', 'PANT A']);
  });
});

import 'fake-indexeddb/auto';
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it, vi } from 'vitest';
import { heard } from '../../src/deeds/hear';
import { answerCash, answerCode, goToPay, payCard, payCash, payKeyed, resolveByHand } from '../../src/deeds/pay';
import { refresh } from '../../src/deeds/refresh';
import { answerAge, answerWeight, changeQuantity, keyDigits, keyQuantity, removeLine, scan, totalOf } from '../../src/deeds/ring-up';
import { serviceOf } from '../../src/deeds/service';
import { isBetweenSales, type Till } from '../../src/deeds/till';
import { unpair } from '../../src/deeds/unpair';
import type { PriceFile } from '../../src/shop/price-file';
import { uuid7 } from '../../src/shop/uuid7';
import { LABELS } from '../fake-store';
import { FakeStore, signedInTill } from '../till';

/** What shared/field-cases/pos-articles.csv becomes. */
const FIELD_FILE: PriceFile = {
  format: 'butik-prices/1',
  count: 9,
  numbers: '8402\n8221\n8222\n8211\n8111\n8191\n8401\n8403\n4011',
  texts: 'Kort stregkode\nSlik løs vægt\nOst i stk\nOksefars skabelon\nBlåbærgrød Ærø\nJuleøl\nAlmindelig vare\nBlad uge\nBananer PLU',
  prices: [500, 15, 5000, 8900, 2100, 4995, 1020, 3995, 2195],
  versions: [1, 1, 1, 1, 1, 1, 1, 1, 1],
  vat_rates: [2500],
  vat: '000000000',
  units: ['PCS', 'KG', 'G'],
  unit: '020100001',
  groups: [''],
  group: [0, 0, 0, 0, 0, 0, 0, 0, 0],
  barcodes: [4321, 3900, 1, 2608776991779, 3103568000204, 137, 199676, 4058889366985],
  barcode_articles: [0, 1, 1, 1, 1, 1, 1, 1],
  barcode_quantities: [],
  codes: [],
  age_limits: [],
  links: [],
  blocked: [],
  labels: LABELS,
};

async function fieldTill(): Promise<{ till: Till; store: FakeStore }> {
  const store = await FakeStore.open();
  await store.publishPrices(FIELD_FILE);
  return { store, till: await signedInTill(store) };
}

const lines = (till: Till) => till.basket.value.lines.map((line) => [line.text, line.quantity, line.amount, line.barcode]);
const read = (till: Till, text: string) => heard(till, { text, byPlace: text });
const NORMAL = '5712345200018';

describe('at the till', () => {
  it.each([
    ['010571234520001817261231', ['Almindelig vare', 1000, 1020, NORMAL]],
    ['https://id.gs1.org/01/05712345200018', ['Almindelig vare', 1000, 1020, NORMAL]],
    [']E05712345200018', ['Almindelig vare', 1000, 1020, NORMAL]],
    ['977123456700305', ['Blad uge', 1000, 3995, '9771234567003']],
    ['9771234567003 05', ['Blad uge', 1000, 3995, '9771234567003']],
    ['571234520001812345', ['Almindelig vare', 1000, 1020, NORMAL]],
    ['2604011003456', ['Bananer PLU', 345, 757, '2604011003456']],
    ['02604011003456', ['Bananer PLU', 345, 757, '2604011003456']],
    ['2608777003453', ['Oksefars skabelon', 345, 3071, '2608777003453']],
    ['2608221003459', ['Slik løs vægt', 345_000, 5175, '2608221003459']],
    ['2104011017236', ['Bananer PLU', 1000, 1723, '2104011017236']],
    [']C101026087770000013103000345', ['Oksefars skabelon', 345, 3071, '2608777000001']],
    [`]C101057123452000183922995`, ['Almindelig vare', 1000, 995, `${NORMAL}=995`]],
    [']C101057123452000183932208995', ['Almindelig vare', 1000, 995, `${NORMAL}=995`]],
    [']C101057123452000183012', ['Almindelig vare', 12_000, 12_240, NORMAL]],
    ['000004321', ['Kort stregkode', 1000, 500, '4321']],
  ])('%s is sold as it says', async (code, line) => {
    const { till } = await fieldTill();
    read(till, code);
    expect(lines(till)).toEqual([line]);
    expect(till.trouble.value).toBeNull();
  });

  it.each([
    ['2108222000001', 'EMPTY_LABEL'],
    ['2608222003458', 'BY_THE_PIECE'],
    [']C101057123452000183103000345', 'BY_THE_PIECE'],
    [']C101026087770000013153000345', 'OTHER_UNIT'],
    [']C101057123452000183932978995', 'FOREIGN_PRICE'],
    [']C101057123452000183922000', 'EMPTY_LABEL'],
    ['https://www.example.dk/', 'NOT_GOODS'],
    ['5712345200019', 'MISREAD'],
    [']C10105712345200019', 'MISREAD'],
    ['5712345200025', 'UNKNOWN'],
  ])('%s is refused: %s', async (code, kind) => {
    const { till } = await fieldTill();
    read(till, code);
    expect(lines(till)).toEqual([]);
    expect(till.trouble.value).toMatchObject({ kind });
  });

  it('a weight label of 0 is a question, and its answer is what is sold', async () => {
    const { till } = await fieldTill();
    read(till, '2604011000004');
    expect(till.question.value).toMatchObject({ kind: 'WEIGHT', unit: 'KG' });
    answerWeight(till, 200);
    expect(lines(till)).toEqual([['Bananer PLU', 200, 439, '2604011000004']]);
  });

  it('what is sold by the piece is sold whole, also when a line is changed', async () => {
    const { till } = await fieldTill();
    for (const key of '0,001') keyDigits(till, key);
    keyQuantity(till);
    read(till, NORMAL);
    expect([lines(till), till.trouble.value]).toMatchObject([[], { kind: 'BY_THE_PIECE' }]);
    till.trouble.value = null;
    read(till, NORMAL);
    changeQuantity(till, till.basket.value.lines[0]!.id, 1500);
    expect([totalOf(till), till.trouble.value]).toMatchObject([1020, { kind: 'QUANTITY' }]);
  });

  it('a code is read by its places when the keyboard speaks another language', async () => {
    const { till } = await fieldTill();
    heard(till, { text: 'è&é"\'(-', byPlace: '4321' });
    expect(lines(till)).toEqual([['Kort stregkode', 1000, 500, '4321']]);
  });

  it('what is keyed has an end', async () => {
    const { till } = await fieldTill();
    for (let n = 0; n < 110; n++) keyDigits(till, '1');
    expect(till.entry.value.length).toBe(100);
  });

  it('a code is heard where none makes sense, and does nothing', async () => {
    const { till } = await fieldTill();
    for (const screen of ['SETTINGS', 'RECEIPTS', 'UNSENT', 'SIGN_IN', 'ENROL'] as const) {
      till.screen.value = screen;
      till.stray.value = false;
      read(till, NORMAL);
      expect([till.screen.value, till.stray.value, lines(till)]).toEqual([screen, true, []]);
    }
  });

  it('a code answers no question', async () => {
    const store = await FakeStore.open();
    const till = await signedInTill(store);
    read(till, '5701234568699');
    expect(till.question.value).toMatchObject({ kind: 'AGE' });
    read(till, '5701234567899');
    expect([till.question.value?.kind, till.stray.value, lines(till)]).toEqual(['AGE', true, []]);
  });

  const cases = new URL('../../../../shared/field-cases/scans.json', import.meta.url);
  it.skipIf(!existsSync(cases))('every code of the field cases ends in a line, a question or a word', async () => {
    const { till } = await fieldTill();
    const steps = (JSON.parse(readFileSync(cases, 'utf8')) as { steps: { code?: string }[] }[]).flatMap((one) => one.steps);
    for (const { code } of steps) {
      if (!code || code.endsWith('*')) continue;
      const before = lines(till).length;
      read(till, code);
      expect([code, lines(till).length > before || till.trouble.value || till.question.value]).not.toEqual([code, null]);
      till.trouble.value = till.question.value = null;
    }
  });
});

describe('cash', () => {
  it('beyond what anybody hands over is asked about, and taken when it was so', async () => {
    const { till } = await fieldTill();
    read(till, '4321');
    goToPay(till);
    await payCash(till, 432_100);
    expect(till.question.value).toEqual({ kind: 'CASH', tendered: 432_100, change: 431_600, code: null });
    expect([till.payments.value, till.receipt.value]).toEqual([[], null]);
    await answerCash(till, false);
    expect(till.payments.value).toEqual([]);
    await payCash(till, 432_100);
    await answerCash(till, true);
    expect(till.receipt.value?.sale.payments).toMatchObject([{ tendered: 432_100, change: 431_600 }]);
  });

  it('that came as fast as a scanner types is asked about, unless it is money and no code of the shop', async () => {
    const { till } = await fieldTill();
    read(till, '4321');
    const burst = (entry: string, amount: number) => {
      if (till.screen.value !== 'PAY') goToPay(till);
      till.entry.value = entry;
      payKeyed(till, amount, true);
      return till.question.value;
    };
    for (const [code, amount] of [['4321', 432_100], ['43', 4_300], ['7', 700], ['1', 100]] as const) {
      expect(burst(code, amount)).toEqual({ kind: 'CASH', tendered: amount, change: amount - 500, code });
      expect([till.payments.value, till.receipt.value]).toEqual([[], null]);
      await answerCash(till, false);
    }
    burst('4321', 432_100);
    answerCode(till);
    expect([lines(till).length, till.entry.value, till.payments.value]).toEqual([2, '', []]);
    burst('12', 1_200);
    await answerCash(till, true);
    expect(till.receipt.value?.sale.payments).toMatchObject([{ tendered: 1_200, change: 200 }]);
  });

  it('of a round amount is taken without a word, but not when an article has that code', async () => {
    const { till, store } = await fieldTill();
    read(till, '4321');
    goToPay(till);
    till.entry.value = '100';
    payKeyed(till, 10_000, true);
    await vi.waitFor(() => expect(till.receipt.value?.sale.payments).toMatchObject([{ tendered: 10_000 }]));
    await store.publishPrices({ ...FIELD_FILE, barcodes: [100, 4221, 3900, 1, 2608776991779, 3103568000204, 137, 199676, 4058889366985], barcode_articles: [0, 0, 1, 1, 1, 1, 1, 1, 1] });
    await refresh(till, serviceOf(till, till.device.value!));
    read(till, '100');
    goToPay(till);
    till.entry.value = '100';
    payKeyed(till, 10_000, true);
    expect(till.question.value).toMatchObject({ kind: 'CASH', code: '100' });
  });

  it('that a slow scanner seems to key is its code', async () => {
    const { till } = await fieldTill();
    read(till, '4321');
    goToPay(till);
    till.entry.value = NORMAL;
    payKeyed(till, null);
    expect([till.screen.value, lines(till).length, till.payments.value]).toEqual(['SALE', 2, []]);
    goToPay(till);
    till.entry.value = '1,2,3';
    payKeyed(till, null);
    expect(till.trouble.value).toEqual({ kind: 'BAD_AMOUNT' });
  });
});

describe('while a sale is being saved', () => {
  it('what is scanned is rung up in the next one', async () => {
    const store = await FakeStore.open();
    const till = await signedInTill(store);
    scan(till, '5701234567899');
    const paid = payCash(till, 1300);
    expect(till.committing).toBe(true);
    read(till, '5701234567999');
    read(till, '5701234567899');
    await paid;
    expect(lines(till).map(([text]) => text)).toEqual(['PILSNER 33CL', 'PANT A', 'MINIMÆLK 1L']);
    await payCash(till, 1900);
    expect(till.receipt.value?.number).toBe('12-3-N1-000002');
    expect(till.receipt.value?.sale.lines.map((line) => line.text)).toEqual(['PILSNER 33CL', 'PANT A', 'MINIMÆLK 1L']);
  });

  it('the next scan is taken as soon as the receipt shows', async () => {
    const store = await FakeStore.open();
    const till = await signedInTill(store);
    let scanned = false;
    till.receipt.subscribe((receipt) => {
      if (!receipt || scanned) return;
      scanned = true;
      scan(till, '5701234567899');
    });
    scan(till, '5701234567899');
    await payCash(till, 1300);
    expect(lines(till).length).toBe(1);
  });
});

describe('money that was taken guards the sale', () => {
  async function partPaid(): Promise<{ till: Till; store: FakeStore }> {
    const store = await FakeStore.open();
    const till = await signedInTill(store);
    scan(till, '5701234567899');
    await payCash(till, 500);
    return { till, store };
  }

  it('a basket that is part paid shrinks only with a word', async () => {
    const { till } = await partPaid();
    removeLine(till, till.basket.value.lines[0]!.id);
    expect([lines(till).length, till.trouble.value]).toEqual([1, { kind: 'PART_PAID' }]);
  });

  it.each(['payments', 'card'] as const)('nothing that waits for the end of a sale happens while there is %s', async (what) => {
    const store = await FakeStore.open();
    const till = await signedInTill(store);
    if (what === 'payments') till.payments.value = [{ id: uuid7(1), tender: 'CASH', amount: 500, tendered: 500, change: 0, reference: '' }];
    else till.card.value = { id: uuid7(1), amount: 500, state: 'SENT', reference: '', card: '', notFound: 0 };
    expect(till.basket.value.lines).toEqual([]);
    expect(isBetweenSales(till)).toBe(false);
    await store.publishPrices({ ...FIELD_FILE });
    await refresh(till, serviceOf(till, till.device.value!));
    expect([till.prices.value?.version, till.nextPrices?.version]).toEqual([1, 2]);
    await expect(unpair(till)).rejects.toThrow();
    expect(till.device.value).not.toBeNull();
  });

  it('an age that was checked lets nothing through that needs a higher one', async () => {
    const store = await FakeStore.open();
    await store.publishPrices({ ...FIELD_FILE, age_limits: [[0, 16], [1, 18]] });
    const till = await signedInTill(store);
    read(till, '4321');
    answerAge(till, true);
    read(till, '4321');
    expect(lines(till).length).toBe(2);
    read(till, '2608221003459');
    expect([lines(till).length, till.question.value]).toMatchObject([2, { kind: 'AGE', years: 18 }]);
    answerAge(till, false);
    expect(lines(till).length).toBe(2);
  });

  it('a basket that a card is being charged for neither shrinks nor grows', async () => {
    const store = await FakeStore.open();
    const till = await signedInTill(store);
    scan(till, '5701234567899');
    till.card.value = { id: uuid7(1), amount: 500, state: 'SENT', reference: '', card: '', notFound: 0 };
    removeLine(till, till.basket.value.lines[0]!.id);
    expect([lines(till).length, till.trouble.value]).toEqual([1, { kind: 'PART_PAID' }]);
    till.trouble.value = null;
    read(till, '5701234567899');
    expect([lines(till).length, till.stray.value]).toEqual([1, true]);
  });

  it('a card is never charged more than is left', async () => {
    const { till, store } = await partPaid();
    await payCard(till, 1295);
    expect([till.card.value, store.charged.size]).toEqual([null, 0]);
    await payCard(till, 795);
    expect([...store.charged.values()]).toMatchObject([{ amount: 795 }]);
    expect(till.receipt.value?.sale.payments.map(({ amount }) => amount)).toEqual([500, 795]);
  });

  it('a late word about an earlier charge does not count for this one', async () => {
    const store = await FakeStore.open();
    const till = await signedInTill(store);
    scan(till, '5701234567899');
    const answers: ((state: string) => void)[] = [];
    const { fetcher } = till;
    till.fetcher = (input, init) => {
      if (!String(input).endsWith('/transactions')) return fetcher(input, init);
      return new Promise((answered) => {
        answers.push((state) => answered(new Response(JSON.stringify({ state, reference: `T-${state}` }))));
      });
    };
    const first = payCard(till, 1295);
    await vi.waitFor(() => expect(answers.length).toBe(1));
    const { card } = till;
    card.value = { ...card.value!, state: 'UNKNOWN' };
    await resolveByHand(till, false);
    expect(card.value).toBeNull();
    till.trouble.value = null;
    const second = payCard(till, 1295);
    await vi.waitFor(() => expect(answers.length).toBe(2));
    answers[0]!('APPROVED');
    answers[1]!('DECLINED');
    await Promise.all([first, second]);
    expect(till.receipt.value).toBeNull();
    expect([till.payments.value, card.value]).toEqual([[], null]);
  });
});

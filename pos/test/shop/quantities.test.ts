/** How much of an article one scan is: what the label says, what was keyed, what must be asked, and what cannot be. */
import { describe, expect, it } from 'vitest';
import { type Basket, basketTotal, deleteLine, EMPTY_BASKET, MAX_MEASURE, MAX_QUANTITY, mostOf, type Outcome, ringUp, type Scan, setQuantity, withAgeChecked } from '../../src/shop/basket';
import { checkDigit } from '../../src/shop/barcode';
import { MAX_AMOUNT } from '../../src/shop/bounds';
import type { Unit } from '../../src/shop/documents';
import type { PriceFile } from '../../src/shop/price-file';
import { PriceList } from '../../src/shop/price-list';
import { LABELS } from '../fake-store';

const at = '2026-11-21T08:00:00.000Z';
const UNITS: Unit[] = ['PCS', 'KG', 'G', 'L', 'ML', 'M'];
const NUMBERS = UNITS.map((_, place) => `0${4000 + place}`);
const GTINS = UNITS.map((_, place) => withCheck(`57000000000${place}`));

function withCheck(body: string): string {
  return body + checkDigit(body);
}

/** One article in each unit, each with a GTIN and with the number that labels bear. */
const FILE: PriceFile = {
  format: 'butik-prices/1',
  count: UNITS.length,
  numbers: NUMBERS.join('\n'),
  texts: UNITS.join('\n'),
  prices: UNITS.map(() => 2000),
  versions: UNITS.map(() => 1),
  vat_rates: [2500],
  vat: UNITS.map(() => '0').join(''),
  units: UNITS,
  unit: UNITS.map((_, place) => place).join(''),
  groups: [''],
  group: UNITS.map(() => 0),
  barcodes: GTINS.map((code, place) => Number(code) - Number(GTINS[place - 1] ?? 0)),
  barcode_articles: UNITS.map((_, place) => (place ? 1 : 0)),
  barcode_quantities: [],
  codes: NUMBERS.map((number, place) => [String(Number(number)), place]),
  age_limits: [],
  links: [],
  blocked: [],
  labels: LABELS,
};

const prices = new PriceList(FILE);
const gtin = (unit: Unit) => GTINS[UNITS.indexOf(unit)]!;
/** A label of the scale: weight in grams, or a price. */
const label = (prefix: '21' | '26', unit: Unit, value: number) => withCheck(prefix + NUMBERS[UNITS.indexOf(unit)]! + String(value).padStart(5, '0'));
const elements = (unit: Unit, rest: string) => `]C101${gtin(unit).padStart(14, '0')}${rest}`;
const ring = (code: string, more: Partial<Scan> = {}, list = prices, basket = EMPTY_BASKET) => ringUp(basket, list, { code, quantity: null, at, currency: 'DKK', ...more });

function lineOf(outcome: Outcome) {
  if (outcome.kind !== 'ADDED') throw new Error(outcome.kind);
  const { quantity, unit, unitPrice, amount } = outcome.line;
  return [quantity, unit, unitPrice, amount];
}

describe('a label with a weight', () => {
  it('is so much of an article in kilograms or grams', () => {
    expect(lineOf(ring(label('26', 'KG', 345)))).toEqual([345, 'KG', 2000, 690]);
    expect(lineOf(ring(label('26', 'G', 3)))).toEqual([3000, 'G', 2000, 6000]);
  });

  it('says nothing of an article by the piece, the litre or the metre', () => {
    expect(ring(label('26', 'PCS', 345))).toEqual({ kind: 'BY_THE_PIECE', text: 'PCS' });
    for (const unit of ['L', 'ML', 'M'] as const) expect(ring(label('26', unit, 345))).toEqual({ kind: 'OTHER_UNIT', text: unit });
  });

  it('with nothing on the scale asks how much it is', () => {
    expect(ring(label('26', 'KG', 0))).toEqual({ kind: 'ASK_WEIGHT', text: 'KG', unit: 'KG' });
    expect(lineOf(ring(label('26', 'KG', 0), { weighed: 500 }))).toEqual([500, 'KG', 2000, 1000]);
  });

  it('keyed several times is so many of it', () => {
    expect(lineOf(ring(label('26', 'KG', 345), { quantity: 2000 }))).toEqual([690, 'KG', 2000, 1380]);
  });
});

describe('a label with a price', () => {
  it('is one piece at that price, in whatever unit its article is', () => {
    for (const unit of ['PCS', 'KG', 'L'] as const) expect(lineOf(ring(label('21', unit, 1723)))).toEqual([1000, 'PCS', 1723, 1723]);
    expect(lineOf(ring(label('21', 'KG', 1723), { quantity: 3000 }))).toEqual([3000, 'PCS', 1723, 5169]);
  });

  it('of nothing is no price', () => expect(ring(label('21', 'KG', 0))).toEqual({ kind: 'EMPTY_LABEL', text: 'KG' }));

  it('is not sold in halves', () => expect(ring(label('21', 'KG', 1723), { quantity: 1500 })).toEqual({ kind: 'BY_THE_PIECE', text: 'KG' }));
});

describe('a GS1 code', () => {
  it('with a volume is so much of an article in litres or millilitres', () => {
    expect(lineOf(ring(elements('L', '3153000250')))).toEqual([250, 'L', 2000, 500]);
    expect(lineOf(ring(elements('ML', '3153000250')))).toEqual([250_000, 'ML', 2000, 500_000]);
    for (const unit of ['KG', 'G', 'M'] as const) expect(ring(elements(unit, '3153000250'))).toEqual({ kind: 'OTHER_UNIT', text: unit });
    expect(ring(elements('PCS', '3153000250'))).toEqual({ kind: 'BY_THE_PIECE', text: 'PCS' });
  });

  it('with a count is so many pieces, and no weight', () => {
    expect(lineOf(ring(elements('PCS', '3012')))).toEqual([12_000, 'PCS', 2000, 24_000]);
    expect(lineOf(ring(elements('PCS', '3012'), { quantity: 2000 }))).toEqual([24_000, 'PCS', 2000, 48_000]);
    expect(ring(elements('PCS', '3000'))).toEqual({ kind: 'EMPTY_LABEL', text: 'PCS' });
    expect(ring(elements('KG', '3012'))).toEqual({ kind: 'OTHER_UNIT', text: 'KG' });
  });

  it("with a price is sold at it, and keeps it in the code; one in another country's money is not", () => {
    const outcome = ring(elements('PCS', '3922995'));
    expect(outcome).toMatchObject({ line: { unitPrice: 995, amount: 995, barcode: `${gtin('PCS')}=995` } });
    expect(ring(elements('PCS', '3932978995'))).toEqual({ kind: 'FOREIGN_PRICE', text: 'PCS' });
    expect(ring(elements('PCS', '3932978995'), { currency: '978' })).toMatchObject({ line: { unitPrice: 995 } });
  });
});

describe('a quantity', () => {
  it('of what is sold by measure is keyed or asked for', () => {
    expect(ring(gtin('KG'))).toEqual({ kind: 'ASK_WEIGHT', text: 'KG', unit: 'KG' });
    expect(lineOf(ring(gtin('KG'), { quantity: 1500 }))).toEqual([1500, 'KG', 2000, 3000]);
    expect(lineOf(ring(gtin('KG'), { weighed: 750 }))).toEqual([750, 'KG', 2000, 1500]);
  });

  it('of pieces is whole, and no weight is asked for', () => {
    expect(ring(gtin('PCS'), { quantity: 1500 })).toEqual({ kind: 'BY_THE_PIECE', text: 'PCS' });
    expect(lineOf(ring(gtin('PCS'), { weighed: 750 }))).toEqual([1000, 'PCS', 2000, 2000]);
  });

  it.each(UNITS)('of %s is more than nothing and no more than anybody buys', (unit) => {
    const cheap = new PriceList({ ...FILE, prices: UNITS.map(() => 1) });
    const most = { PCS: MAX_QUANTITY, KG: MAX_MEASURE, L: MAX_MEASURE, M: MAX_MEASURE, G: MAX_MEASURE * 1000, ML: MAX_MEASURE * 1000 }[unit];
    expect(mostOf(unit)).toBe(most);
    expect(ring(gtin(unit), { quantity: most }, cheap).kind).toBe('ADDED');
    expect(ring(gtin(unit), { quantity: most + 1000 }, cheap)).toEqual({ kind: 'QUANTITY' });
    expect(ring(gtin(unit), { quantity: 0 }, cheap)).toEqual({ kind: 'QUANTITY' });
    expect(ring(gtin(unit), { quantity: -1000 }, cheap)).toEqual({ kind: 'QUANTITY' });
  });

  it('so small that it would cost nothing is a slip, but not of what is free', () => {
    expect(ring(gtin('KG'), { quantity: 1 }, new PriceList({ ...FILE, prices: UNITS.map(() => 100) }))).toEqual({ kind: 'QUANTITY' });
    expect(ring(gtin('KG'), { quantity: 1 }, new PriceList({ ...FILE, prices: UNITS.map(() => 0) })).kind).toBe('ADDED');
  });

  it('is refused where a line or the sale would be more than a record holds', () => {
    const dear = new PriceList({ ...FILE, prices: UNITS.map(() => MAX_AMOUNT) });
    const one = ring(gtin('PCS'), {}, dear);
    if (one.kind !== 'ADDED') throw new Error(one.kind);
    expect(basketTotal(one.basket)).toBe(MAX_AMOUNT);
    expect(ring(gtin('PCS'), {}, dear, one.basket)).toEqual({ kind: 'QUANTITY' });
    expect(ring(gtin('PCS'), { quantity: 2000 }, dear)).toEqual({ kind: 'QUANTITY' });
    expect(setQuantity(one.basket, one.line.id, 2000)).toBe(one.basket);
  });
});

describe('another quantity for a line', () => {
  const linked = new PriceList({ ...FILE, links: [[0, 1]] });
  const basket = [gtin('PCS'), gtin('KG')].reduce<Basket>((now, code) => {
    const outcome = ring(code, { quantity: 2000 }, linked, now);
    if (outcome.kind !== 'ADDED') throw new Error(outcome.kind);
    return outcome.basket;
  }, EMPTY_BASKET);
  const [pieces, brought, weighed] = basket.lines.map((line) => line.id) as [number, number, number];
  const quantities = (now: Basket) => now.lines.map((line) => line.quantity);

  it('is taken by what it brought along too, and by no other', () => {
    expect(quantities(setQuantity(basket, pieces, 5000))).toEqual([5000, 5000, 2000]);
    expect(quantities(setQuantity(basket, brought, 5000))).toEqual([5000, 5000, 2000]);
    expect(quantities(setQuantity(basket, weighed, 1250))).toEqual([2000, 2000, 1250]);
  });

  it('must be one that its unit allows', () => {
    for (const quantity of [0, -1000, 1500, MAX_QUANTITY + 1000]) expect(setQuantity(basket, pieces, quantity)).toBe(basket);
    for (const quantity of [0, -1, MAX_MEASURE + 1]) expect(setQuantity(basket, weighed, quantity)).toBe(basket);
    expect(quantities(setQuantity(basket, weighed, MAX_MEASURE))[2]).toBe(MAX_MEASURE);
    expect(quantities(setQuantity(basket, weighed, 1))[2]).toBe(1);
  });

  it('changes nothing for a line that is not there', () => {
    expect(quantities(setQuantity(basket, 99, 3000))).toEqual([2000, 2000, 2000]);
    expect(quantities(deleteLine(basket, 99))).toEqual([2000, 2000, 2000]);
  });
});

describe('a basket', () => {
  it('began with its first scan, and forgets that and the age when it is empty again', () => {
    const first = ring(gtin('PCS'), {}, prices, withAgeChecked(EMPTY_BASKET, 18));
    if (first.kind !== 'ADDED') throw new Error(first.kind);
    const second = ring(gtin('PCS'), { at: '2026-11-21T09:00:00.000Z' }, prices, first.basket);
    expect(second).toMatchObject({ basket: { startedAt: at, ageChecked: 18 } });
    expect(deleteLine(first.basket, first.line.id)).toEqual({ ...EMPTY_BASKET, nextId: first.basket.nextId });
  });

  it('follows a ring of deposits once', () => {
    const ringOf = new PriceList({ ...FILE, unit: '000000', links: [[0, 1], [1, 2], [2, 0]] });
    const outcome = ring(gtin('PCS'), {}, ringOf);
    expect(outcome.kind === 'ADDED' && outcome.basket.lines.map((line) => [line.text, line.linkedTo, line.barcode])).toEqual([
      ['PCS', null, gtin('PCS')],
      ['KG', 1, ''],
      ['G', 1, ''],
    ]);
    const itself = ring(gtin('PCS'), {}, new PriceList({ ...FILE, links: [[0, 0]] }));
    expect(itself).toMatchObject({ kind: 'ADDED', basket: { lines: { length: 1 } } });
  });
});

describe('keys that stand elsewhere on another keyboard', () => {
  it('are read by their place where the code itself is unknown, and only there', () => {
    expect(ring('AB', { byPlace: gtin('PCS') })).toMatchObject({ line: { text: 'PCS' } });
    expect(ring(gtin('L'), { byPlace: gtin('PCS'), quantity: 1000 })).toMatchObject({ line: { text: 'L' } });
    expect(ring('AB', { byPlace: 'CD' })).toEqual({ kind: 'UNKNOWN', code: 'AB' });
    expect(ring('5701234567890', { byPlace: 'CD' })).toEqual({ kind: 'MISREAD', code: '5701234567890' });
  });
});

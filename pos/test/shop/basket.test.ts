import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Basket, basketTotal, deleteLine, EMPTY_BASKET, MAX_LINES, ringUp, setQuantity, withAgeChecked } from '../../src/shop/basket';
import { checkDigit } from '../../src/shop/barcode';
import { lineAmount } from '../../src/shop/money';
import { PriceList } from '../../src/shop/price-list';
import { SMALL_FILE } from '../fake-store';

const prices = new PriceList(SMALL_FILE);
const MILK = '5701234567899';
const BEER = '5701234567999';
const WINE = '5701234568699';
const CHEESE = '5701234568299';
const at = '2026-11-21T08:00:00.000Z';

function after(basket: Basket, ...codes: (string | [string, number])[]): Basket {
  return codes.reduce((now, one) => {
    const [code, quantity] = typeof one === 'string' ? [one, null] : one;
    const outcome = ringUp(now, prices, { code, quantity, at });
    if (outcome.kind !== 'ADDED') throw new Error(outcome.kind);
    return outcome.basket;
  }, basket);
}

const shape = (basket: Basket) => basket.lines.map((line) => [line.text, line.quantity, line.amount]);

describe('the basket', () => {
  it('gives each plain scan a line of its own, and a keyed quantity one line', () => {
    expect(shape(after(EMPTY_BASKET, MILK, MILK, [MILK, 3000]))).toEqual([
      ['MINIMÆLK 1L', 1000, 1295],
      ['MINIMÆLK 1L', 1000, 1295],
      ['MINIMÆLK 1L', 3000, 3885],
    ]);
  });

  it('brings deposits along: they follow the quantity and go with their line', () => {
    const basket = after(EMPTY_BASKET, MILK, [BEER, 6000]);
    expect(shape(basket)[2]).toEqual(['PANT A', 6000, 600]);
    const beer = basket.lines[1]!;
    expect(shape(setQuantity(basket, beer.id, 2000)).slice(1)).toEqual([
      ['PILSNER 33CL', 2000, 1000],
      ['PANT A', 2000, 200],
    ]);
    expect(shape(deleteLine(basket, beer.id))).toEqual([['MINIMÆLK 1L', 1000, 1295]]);
    // Also when the deposit itself is pointed at: it is not deleted alone.
    expect(shape(deleteLine(basket, basket.lines[2]!.id))).toEqual([['MINIMÆLK 1L', 1000, 1295]]);
  });

  it('knows a crate', () => {
    expect(shape(after(EMPTY_BASKET, '5701234568199'))).toEqual([
      ['PILSNER 33CL', 24_000, 12_000],
      ['PANT A', 24_000, 2400],
    ]);
  });

  it('asks for the age once in a sale', () => {
    const asked = ringUp(EMPTY_BASKET, prices, { code: WINE, quantity: null, at });
    expect(asked).toEqual({ kind: 'ASK_AGE', years: 18, text: 'RØDVIN 75CL' });
    expect(after(withAgeChecked(EMPTY_BASKET, 18), WINE, WINE).lines.length).toBe(2);
  });

  it('refuses what is blocked, unknown, misread or absurd, and stays as it was', () => {
    const kind = (code: string, quantity: number | null = null) => ringUp(EMPTY_BASKET, prices, { code, quantity, at }).kind;
    expect(kind(CHEESE)).toBe('BLOCKED');
    expect(kind('1234')).toBe('UNKNOWN');
    expect(kind('5701234567890')).toBe('MISREAD');
    expect(kind(MILK, 10_000_000)).toBe('QUANTITY');
    const full = after(EMPTY_BASKET, ...new Array<string>(MAX_LINES).fill(MILK));
    expect(ringUp(full, prices, { code: MILK, quantity: null, at }).kind).toBe('FULL');
  });

  it('asks for the weight, and takes it from a label', () => {
    const label = (body: string) => body + checkDigit(body);
    expect(ringUp(EMPTY_BASKET, prices, { code: '4011', quantity: null, at }).kind).toBe('ASK_WEIGHT');
    expect(shape(after(EMPTY_BASKET, ['4011', 345]))).toEqual([['BANANER', 345, 845]]);
    expect(ringUp(EMPTY_BASKET, prices, { code: '4011', quantity: 2_007_000, at }).kind).toBe('QUANTITY');
    const file = { ...SMALL_FILE, codes: [...SMALL_FILE.codes, ['04011', 5] as [string, number]] };
    const withLabels = new PriceList(file);
    const weighed = ringUp(EMPTY_BASKET, withLabels, { code: label('260401100345'), quantity: null, at });
    expect(weighed).toMatchObject({ line: { quantity: 345, unit: 'KG', unitPrice: 2450, amount: 845 } });
    const priced = ringUp(EMPTY_BASKET, withLabels, { code: label('210401101723'), quantity: null, at });
    expect(priced).toMatchObject({ line: { quantity: 1000, unit: 'PCS', unitPrice: 1723, amount: 1723 } });
  });

  it('keeps every deposit with its line and the total with its lines, whatever is done', () => {
    const deed = fc.oneof(
      fc.record({
        do: fc.constant('scan' as const),
        code: fc.constantFrom(MILK, BEER),
        quantity: fc.option(fc.integer({ min: 1, max: 9 }).map((n) => n * 1000)),
      }),
      fc.record({ do: fc.constant('delete' as const), place: fc.nat(8) }),
      fc.record({ do: fc.constant('set' as const), place: fc.nat(8), quantity: fc.integer({ min: -1000, max: 9000 }) }),
    );
    fc.assert(
      fc.property(fc.array(deed, { maxLength: 30 }), (deeds) => {
        let basket = EMPTY_BASKET;
        for (const one of deeds) {
          if (one.do === 'scan') basket = after(basket, one.quantity === null ? one.code : [one.code, one.quantity]);
          const line = one.do === 'scan' ? undefined : basket.lines[one.place];
          if (line && one.do === 'delete') basket = deleteLine(basket, line.id);
          if (line && one.do === 'set') basket = setQuantity(basket, line.id, one.quantity);
        }
        const ids = new Map(basket.lines.map((line) => [line.id, line]));
        expect(ids.size).toBe(basket.lines.length);
        for (const line of basket.lines) {
          if (line.linkedTo !== null) expect(ids.get(line.linkedTo)?.quantity).toBe(line.quantity);
          if (line.text === 'PILSNER 33CL') expect(basket.lines.filter((other) => other.linkedTo === line.id).length).toBe(1);
        }
        expect(basketTotal(basket)).toBe(basket.lines.reduce((sum, line) => sum + lineAmount(line.unitPrice, line.quantity), 0));
      }),
    );
  });
});

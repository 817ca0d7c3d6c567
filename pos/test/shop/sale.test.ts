import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Payment } from '../../src/shop/documents';
import { lineAmount, roundToCoin } from '../../src/shop/money';
import { dueOf, quickAmounts, roundingOf, saleLines, takeCard, takeCash, vatOf } from '../../src/shop/sale';

interface VectorLine {
  unit_price: number;
  quantity: number;
  vat_rate: number;
}

interface SaleCase {
  name: string;
  input: { lines: VectorLine[]; payments: { tender: 'CASH' | 'CARD'; amount?: number; tendered?: number }[]; cash_rounding: number };
  expected: { amounts: number[]; line_vat: number[]; vat: object[]; total: number; payments: object[]; rounding: number };
}

interface PricingCase {
  what: string;
  lines: VectorLine[];
  coin: number;
  priced: { amounts: number[]; line_vat: number[]; vat: object[]; total: number; cash: number };
}

function vectors<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`../../../tests/vectors/${name}`, import.meta.url), 'utf8')) as T;
}

function price(lines: VectorLine[]) {
  const amounts = lines.map((line) => lineAmount(line.unit_price, line.quantity));
  const { vat, byLine } = vatOf(lines.map((line, place) => ({ amount: amounts[place]!, vat_rate: line.vat_rate })));
  return { amounts, line_vat: byLine, vat, total: amounts.reduce((sum, one) => sum + one, 0) };
}

describe('the shared vectors', () => {
  it.each(vectors<PricingCase[]>('pricing.json'))('$what', ({ lines, coin, priced }) => {
    const found = price(lines);
    expect({ ...found, cash: roundToCoin(found.total, coin) }).toEqual(priced);
  });

  it.each(vectors<{ cases: SaleCase[] }>('sale.json').cases)('$name', ({ input, expected }) => {
    const found = price(input.lines);
    const payments: Payment[] = [];
    for (const one of input.payments) {
      const due = dueOf(found.total, payments, input.cash_rounding);
      payments.push(one.tender === 'CARD' ? takeCard('', one.amount!, '') : takeCash('', one.tendered!, due));
    }
    const paid = payments.map(({ tender, amount, tendered, change }) => ({ tender, amount, tendered, change }));
    expect({ ...found, payments: paid, rounding: roundingOf(found.total, payments) }).toEqual(expected);
    expect(dueOf(found.total, payments, input.cash_rounding).paid).toBe(true);
  });
});

const line = fc.record({ amount: fc.integer({ min: -100_000, max: 1_000_000 }), vat_rate: fc.constantFrom(0, 600, 1200, 2500) });

describe('VAT', () => {
  it('of the lines adds up to that of the receipt, for every rate', () => {
    fc.assert(
      fc.property(fc.array(line, { maxLength: 40 }), (lines) => {
        const { vat, byLine } = vatOf(lines);
        for (const sum of vat) {
          const places = lines.flatMap((one, place) => (one.vat_rate === sum.rate ? [place] : []));
          expect(places.reduce((total, place) => total + byLine[place]!, 0)).toBe(sum.vat);
          // Nobody is more than one minor unit from the exact share.
          for (const place of places)
            expect(Math.abs(byLine[place]! - (lines[place]!.amount * sum.rate) / (10_000 + sum.rate))).toBeLessThanOrEqual(1);
        }
      }),
    );
  });
});

describe('payment', () => {
  it('never takes more than the total and its rounding, nor leaves anything', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1_000_000 }),
        fc.constantFrom(0, 50, 100),
        fc.integer({ min: 0, max: 500_000 }),
        (total, coin, over) => {
          const due = dueOf(total, [], coin);
          const payment = takeCash('1', due.cash + over, due);
          expect(payment.change).toBe(over);
          expect(Math.abs(roundingOf(total, [payment]))).toBeLessThanOrEqual(coin / 2);
          expect(dueOf(total, [payment], coin).paid).toBe(true);
        },
      ),
    );
  });

  it('is settled when a half coin was rounded up, and not when one is left', () => {
    expect(dueOf(1325, [takeCash('1', 1350, dueOf(1325, [], 50))], 50).paid).toBe(true);
    expect(dueOf(1325, [takeCash('1', 1300, dueOf(1325, [], 50))], 50)).toEqual({ left: 25, cash: 50, paid: false });
    expect(dueOf(20, [takeCash('1', 0, dueOf(20, [], 50))], 50).paid).toBe(true);
  });

  it('goes on when cash does not reach, and a card pays the exact rest', () => {
    const part = takeCash('1', 1000, dueOf(2590, [], 50));
    const rest = dueOf(2590, [part], 50);
    expect(rest).toEqual({ left: 1590, cash: 1600, paid: false });
    expect(dueOf(2590, [part, takeCard('2', 1590, 'T')], 50).paid).toBe(true);
    expect(roundingOf(2590, [part, takeCard('2', 1590, 'T')])).toBe(0);
  });

  it('offers notes above what is due', () => {
    expect(quickAmounts(2600)).toEqual([5000, 10_000, 20_000, 50_000]);
    expect(quickAmounts(5000)).toEqual([10_000, 20_000, 50_000, 100_000]);
    expect(quickAmounts(123_450)).toEqual([125_000, 130_000, 140_000, 150_000]);
  });
});

describe('lines of a sale', () => {
  it('are numbered, and a deposit names the line that brought it', () => {
    const base = {
      number: '1',
      text: 'A',
      barcode: '',
      quantity: 1000,
      unit: 'PCS' as const,
      unitPrice: 100,
      amount: 100,
      vatRate: 0,
      version: 1,
    };
    const lines = saleLines([
      { ...base, id: 7, linkedTo: null },
      { ...base, id: 9, linkedTo: 7 },
    ]);
    expect(lines.map((one) => [one.n, one.linked_to])).toEqual([
      [1, null],
      [2, 1],
    ]);
  });

  it('stay within what the journal can hold', () => {
    const long = {
      id: 1,
      number: '1',
      text: 'X'.repeat(80),
      barcode: '9'.repeat(40),
      quantity: 1000,
      unit: 'PCS' as const,
      unitPrice: 1,
      amount: 1,
      vatRate: 0,
      version: 1,
      linkedTo: null,
    };
    expect(saleLines([long])[0]).toMatchObject({ text: 'X'.repeat(30), barcode: '9'.repeat(20) });
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import vectors from '../../../tests/vectors/hostile.json';
import { MAX_EVENT_MEMBERS, MAX_TEXT, MAX_YEAR, MIN_YEAR } from '../../src/shop/bounds';
import { requireReadable, Unreadable, unreadableEvent, unreadableSale, unreadableSeries } from '../../src/shop/check';
import type { ClosingDocument, EventDocument, OpeningDocument, SaleDocument } from '../../src/shop/documents';
import { saleLines, takeCard } from '../../src/shop/sale';
import { countPoints, cutText, readable } from '../../src/shop/texts';

const { sale } = vectors as unknown as { sale: SaleDocument };

function changed(path: string, value: unknown): SaleDocument {
  const copy = structuredClone(sale) as unknown as Record<string, unknown>;
  const [group, name] = path.includes('.') ? path.split('.') : ['', path];
  const target = group ? (copy[group] as Record<string, unknown>[])[0]! : copy;
  target[name!] = value;
  return copy as unknown as SaleDocument;
}

describe('what the device signs', () => {
  it('is what the services can read', () => {
    const said = vectors.cases.map((one) => [one.name, unreadableSale(changed(one.path, one.value)) === null]);
    expect(said).toEqual(vectors.cases.map((one) => [one.name, one.readable]));
  });

  it('is never half a letter', () => {
    expect(unreadableSale(changed('lines.text', 'a\ud83e'))).toBe('lines');
    const event = { ...sale, kind: 'ERROR', at: sale.completed_at } as unknown as EventDocument;
    expect(unreadableEvent({ ...event, data: { detail: 'x'.repeat(301) } })).toBe('data');
    expect(unreadableEvent({ ...event, data: { detail: 'x'.repeat(300) } })).toBeNull();
  });
});

describe('a member that no service could read', () => {
  it.each<[string, unknown, boolean]>([
    ['id', `x${sale.id}`, false],
    ['id', `${sale.id}0`, false],
    ['id', sale.id.toUpperCase(), true],
    ['id', 7, false],
    ['started_at', '2026-11-21T12:00:00Z', true],
    ['started_at', '2026-11-21T12:00:00.123+01:00', true],
    ['started_at', '2026-11-21T12:00:00.123-01:00', true],
    ['started_at', 'x2026-11-21T12:00:00Z', false],
    ['started_at', '2026-11-21T12:00:00Zx', false],
    ['started_at', '2026-11-21T12:00:00+0100', false],
    ['started_at', '2026-11-21', false],
    ['started_at', 20261121, false],
    ['started_at', `${MAX_YEAR}-01-01T00:00:00Z`, true],
    ['started_at', `${String(MIN_YEAR).padStart(4, '0')}-01-01T00:00:00Z`, true],
    ['business_date', '2026-11-21', true],
    ['business_date', '2026-13-21', false],
    ['business_date', '12026-11-21', false],
    ['business_date', '2026-11-211', false],
    ['lines', null, false],
    ['lines', [null], false],
    ['lines', ['a line'], false],
    ['lines', [], false],
    ['lines.text', 7, false],
    ['vat', [7], false],
    ['vat', [{}], false],
    ['vat', [{ rate: 2500, gross: 1 }], false],
    ['vat', [], true],
  ])('is named: %s %j', (path, value, good) => {
    expect(unreadableSale(changed(path, value))).toBe(good ? null : path.split('.')[0]);
  });

  it('is named in two lines of one place, and in two rows of one rate', () => {
    const [line] = sale.lines;
    expect(unreadableSale({ ...sale, lines: [line!, line!] })).toBe('lines');
    expect(unreadableSale({ ...sale, lines: [line!, { ...line!, n: 2 }] })).toBeNull();
    const row = { rate: 2500, gross: 1, vat: 0 };
    expect(unreadableSale({ ...sale, vat: [row, row] })).toBe('vat');
    expect(unreadableSale({ ...sale, vat: [row, { ...row, rate: 0 }] })).toBeNull();
  });

  it('stops the record before it is signed', () => {
    expect(() => requireReadable('lines')).toThrow(expect.objectContaining({ name: 'Unreadable', message: 'lines' }));
    expect(() => requireReadable('lines')).toThrow(Unreadable);
    expect(() => requireReadable(null)).not.toThrow();
    expect(unreadableSale(null as unknown as SaleDocument)).toBe('a record');
    expect(unreadableSale('a sale' as unknown as SaleDocument)).toBe('a record');
  });

  it('is found in an event: its data are few, flat and short', () => {
    const event = { ...sale, kind: 'ERROR', at: sale.completed_at } as unknown as EventDocument;
    const data = (value: unknown) => unreadableEvent({ ...event, data: value } as EventDocument);
    const members = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, n) => [`m${n}`, n]));
    expect(data(members(MAX_EVENT_MEMBERS))).toBeNull();
    expect(data(members(MAX_EVENT_MEMBERS + 1))).toBe('data');
    for (const good of [null, true, false, 0, -5, 'text', '']) expect(data({ first: good, second: good })).toBeNull();
    for (const bad of [1.5, [], {}, Infinity, undefined]) {
      expect(data({ first: bad, second: 'good' })).toBe('data');
      expect(data({ first: 'good', second: bad })).toBe('data');
    }
    expect(data({ ['k'.repeat(300)]: 1 })).toBe('data');
  });

  it('is found in the opening and the closing of a series', () => {
    const opening = { ...sale, kind: 'OPEN', reason: 'START', at: sale.completed_at } as unknown as OpeningDocument;
    expect(unreadableSeries(opening)).toBeNull();
    expect(unreadableSeries({ ...opening, reason: 'x'.repeat(300) } as unknown as OpeningDocument)).toBe('reason');
    for (const name of ['id', 'org', 'store', 'device', 'app', 'series', 'label', 'at']) expect(unreadableSeries({ ...opening, [name]: 1 } as unknown as OpeningDocument)).toBe(name);
    const closing = {
      ...opening,
      kind: 'CLOSE',
      last_counter: 1,
      sales: 1,
      total: 5,
      by_vat: [{ rate: 2500, gross: 5, vat: 1 }],
      by_tender: [{ tender: 'CASH', amount: 5 }],
    } as unknown as ClosingDocument;
    expect(unreadableSeries(closing)).toBeNull();
    for (const change of [{ prev: '' }, { last_counter: -1 }, { sales: 0.5 }, { total: NaN }, { by_vat: [{ rate: 2500, gross: 5 }] }, { by_tender: [{ tender: 'SHELLS', amount: 5 }] }, { by_tender: [{ tender: 'CASH' }] }])
      expect(unreadableSeries({ ...closing, ...change } as unknown as ClosingDocument)).toBe(Object.keys(change)[0]);
  });
});

describe('the lines of a sale', () => {
  it('can be read whatever the article is called', () => {
    const line = { id: 1, number: '1001', barcode: '🥛'.repeat(30), quantity: 1000, unit: 'PCS' as const, unitPrice: 1, amount: 1, vatRate: 0, version: 1, linkedTo: null };
    for (const text of ['x'.repeat(29) + '🥛', 'x'.repeat(30) + '🥛', '🥛'.repeat(40), 'a\ud83e', 'a\u030a'.repeat(40), 'a\tb'])
      expect(unreadableSale({ ...sale, lines: saleLines([{ ...line, text }]) })).toBeNull();
    expect(unreadableSale({ ...sale, payments: [takeCard(sale.payments[0]!.id, 1, '🥛'.repeat(70))] })).toBeNull();
  });
});

describe('a text that is cut', () => {
  it('keeps an emoji whole at the last place, and leaves it out where there is none', () => {
    expect(cutText('x'.repeat(29) + '🥛', MAX_TEXT)).toBe('x'.repeat(29) + '🥛');
    expect(cutText('x'.repeat(30) + '🥛', MAX_TEXT)).toBe('x'.repeat(30));
    expect(cutText('x'.repeat(29) + '👨‍👩‍👧', MAX_TEXT)).toBe('x'.repeat(29));
    expect(cutText('x'.repeat(29) + '🇩🇰', MAX_TEXT)).toBe('x'.repeat(29));
    expect(cutText('x'.repeat(29) + 'e\u0301tc', MAX_TEXT)).toBe('x'.repeat(29) + 'é');
  });

  it('keeps as much of one letter as there is room for, where it alone is too long', () => {
    expect(cutText('👨‍👩‍👧', 2)).toBe('👨\u200d');
    expect(cutText('ab', 2)).toBe('ab');
    expect(cutText('🥛🥛', 2)).toBe('🥛🥛');
    expect(cutText('abc', 2)).toBe('ab');
    expect(cutText('', 2)).toBe('');
  });

  it('is composed, and has nothing that nobody sees', () => {
    expect(readable('a\u030a\u200b\u202eb\u0000c\ufeff')).toBe('åb c');
    expect(readable('\ud83e')).toBe('\ufffd');
  });

  it('can be read whatever it was', () => {
    const nasty = fc.array(fc.constantFrom('a', '🥛', '\ud83e', '\udd5b', '\u0301', '\u200d', '\u202e', '\u0000', '🇩', '\u0958', '\u0085'), { maxLength: 80 });
    fc.assert(
      fc.property(fc.oneof(nasty.map((signs) => signs.join('')), fc.string({ unit: 'binary' })), (text) => {
        const cut = cutText(text, MAX_TEXT);
        expect(countPoints(cut)).toBeLessThanOrEqual(MAX_TEXT);
        expect(cut.normalize('NFC')).toBe(cut);
        expect(unreadableSale(changed('lines.text', cut))).toBeNull();
      }),
      { numRuns: 40 },
    );
  }, 30_000);
});

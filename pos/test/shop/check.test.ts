import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import vectors from '../../../tests/vectors/hostile.json';
import { MAX_TEXT } from '../../src/shop/bounds';
import { unreadableEvent, unreadableSale } from '../../src/shop/check';
import type { EventDocument, SaleDocument } from '../../src/shop/documents';
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

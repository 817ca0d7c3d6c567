import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkDigit, isGtin, type Label, normalCode, numericValue, readLabel } from '../../src/shop/barcode';
import { BadPriceFile, type PriceFile } from '../../src/shop/price-file';
import { type Hit, looksMisread, PriceList } from '../../src/shop/price-list';
import type { Measure } from '../../src/shop/scanned';
import { LABELS, SMALL_FILE } from '../fake-store';

describe('barcodes', () => {
  it('know their check digits', () => {
    for (const good of ['4006381333931', '96385074', '036000291452', '10012345678902']) expect(isGtin(good)).toBe(true);
    for (const bad of ['4006381333932', '1234', '400638133393A', '']) expect(isGtin(bad)).toBe(false);
  });

  it('find every single misread digit', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[0-9]{12}$/), fc.nat(12), fc.integer({ min: 1, max: 9 }), (body, place, by) => {
        const code = body + checkDigit(body);
        const wrong = code.slice(0, place) + ((Number(code[place]) + by) % 10) + code.slice(place + 1);
        expect(isGtin(code)).toBe(true);
        expect(isGtin(wrong)).toBe(false);
      }),
    );
  });

  it('are one number whatever their length', () => {
    expect(new Set(['036000291452', '0036000291452', '00036000291452'].map(numericValue)).size).toBe(1);
    expect(numericValue('ABC-1')).toBeNull();
    expect(numericValue('9'.repeat(20))).toBeNull();
  });

  const vectors = JSON.parse(readFileSync(new URL('../../../tests/vectors/codes.json', import.meta.url), 'utf8')) as {
    normal_forms: { codes: string[]; normal: string }[];
    labels: { code: string; label: Label | null }[];
  };

  it('have one normal form, the same as the service has', () => {
    for (const { codes, normal } of vectors.normal_forms) for (const code of codes) expect(normalCode(code)).toBe(normal);
  });

  it('of weighed goods bear a price or a weight', () => {
    for (const { code, label } of vectors.labels) expect(readLabel(code, LABELS)).toEqual(label);
  });
});

/** What a code finds; a test that expects it says so. */
function hitOf(list: PriceList, code: string): Hit | undefined {
  const found = list.find(code);
  return typeof found === 'string' ? undefined : found;
}

describe('the price list', () => {
  const list = new PriceList(SMALL_FILE);

  it('decodes its columns', () => {
    expect(list.article(1)).toEqual({
      index: 1,
      number: '5701234567899',
      text: 'MINIMÆLK 1L',
      price: 1295,
      version: 412,
      vatRate: 2500,
      unit: 'PCS',
      group: 'Mejeri',
      ageLimit: 0,
      blocked: false,
      link: null,
    });
    expect(list.article(4)).toMatchObject({ ageLimit: 18, number: '1004' });
    expect(list.article(3).blocked).toBe(true);
  });

  it('finds by barcode of any length, by code, by number and by label', () => {
    const found = (code: string) => hitOf(list, code)?.article.text;
    expect(found('5701234567899')).toBe('MINIMÆLK 1L');
    expect(found('05701234567899')).toBe('MINIMÆLK 1L');
    expect(found('ABC-1')).toBe('MINIMÆLK 1L');
    expect(found('4011')).toBe('BANANER');
    expect(found('0000000000')).toBeUndefined();
    expect(list.find('5701234568199')).toMatchObject({ quantity: 24_000, article: { text: 'PILSNER 33CL' } });
  });

  it('searches by words, case and accents aside, those that begin with it first', () => {
    const texts = (query: string) => list.search(query).map((article) => article.text);
    expect(texts('mælk')).toEqual(['MINIMÆLK 1L']);
    expect(texts('pilsner 33')).toEqual(['PILSNER 33CL']);
    expect(texts('401')).toEqual(['BANANER']);
    expect(texts('xyz')).toEqual([]);
    expect(texts(' ')).toEqual([]);
  });

  it('refuses columns that do not fit together', () => {
    const broken: Partial<PriceFile>[] = [
      { format: 'butik-prices/2' },
      { count: 7 },
      { prices: [1] },
      { texts: 'A' },
      { links: [[2, 99]] },
      { barcode_articles: [99, 0, 0, 0, 0, 0] },
      { prices: [1.5, 1, 1, 1, 1, 1] },
    ];
    for (const change of broken) expect(() => new PriceList({ ...SMALL_FILE, ...change })).toThrow(BadPriceFile);
  });

  const rule = SMALL_FILE.labels[0]!;
  it.each<[string, object]>([
    ['format butik-prices/2', { format: 'butik-prices/2' }],
    ['count', { count: -1 }],
    ['count', { count: 1.5 }],
    ['count', { count: '6' }],
    ['columns of different length', { count: 7 }],
    ['columns of different length', { versions: [1] }],
    ['columns of different length', { vat: '1' }],
    ['columns of different length', { unit: '0' }],
    ['columns of different length', { group: [0] }],
    ['barcodes of different length', { barcodes: [1] }],
    ['a price that is not a whole number', { prices: [1, 1, 1, 1, 1, 0.5] }],
    ['a reference outside the file', { links: [[6, 0]] }],
    ['a reference outside the file', { links: [[0, -1]] }],
    ['a reference outside the file', { blocked: [6] }],
    ['a reference outside the file', { blocked: [-1] }],
    ['a reference outside the file', { codes: [['A', 6]] }],
    ['a reference outside the file', { age_limits: [[6, 18]] }],
    ['a rule for labels', { labels: null }],
    ['a rule for labels', { labels: [rule, ['21', 'COLOUR', 5, 0, 1]] }],
    ['a rule for labels', { labels: [['21', 'PRICE', 0, 0, 1]] }],
    ['a rule for labels', { labels: [['21', 'PRICE', -1, 0, 1]] }],
    ['a rule for labels', { labels: [['21', 'PRICE', 5, -1, 1]] }],
    ['a rule for labels', { labels: [['21', 'PRICE', 5, 0, 0]] }],
    ['a rule for labels', { labels: [['21', 'PRICE', 5, 0.5, 1]] }],
    ['a rule for labels', { labels: [['21', 'PRICE', 8, 2, 1]] }],
    ['texts or numbers of different length', { texts: 'A' }],
    ['texts or numbers of different length', { numbers: 'A' }],
    ['a barcode of no article', { barcode_articles: [6, 0, 0, 0, 0, 0] }],
    ['a barcode of no article', { barcode_articles: [-1, 1, 1, 1, 1, 1] }],
  ])('says what is wrong with a file: %s %j', (what, change) => {
    const read = () => new PriceList({ ...SMALL_FILE, ...change } as PriceFile);
    expect(read).toThrow(expect.objectContaining({ name: 'BadPriceFile', message: what }));
  });

  it('may name its first and its last article, and have labels that fill a code', () => {
    const labels: PriceFile['labels'] = [['2', 'WEIGHT', 10, 0, 1]];
    const ends = new PriceList({ ...SMALL_FILE, labels, links: [[0, 5], [5, 0]], blocked: [0, 5], codes: [['A', 0], ['B', 5]] });
    expect([ends.article(0).link, ends.article(5).link, ends.article(5).blocked]).toEqual([5, 0, true]);
    expect([hitOf(ends, 'A')?.article.index, hitOf(ends, 'B')?.article.index]).toEqual([0, 5]);
  });

  it('of no articles knows nothing', () => {
    const none = { count: 0, numbers: '', texts: '', prices: [], versions: [], vat: '', unit: '', group: [], barcodes: [] };
    const empty = new PriceList({ ...SMALL_FILE, ...none, barcode_articles: [], barcode_quantities: [], codes: [], age_limits: [], links: [], blocked: [] });
    expect([empty.find('100'), empty.find(''), empty.search('a')]).toEqual(['UNKNOWN', 'MISREAD', []]);
  });

  it('names an article without a number by its first barcode, or else by its first code', () => {
    const named = new PriceList({ ...SMALL_FILE, numbers: '\n\n\n1003\n1004\n', codes: [['XY-1', 5], ['XY-2', 5], ['Z', 1]] });
    expect([1, 2, 4, 5].map((index) => named.article(index).number)).toEqual(['5701234567899', '5701234567999', '1004', 'XY-1']);
  });

  it("finds an article's own number before another's in its normal form", () => {
    const numbered = new PriceList({ ...SMALL_FILE, numbers: '\n\n\n0077\n77\nab' });
    expect(['0077', '77', '00077', 'AB', 'ab'].map((code) => hitOf(numbered, code)?.article.index)).toEqual([3, 4, 4, 5, 5]);
  });

  it('shows what begins with the words before what has them inside, and no more than is asked for', () => {
    const texts = ['RØD VIN', 'VIN RØD', 'HVID VIN', 'VIN HVID', 'CRÈME BRÛLÉE', 'ÆBLE'];
    const wine = new PriceList({ ...SMALL_FILE, texts: texts.join('\n') });
    const found = (query: string, limit?: number) => wine.search(query, limit).map((article) => article.text);
    expect(found('vin')).toEqual(['VIN RØD', 'VIN HVID', 'RØD VIN', 'HVID VIN']);
    expect(found('  vin   rød ')).toEqual(['VIN RØD', 'RØD VIN']);
    expect(found('vin', 3)).toEqual(['VIN RØD', 'VIN HVID', 'RØD VIN']);
    expect(found('vin', 2)).toEqual(['VIN RØD', 'VIN HVID']);
    expect(found('vin', 1)).toEqual(['VIN RØD']);
    expect(found('i', 1)).toEqual(['RØD VIN']);
    expect(found('creme brulee')).toEqual(['CRÈME BRÛLÉE']);
    expect(found('crème')).toEqual(['CRÈME BRÛLÉE']);
    expect(found('aeble')).toEqual([]);
    expect(found('æble')).toEqual(['ÆBLE']);
    expect(found('rod')).toEqual([]);
    expect(found(' 100 ')).toEqual(['RØD VIN', 'VIN HVID', 'CRÈME BRÛLÉE']);
  });

  it('is the same when it was made ready before', () => {
    const ready = new PriceList(SMALL_FILE);
    ready.warm();
    expect(ready.search('mælk')).toEqual(list.search('mælk'));
    expect(hitOf(ready, '4011')).toEqual(hitOf(list, '4011'));
  });

  it('is ready at once with 75,000 articles', () => {
    const count = 75_000;
    const ones = new Array<number>(count).fill(1);
    const file: PriceFile = {
      ...SMALL_FILE,
      count,
      numbers: '\n'.repeat(count - 1),
      texts: Array.from({ length: count }, (_, i) => `ARTIKEL NUMMER ${i}`).join('\n'),
      prices: ones,
      versions: ones,
      vat: '0'.repeat(count),
      unit: '0'.repeat(count),
      group: new Array<number>(count).fill(0),
      barcodes: [5_700_000_000_000, ...ones.slice(1)],
      barcode_articles: [0, ...ones.slice(1)],
      barcode_quantities: [],
      codes: [],
      age_limits: [],
      links: [],
      blocked: [],
    };
    const text = JSON.stringify(file);
    const before = performance.now();
    const big = new PriceList(JSON.parse(text) as PriceFile);
    expect(hitOf(big, String(5_700_000_000_000 + 74_999))?.article.text).toBe('ARTIKEL NUMMER 74999');
    expect(performance.now() - before).toBeLessThan(1000);
  });

  it('tells a misread from an unknown article', () => {
    expect(looksMisread('5701234567890')).toBe(true);
    expect(looksMisread('5701234567899')).toBe(false);
    expect(looksMisread('1234')).toBe(false);
    for (const wrong of ['12345678', '036000291453', '10012345678903']) expect(looksMisread(wrong)).toBe(true);
    for (const other of ['', 'ABCDEFGH', 'A12345678', '12345678A', 'A036000291453', '036000291453A', '1', '123456789', '100123456789030']) expect(looksMisread(other)).toBe(false);
    expect(list.find('5701234567890')).toBe('MISREAD');
    expect(list.find('570123456789005')).toBe('UNKNOWN');
  });
});

interface PriceFileVector {
  file: PriceFile;
  articles: {
    number: string;
    text: string;
    price: number;
    version: number;
    vat_rate: number;
    unit: string;
    group: string;
    age_limit: number | null;
    linked: string;
    blocked: boolean;
  }[];
  finds: { code: string; found: { number: string; quantity: number; measure: Measure | null } | null }[];
}

describe('the shared price file', () => {
  const path = new URL('../../../tests/vectors/price_file.json', import.meta.url);
  const vector = JSON.parse(readFileSync(path, 'utf8')) as PriceFileVector;
  const list = new PriceList(vector.file);

  it.each(vector.finds)('finds $code as the packer means it', ({ code, found }) => {
    const hit = hitOf(list, code);
    const seen = hit ? { number: hit.article.number, quantity: hit.quantity, measure: hit.measure } : null;
    expect(seen).toEqual(found);
  });

  it.each(vector.articles)('knows $text', (article) => {
    const found = hitOf(list, article.number)!.article;
    expect(found).toMatchObject({ text: article.text, price: article.price, version: article.version, vatRate: article.vat_rate });
    expect(found).toMatchObject({ unit: article.unit, group: article.group, ageLimit: article.age_limit ?? 0, blocked: article.blocked });
    const linked = vector.articles.some((one) => one.number === article.linked) ? article.linked : undefined;
    expect(found.link === null ? undefined : list.article(found.link).number).toBe(linked);
  });
});

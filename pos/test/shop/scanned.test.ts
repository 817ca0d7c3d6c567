import { existsSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkDigit, isGtin, normalCode } from '../../src/shop/barcode';
import { readScan } from '../../src/shop/scanned';

const GS = '\u001d';
const MILK = '5712345200018';
const codesOf = (text: string) => {
  const found = readScan(text);
  return typeof found === 'string' ? found : found.map(({ code }) => code);
};

describe('a scanned code', () => {
  it.each([
    '010571234520001817261231',
    `01057123452000181726123110AB-1${GS}21XYZ`,
    `10AB-1${GS}0105712345200018`,
    '17261231010571234520001810AB',
    `${GS}0105712345200018${GS}17261231`,
    '(01)05712345200018(17)261231',
    `]C10105712345200018`,
    `]d20105712345200018${GS}10A`,
    ']Q30105712345200018',
    ']e00105712345200018',
    ']J10105712345200018',
    ']E05712345200018',
    ']E0571234520001812345',
    ']E35712345200018 12',
    ']C05712345200018',
    ']Q15712345200018',
    'https://id.gs1.org/01/05712345200018',
    'HTTPS://ID.GS1.ORG/01/05712345200018/10/A%2F1?17=261231',
    'http://shop.example/stem/gtin/5712345200018',
    ']Q1https://brand.example/01/05712345200018/21/7?lang=da#top',
    ']d1https://id.gs1.org/01/05712345200018',
    '571234520001805',
    '571234520001812345',
    '5712345200018 05',
    '5712345200018+12345',
    ' 5712345200018\r\n',
  ])('%j names the article', (text) => expect(codesOf(text)).toContain(MILK));

  it.each([
    ['0105712345200018310300034', 'no whole weight'],
    ['0105712345200019', 'a wrong check digit'],
    ['https://id.gs1.org/01/05712345200019', 'a wrong check digit'],
    [']C101057123452000', 'cut short'],
    [']C1', 'nothing in it'],
    [']E05712345200019', 'a wrong check digit'],
  ])('%j names none: %s', (text) => {
    const found = codesOf(text);
    expect(found === 'MISREAD' || !found.includes(MILK)).toBe(true);
  });

  it.each(['https://www.example.dk/tilbud', 'https://id.gs1.org/00/006141411234567890', ']C100340123450000000018', `${'1'.repeat(500)}`])(
    '%j is no code of goods',
    (text) => expect(readScan(text)).toBe('NOT_GOODS'),
  );

  it.each<[string, string[] | string]>([
    ['https://id.gs1.org/01/05712345200018?3103=000345', [MILK]],
    ['https://id.gs1.org/gtin/5712345200018/10/A', [MILK]],
    ['https://id.gs1.org/8003/1/01/05712345200018', [MILK]],
    ['https://id.gs1.org/01/5712345200019', 'MISREAD'],
    ['https://id.gs1.org/01/57123452000x8', 'MISREAD'],
    ['https://id.gs1.org/01/05712345200018/10/%E0', [MILK]],
    ['https://:80/01/05712345200018', 'MISREAD'],
    [']E05712345200019', 'MISREAD'],
    [']E35712345200019 12', 'MISREAD'],
    [']E496385074', ['96385074']],
    [']E496385075', 'MISREAD'],
    [']C1', 'MISREAD'],
    [']C10105712345200019', 'MISREAD'],
    [']C110AB', 'NOT_GOODS'],
    ['', 'MISREAD'],
    [' \r\n\t', 'MISREAD'],
    ['**', ['**']],
    ['A*B', ['A*B']],
    ['*A', ['*A', 'A']],
    ['xhttps://id.gs1.org/01/05712345200018', ['XHTTPS://ID.GS1.ORG/01/05712345200018']],
    ['A]C10105712345200018', ['A]C10105712345200018']],
    ['1'.repeat(400), ['1'.repeat(400)]],
    ['1'.repeat(401), 'NOT_GOODS'],
  ])('%j is %j and nothing else', (text, meant) => {
    expect(codesOf(text)).toEqual(meant);
  });

  it('of a Digital Link bears its weight in path or query, and nothing of other queries', () => {
    const measure = (rest: string) => readScan(`https://id.gs1.org/01/05712345200018${rest}`);
    expect(measure('?3103=000345')).toEqual([{ code: MILK, measure: { grams: 345 } }]);
    expect(measure('/10/A?3103=000345')).toEqual([{ code: MILK, measure: { grams: 345 } }]);
    expect(measure('?lang=da&3103=000345&x310=1')).toEqual([{ code: MILK, measure: { grams: 345 } }]);
    expect(measure('?3103=heavy')).toEqual([{ code: MILK, measure: null }]);
    expect(measure('')).toEqual([{ code: MILK, measure: null }]);
  });

  it('says what it weighs, holds, counts or costs', () => {
    const measure = (rest: string) => {
      const found = readScan(`]C10105712345200018${rest}`);
      return typeof found === 'string' ? found : found[0]!.measure;
    };
    expect(measure('3103000345')).toEqual({ grams: 345 });
    expect(measure('3102000345')).toEqual({ grams: 3450 });
    expect(measure('3153000250')).toEqual({ millilitres: 250 });
    expect(measure('3922995')).toEqual({ price: 995, currency: '' });
    expect(measure('3932208995')).toEqual({ price: 995, currency: '208' });
    expect(measure(`3103000345${GS}3922995`)).toEqual({ price: 995, currency: '' });
    expect(measure('3012')).toEqual({ count: 12 });
    // Pounds are not the shop's: it is asked how much.
    expect(measure('3203000345')).toBeNull();
    expect(measure('17261231')).toBeNull();
  });

  it('of a small package is written out, with or without system and check digit', () => {
    const { upc_e: known } = JSON.parse(readFileSync(new URL('../../../tests/vectors/codes.json', import.meta.url), 'utf8')) as { upc_e: [string, string][] };
    expect(known.length).toBeGreaterThan(20);
    for (const [short, upc] of known) {
      expect([short, codesOf(short)]).toEqual([short, expect.arrayContaining([normalCode(upc)])]);
      expect(codesOf(short.slice(0, 7))).toContain(normalCode(upc));
      if (short.startsWith('0')) expect(codesOf(short.slice(1, 7))).toContain(normalCode(upc));
    }
    expect(codesOf('01234566')).not.toContain('12345000065');
    expect(codesOf('41234565')).toEqual(['41234565']);
  });

  it('that is a whole number of its own is not taken for one with added digits', () => {
    const ten = '0360002914524';
    const whole = `${ten}${checkDigit(ten)}`;
    expect(codesOf(whole)).toContain(normalCode(whole));
    expect(codesOf(whole)).not.toContain('36000291452');
  });

  it.each(['https://id.gs1.org/01/05712345200018/10', 'https://id.gs1.org/01/05712345200018//A', 'https://id.gs1.org/01'])(
    '%s is no whole Digital Link',
    (text) => expect(readScan(text)).toBe('NOT_GOODS'),
  );

  it('in Code 39 stands between stars, or not', () => {
    expect(codesOf('*abc-1*')).toContain('ABC-1');
    expect(codesOf('ABC-1*')).toContain('ABC-1');
  });

  it('is found again from whatever a carrier makes of an EAN', () => {
    const ean = fc.stringMatching(/^[1-9][0-9]{11}$/).map((body) => body + checkDigit(body));
    const carried = fc.tuple(ean, fc.constantFrom(...['', ']E0', ']C0'].map((aim) => (code: string) => aim + code)));
    fc.assert(
      fc.property(carried, ([code, carry]) => {
        expect(codesOf(carry(code))).toContain(code);
      }),
    );
    const elements = fc.tuple(ean, fc.constantFrom(']C1', ']d2', ']Q3', ''), fc.stringMatching(/^[A-Z0-9]{1,20}$/));
    fc.assert(
      fc.property(elements, ([code, aim, batch]) => {
        expect(codesOf(`${aim}010${code}10${batch}${GS}17261231`)).toContain(code);
      }),
    );
  });

  it('never throws, whatever stands in it', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 80 }), (text) => void readScan(text)));
    fc.assert(fc.property(fc.webUrl({ withQueryParameters: true, withFragments: true }), (text) => void readScan(text)));
  });
});

const vectors = new URL('../../../../shared/data/gs1_engine_vectors.csv.gz', import.meta.url);
const path = process.env['BUTIK_REAL_INPUT'] ? new URL(`file://${process.env['BUTIK_REAL_INPUT']}/gs1_engine_vectors.csv.gz`) : vectors;

describe.skipIf(!existsSync(path))('published GS1 vectors', () => {
  const rows = existsSync(path) ? readCsv(gunzipSync(readFileSync(path)).toString('utf8')) : [];
  const known = (text: string) => text.replace(/\\x([0-9a-f]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));

  it('are all there', () => expect(rows.length).toBe(179));

  it.each(rows)('$source $op $input', ({ op, ok, input, expect: meant }) => {
    // What a till reads: the link, the elements, and what a scanner sends of them.
    const text = known(op === 'generate_scan_data' && ok === '1' ? meant! : op === 'generate_dl_uri' && ok === '1' ? meant! : input!);
    const scanned = op === 'check_unbracketed_ai' ? ']C1' + text.replace(/^\^/, '').replaceAll('^', GS) : text;
    const found = readScan(scanned);
    const gtin = gtinOf(op!, known(meant!), known(input!));
    if (ok === '1' && gtin && isGtin(gtin)) expect(found).toContainEqual(expect.objectContaining({ code: normalCode(gtin) }));
    else if (typeof found !== 'string') {
      // Of a code that is bad, or no article's, comes at most its text as it stands, or an article's number that checks.
      const itself = normalCode(scanned.replace(/^\](?=...)../, ''));
      for (const { code } of found) {
        const standsThere = isGtin(code.padStart(14, '0')) && scanned.includes(code);
        expect(standsThere || code === itself || code === normalCode(scanned)).toBe(true);
      }
    }
  });
});

/** The GTIN that stands in what the engine made of it, or in what it was given. */
function gtinOf(op: string, meant: string, given: string): string {
  const text = op === 'check_unbracketed_ai' || op === 'generate_scan_data' ? given : meant;
  return /^\^01([0-9]{14})/.exec(text)?.[1] ?? /^https:[^?]*\/01\/([0-9]{14})/.exec(text)?.[1] ?? '';
}

function readCsv(text: string): Record<string, string>[] {
  const lines = text.trim().split('\n').map((line) => [...line.matchAll(/("(?:[^"]|"")*"|[^,]*)(?:,|$)/g)].map(([, cell]) => cell!));
  const plain = (cell: string) => (cell.startsWith('"') ? cell.slice(1, -1).replaceAll('""', '"') : cell);
  const [head, ...rows] = lines;
  return rows.map((row) => Object.fromEntries(head!.map((name, i) => [name, plain(row[i] ?? '')])));
}

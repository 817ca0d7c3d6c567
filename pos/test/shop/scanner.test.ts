import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GS, type Told, Wedge } from '../../src/parts/scanner';

/** What came of a row of keys; a key that was not taken is a person's, as it stands. */
function play(wedge: Wedge, keys: [key: string, gap: number][], from = 0, bursts?: string[]): { codes: string[]; typed: string[] } {
  const codes: string[] = [];
  const typed: string[] = [];
  const take = (told: Told) => {
    typed.push(...told.typed);
    if (told.code) codes.push(told.code.text);
  };
  let at = from;
  for (const [key, gap] of keys) {
    // The timer of the screen that uses it.
    if (gap > wedge.patience) take(wedge.settle());
    at += gap;
    const told = wedge.press(key, at);
    if (told.burst) bursts?.push(told.burst);
    take(told);
    if (!told.taken) typed.push(key);
  }
  take(wedge.settle());
  return { codes, typed };
}

const burst = (code: string, gap: number, ...ends: string[]): [string, number][] => [...code, ...ends].map((key, i) => [key, i ? gap : 500]);
const ends = fc.constantFrom<string[]>(['Enter'], ['Tab'], ['Enter', 'Enter'], ['Enter', 'Tab'], []);
const printable = fc.string({ unit: fc.constantFrom(...'0123456789ABCXYZabcxyz-./ $+%:]'), minLength: 4, maxLength: 60 });
const digits = fc.stringMatching(/^[0-9]{8,48}$/);

describe('a scanner', () => {
  it('is heard whatever it reads, however it ends, and presses nothing', () => {
    fc.assert(
      fc.property(printable, fc.integer({ min: 0, max: 30 }), ends, (code, gap, end) => {
        expect(play(new Wedge(), burst(code, gap, ...end))).toEqual({ codes: [code], typed: [] });
      }),
    );
  });

  it('is heard when it is slow, with gaps of any length that such scanners leave', () => {
    const gaps = fc.array(fc.integer({ min: 25, max: 95 }), { minLength: 60, maxLength: 60 });
    fc.assert(
      fc.property(digits, gaps, ends, (code, pauses, end) => {
        const keys = burst(code, 0, ...end).map(([key], i): [string, number] => [key, i ? pauses[i % 60]! : 500]);
        expect(play(new Wedge(), keys)).toEqual({ codes: [code], typed: [] });
      }),
    );
  });

  it.each(['https://id.gs1.org/01/05712345200018', ']E05712345200018', `]C1010571234520001810AB${GS}17261231`])(
    'is heard when it reads %s slowly',
    (code) => expect(play(new Wedge(), burst(code, 60, 'Enter'))).toEqual({ codes: [code], typed: [] }),
  );

  it('is heard twice in a row, and behind what was keyed', () => {
    const twice = [...burst('5712345200018', 4, 'Enter', 'Enter'), ...burst('4321', 4, 'Enter')];
    expect(play(new Wedge(), twice)).toEqual({ codes: ['5712345200018', '4321'], typed: [] });
    const three: [string, number][] = [['3', 300], ['*', 4], ...burst('5712345200018', 4).map(([key]): [string, number] => [key, 4])];
    expect(play(new Wedge(), three)).toEqual({ codes: ['5712345200018'], typed: ['3', '*'] });
  });

  it.each([36, 45, 50])('is heard with four digits and %i ms between them', (gap) => {
    expect(play(new Wedge(), burst('4321', gap, 'Enter'))).toEqual({ codes: ['4321'], typed: [] });
  });

  it('has two ends at most, each soon; what a person does in between makes the next one theirs', () => {
    const ends = (...gaps: number[]) => play(new Wedge(), [...burst('5712345200018', 4), ...gaps.map((gap): [string, number] => ['Enter', gap])]).typed;
    expect(ends(4, 20, 20, 20)).toEqual(['Enter']);
    expect(ends(4, 310)).toEqual(['Enter']);
    const wedge = new Wedge();
    for (const [place, key] of [...'5712345200018'].entries()) wedge.press(key, place);
    expect(wedge.interrupt().code?.text).toBe('5712345200018');
    expect(wedge.press('Enter', 60).taken).toBe(false);
  });

  it('ends late: the second half of CR LF presses nothing, and the key after that is a person’s', () => {
    const keys: [string, number][] = [...burst('5712345200018', 60, 'Enter'), ['Enter', 140], ['Enter', 900]];
    expect(play(new Wedge(), keys)).toEqual({ codes: ['5712345200018'], typed: ['Enter'] });
  });

  it('is heard although the machine stood still for a moment', () => {
    const keys = burst('5712345200018', 5, 'Enter').map(([key, gap], i): [string, number] => [key, i === 7 ? 140 : gap]);
    expect(play(new Wedge(), keys).codes).toEqual(['5712345200018']);
  });
});

describe('what may be a short code', () => {
  const short = fc.string({ unit: fc.constantFrom(...'0123456789AB.-'), minLength: 1, maxLength: 3 });
  const bursts = (keys: [string, number][]) => {
    const told: string[] = [];
    const { typed } = play(new Wedge(), keys, 0, told);
    return { told, typed };
  };

  it('is told at the pace of any scanner, and its keys arrive', () => {
    fc.assert(
      fc.property(short, fc.integer({ min: 0, max: 100 }), fc.constantFrom('Enter', 'Tab'), (code, gap, end) => {
        expect(bursts(burst(code, gap, end))).toEqual({ told: [code], typed: [...code, end] });
      }),
    );
    for (const gap of [55, 70, 100]) expect(bursts(burst('4321', gap, 'Enter')).told).toEqual(['4321']);
  });

  it('is not told of a person, of a code, or of an end without anything', () => {
    fc.assert(
      fc.property(short, fc.integer({ min: 101, max: 400 }), (text, gap) => {
        expect(bursts(burst(text, gap, 'Enter')).told).toEqual([]);
      }),
    );
    expect(bursts([...burst('5', 4), ['Enter', 400]]).told).toEqual([]);
    expect(bursts(burst('5712345200018', 4, 'Enter', 'Enter')).told).toEqual([]);
    expect(bursts([['Enter', 500], ['Enter', 20]]).told).toEqual([]);
  });

  it('is what came since the last pause, and since a person did something else', () => {
    expect(bursts([['1', 500], ['2', 300], ['3', 300], ...burst('43', 20, 'Enter').map(([key], i): [string, number] => [key, i ? 20 : 300])]).told).toEqual(['43']);
    const wedge = new Wedge();
    wedge.press('4', 0);
    wedge.interrupt();
    wedge.press('3', 20);
    expect(wedge.press('Enter', 40).burst).toBe('3');
  });

  it('does not answer, with the second half of its end, what is asked about it', () => {
    expect(bursts(burst('43', 20, 'Enter', 'Enter')).typed).toEqual(['4', '3', 'Enter']);
  });
});

describe('a person', () => {
  const key = fc.constantFrom(...'0123456789,abcæøÆ *-', 'Enter', 'Tab');
  it('types whatever they like: every key arrives, once and in order', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(key, fc.integer({ min: 105, max: 700 })), { maxLength: 40 }), (keys) => {
        expect(play(new Wedge(), keys)).toEqual({ codes: [], typed: keys.map(([one]) => one) });
      }),
    );
  });

  it('types amounts, PINs and words fast', () => {
    for (const [text, gap] of [['500', 20], ['1250', 60], ['482913', 70], ['minimælk', 80], ['letmælk øko', 50]] as const) {
      expect(play(new Wedge(), burst(text, gap, 'Enter'))).toEqual({ codes: [], typed: [...text, 'Enter'] });
    }
  });

  it('does not wait for letters that no slow scanner types', () => {
    const wedge = new Wedge();
    wedge.press('m', 0);
    expect(wedge.patience).toBeLessThan(100);
    wedge.press('æ', 50);
    expect(wedge.press('l', 100)).toEqual({ typed: ['m', 'æ', 'l'], code: null, burst: '', taken: true });
    expect(wedge.press('k', 150)).toEqual({ typed: [], code: null, burst: '', taken: false });
  });
});

it('loses no key and doubles none, whoever types what and when', () => {
  const key = fc.constantFrom(...'0123456789abc *]', 'Enter', 'Tab');
  fc.assert(
    fc.property(fc.array(fc.tuple(key, fc.integer({ min: 0, max: 400 })), { maxLength: 60 }), (keys) => {
      const { codes, typed } = play(new Wedge(), keys);
      const characters = (row: readonly string[]) => row.filter((one) => one.length === 1).sort();
      expect(characters([...codes.join(''), ...typed])).toEqual(characters(keys.map(([one]) => one)));
    }),
  );
});

/**
 * Tells a scanner's keys from a person's. A keyboard-wedge scanner types its code and, mostly, an end: CR, LF, both, Tab or
 * nothing. Every key that may belong to a code is held back until it is known whose it is, so that nothing which a scanner
 * types presses a button, answers a question or lands in a field. Pure: keys and times in, codes and a person's keys out.
 */

/** Longer than this, and what comes next is another hand's. Bluetooth scanners leave up to 80 ms between two keys. */
const PAUSE = 150;
/** How long a key waits for the next one where no slow scanner would type such a text. */
const SHORT_PAUSE = 60;
/** No hand holds this pace over four keys. */
const MACHINE = 35;
/** Nor this one over four digits, nor the next over eight: slow scanners do. */
const FOUR_DIGITS = 50;
const EIGHT_DIGITS = 100;
const SHORTEST = 4;
const LONG = 8;
/** Letters at this pace are a person's words. */
const WORDS = 45;
/** After a code its end may come late, and twice; a third one is a person's. */
const LATE_END = 300;
const LATE_ENDS = 2;

export const GS = '\u001d';
const ENDS = new Set(['Enter', 'Tab']);

/** What a scanner typed: as the keyboard's layout read it, and as the keys stand on the keyboard that scanners think they are. */
export interface Code {
  text: string;
  byPlace: string;
}

export interface Told {
  /** Keys that were held and are a person's, in their order. */
  typed: readonly string[];
  code: Code | null;
  /** With an end: what came before it at a pace that no hand holds, though it is too little to be sure. */
  burst: string;
  /** The key itself is held, or was the scanner's: nothing else may see it. */
  taken: boolean;
}

interface Held {
  key: string;
  byPlace: string;
  at: number;
}

export class Wedge {
  private held: Held[] = [];
  /** Everything since the last pause or end, held or not. */
  private run: Held[] = [];
  private last = -Infinity;
  private handUntil = -Infinity;
  private endUntil = -Infinity;
  private lateEnds = 0;

  /** What is held now: a screen may show it already. */
  get text(): string {
    return this.held.map(({ key }) => key).join('');
  }

  /** How long after the last key `settle` is due. */
  get patience(): number {
    return isLikeACode(this.text) ? PAUSE : SHORT_PAUSE;
  }

  /** A key: one character, Enter or Tab. `at` in milliseconds; `byPlace` is what stands there on a plain US keyboard. */
  press(key: string, at: number, byPlace: string = key): Told {
    const before = at - this.last > PAUSE ? this.settle() : NOTHING;
    if (at - this.last > PAUSE) this.run = [];
    this.last = at;
    const pressed = { key, byPlace, at };
    this.run.push(pressed);
    const now = ENDS.has(key) ? this.end(at) : this.character(pressed);
    return { ...now, typed: [...before.typed, ...now.typed], code: before.code ?? now.code };
  }

  /** The pause after the last key has passed, or a key came that no scanner sends. */
  settle(): Told {
    const { held } = this;
    this.held = [];
    if (!isCode(held)) return { ...NOTHING, typed: keysOf(held) };
    this.expectEnds(this.last);
    return { ...NOTHING, code: codeOf(held) };
  }

  /** A person did something else: what is held is theirs, and so is the next Enter. */
  interrupt(): Told {
    const told = this.settle();
    this.run = [];
    this.lateEnds = 0;
    return told;
  }

  private expectEnds(at: number): void {
    this.endUntil = at + LATE_END;
    this.lateEnds = LATE_ENDS;
  }

  private character(key: Held): Told {
    const hand = key.at <= this.handUntil;
    // `3 *` is the assistant's, however soon the scan follows.
    if (hand || (key.key === '*' && isQuantity(this.text))) {
      if (hand) this.handUntil = key.at + PAUSE;
      const typed = keysOf(this.held);
      this.held = [];
      return { ...NOTHING, typed };
    }
    this.held.push(key);
    if (!isByHand(this.held)) return { ...NOTHING, taken: true };
    this.handUntil = key.at + PAUSE;
    const typed = keysOf(this.held);
    this.held = [];
    return { ...NOTHING, typed, taken: true };
  }

  private end(at: number): Told {
    this.handUntil = -Infinity;
    const burst = this.run.length > 1 && paceOf(this.run) <= EIGHT_DIGITS ? keysOf(this.run.slice(0, -1)).join('') : '';
    this.run = [];
    if (!this.held.length && !burst) {
      return { ...NOTHING, taken: at <= this.endUntil && this.lateEnds-- > 0 };
    }
    const told = this.settle();
    if (burst) this.expectEnds(at);
    return { ...told, burst: told.code ? '' : burst, taken: told.code !== null };
  }
}

const NOTHING: Told = { typed: [], code: null, burst: '', taken: false };

function keysOf(held: readonly Held[]): string[] {
  return held.map(({ key }) => key);
}

function codeOf(held: readonly Held[]): Code {
  return { text: keysOf(held).join(''), byPlace: held.map(({ byPlace }) => byPlace).join('') };
}

/** The middle of all gaps: a machine that was busy for a moment stretches one of them, not half. */
function paceOf(held: readonly Held[]): number {
  const gaps = held.slice(1).map(({ at }, place) => at - held[place]!.at);
  return gaps.sort((a, b) => a - b)[gaps.length >> 1] ?? Infinity;
}

function isCode(held: readonly Held[]): boolean {
  if (held.length < SHORTEST) return false;
  const pace = paceOf(held);
  if (pace <= MACHINE) return true;
  if (!isLikeACode(keysOf(held).join('')) && !isLikeACode(codeOf(held).byPlace)) return false;
  return pace <= (held.length >= LONG ? EIGHT_DIGITS : FOUR_DIGITS);
}

function isByHand(held: readonly Held[]): boolean {
  if (held.length < 3) return false;
  const { text, byPlace } = codeOf(held);
  return paceOf(held) > (isLikeACode(text) || isLikeACode(byPlace) ? PAUSE : WORDS);
}

/** What slow scanners read most: digits, or what begins as an AIM identifier or a web address does. */
function isLikeACode(text: string): boolean {
  return /^([0-9 \u001d]*|\].*|https?:.*)$/is.test(text) || 'https:'.startsWith(text.toLowerCase());
}

/** What may stand before `×`; also nothing: then it was keyed before. */
function isQuantity(text: string): boolean {
  return /^([0-9]{1,4}([.,][0-9]{1,3})?)?$/.test(text);
}

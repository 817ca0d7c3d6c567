/**
 * A keyboard-wedge scanner types faster than people and ends with Enter. Its code counts as a scan wherever the cursor is;
 * slow keys are the assistant's own.
 */

/** A pause that parts what the assistant keyed from what the scanner typed after it. */
const PAUSE = 200;
/** No hand holds this pace over so many keys; a busy machine may stretch a single gap. */
const PACE = 50;
const SHORTEST = 6;

export class Wedge {
  private keys = '';
  private first = 0;
  private last = -Infinity;

  /** Take in a key; a code when Enter ends a burst. `at` in milliseconds. */
  key(key: string, at: number): string | null {
    if (at - this.last > PAUSE) this.keys = '';
    this.last = at;
    if (key === 'Enter') {
      const scanned = this.keys.length >= SHORTEST && (at - this.first) / this.keys.length <= PACE;
      const code = scanned ? this.keys : null;
      this.keys = '';
      return code;
    }
    if (key.length !== 1) return null;
    // `3 *` is the assistant's, however soon the scan follows.
    if (key === '*') {
      this.keys = '';
      return null;
    }
    if (!this.keys) this.first = at;
    this.keys += key;
    return null;
  }
}

/**
 * A keyboard-wedge scanner types faster than people and ends with Enter. Its code counts as a scan wherever the cursor is;
 * slow keys are the assistant's own.
 */

/** No hand holds this pace over so many keys. */
const FAST = 40;
const SHORTEST = 6;

export class Wedge {
  private keys = '';
  private last = -Infinity;

  /** Take in a key; a code when Enter ends a burst. `at` in milliseconds. */
  key(key: string, at: number): string | null {
    const fast = at - this.last <= FAST;
    this.last = at;
    if (key === 'Enter') {
      const code = fast && this.keys.length >= SHORTEST ? this.keys : null;
      this.keys = '';
      return code;
    }
    if (key.length !== 1) return null;
    this.keys = fast ? this.keys + key : key;
    return null;
  }
}

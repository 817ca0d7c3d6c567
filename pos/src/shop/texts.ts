/** Texts as receipts and journals hold them: composed, well-formed, without signs that nobody sees, cut between letters. */

// What people see as one letter may be several code points: an accent that follows, a family, a flag.
const letters = new Intl.Segmenter('und', { granularity: 'grapheme' });

/** Length in code points, as every service counts it; `.length` counts UTF-16 units. */
export function countPoints(text: string): number {
  let count = 0;
  for (const _ of text) count++;
  return count;
}

/** Composed (NFC); half a surrogate pair and control characters are replaced, zero-width and bidi signs left out. */
export function readable(text: string): string {
  return text
    .replace(/\p{Surrogate}/gu, '\ufffd')
    .replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, ' ')
    .replace(/[\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff]/g, '')
    .normalize('NFC');
}

/** As much of a text as there is room for, in whole letters; half of one is better than nothing. */
export function cutText(text: string, most: number): string {
  const whole = readable(text);
  if (whole.length <= most || countPoints(whole) <= most) return whole;
  let cut = '';
  let count = 0;
  for (const { segment } of letters.segment(whole)) {
    count += countPoints(segment);
    if (count > most) break;
    cut += segment;
  }
  return cut || [...whole].slice(0, most).join('');
}

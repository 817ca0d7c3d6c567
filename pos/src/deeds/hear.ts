/** What a scanner read, wherever the till stands. */
import { play } from '../parts/sound';
import type { Code } from '../parts/scanner';
import { readInvitation } from '../wire/enrol';
import { scan } from './ring-up';
import type { Screen, Till } from './till';

const SELLING: ReadonlySet<Screen> = new Set(['SALE', 'PAY', 'RECEIPT']);

/** Whether a code makes sense now: goods are being sold, and no question waits for its answer. */
export function isForSelling(till: Till): boolean {
  return Boolean(till.member.value) && SELLING.has(till.screen.value) && !till.question.value && !till.card.value;
}

export function heard(till: Till, { text, byPlace }: Code): void {
  if (till.screen.value === 'ENROL' && [text, byPlace].some(isInvitation)) return;
  if (!isForSelling(till)) return stray(till);
  till.stray.value = false;
  scan(till, text, till.quantity.value, byPlace);
}

/** A code where none makes sense: heard and seen, and nothing else. */
export function stray(till: Till): void {
  till.stray.value = true;
  play(till, 'refused');
}

/** An invitation on paper or on a screen, read by a scanner: the screen listens to the address. */
function isInvitation(text: string): boolean {
  if (!readInvitation(text)) return false;
  location.hash = text.slice(text.indexOf('#'));
  return true;
}

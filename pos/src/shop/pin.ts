/** Wrong PINs: ten in a row for one PIN of one person, and only a new PIN version opens again. */
import { MAX_PIN, MIN_PIN } from './bounds';

export const PIN_TRIES = 10;

export interface PinCount {
  staff: string;
  pinVersion: number;
  wrong: number;
  /** That it is blocked is in the journal, so that a manager hears of it. */
  told?: true;
}

/** Whether anybody may have chosen it: digits, and not as many as a barcode has. */
export function mayBePin(pin: string): boolean {
  return /^[0-9]+$/.test(pin) && pin.length >= MIN_PIN && pin.length <= MAX_PIN;
}

/** The count that holds for this PIN: a higher version starts afresh. */
export function currentCount(count: PinCount | undefined, staff: string, pinVersion: number): PinCount {
  return count && count.pinVersion >= pinVersion ? count : { staff, pinVersion, wrong: 0 };
}

export function isBlocked(count: PinCount): boolean {
  return count.wrong >= PIN_TRIES;
}

export function afterTry(count: PinCount, right: boolean): PinCount {
  return { ...count, wrong: right ? 0 : count.wrong + 1 };
}

export function triesLeft(count: PinCount): number {
  return Math.max(0, PIN_TRIES - count.wrong);
}

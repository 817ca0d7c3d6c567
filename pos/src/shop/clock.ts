/**
 * What time it is at the store, as far as this device can know. A service tells it, and from then on a clock that nobody can
 * set counts on; the device's own clock is asked only after a start. Pure: every reading is passed in.
 */
import { MAX_WRITTEN_YEAR, MIN_WRITTEN_YEAR } from './bounds';

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/**
 * How the time is known: a service TOLD it in this run; KEPT from before the start, by the device's own clock; CONFIRMED by a
 * person; or UNKNOWN: no clock fits what was known, so it is the last moment that was told, and counting.
 */
export type Basis = 'TOLD' | 'KEPT' | 'CONFIRMED' | 'UNKNOWN';

/** A moment, and what the steady clock (it only counts) said at it. */
export interface Anchor {
  at: number;
  steady: number;
}

export interface StoreClock extends Anchor {
  basis: Basis;
  /** UNKNOWN: what the device's own clock makes of it. */
  guess: number;
}

/** Longer than this nobody expects a device to lie still: then a person is asked. */
export const LONGEST_STILL = 14 * DAY;
/** Clocks wander, and some count summer time: so far behind what is known, a clock still only lags. */
const LAG = 3 * HOUR;
/** A chain's own clock may have been ahead when it signed a certificate. */
const SIGNED_AHEAD = 7 * DAY;
/** A device's clock is off when receipts would show it. */
export const OFF = MINUTE;

// What a device writes, every service can read, and show in every zone.
const EARLIEST = Date.UTC(MIN_WRITTEN_YEAR, 0, 1);
const LATEST = Date.UTC(MAX_WRITTEN_YEAR, 0, 1);

export function timeAt(anchor: Anchor, steady: number): number {
  return anchor.at + (steady - anchor.steady);
}

/** As a document may bear it, whatever a clock says. */
export function writable(moment: number): number {
  return Number.isFinite(moment) ? Math.round(Math.min(Math.max(moment, EARLIEST), LATEST)) : EARLIEST;
}

export function isoMoment(moment: number): string {
  return new Date(writable(moment)).toISOString();
}

/** The moment of a record at the store: the device's clock, and what it was off by. */
export function correctedMoment(moment: string, offset: number | null): string {
  return isoMoment(Date.parse(moment) + (offset ?? 0));
}

/** Can a service be right that says so? A certificate bounds it: nothing is said before it was signed, or after it ran out. */
export function isPlausible(moment: number, certificate: { issued_at: string; expires_at: string } | null): boolean {
  if (!Number.isFinite(moment)) return false;
  if (!certificate) return true;
  return moment >= Date.parse(certificate.issued_at) - SIGNED_AHEAD && moment <= Date.parse(certificate.expires_at) + DAY;
}

/**
 * The time when nobody has told it yet: after a start, or a sleep. `known` is the last moment that is beyond doubt. The clock
 * may still be off by what was measured, or have been put right: of what fits, the earlier.
 */
export function reckon(own: number, offset: number | null, known: number): { at: number; basis: Basis; guess: number } {
  const corrected = own + (offset ?? 0);
  const guesses = [corrected, own].filter((guess) => guess >= known - LAG);
  const guess = guesses.length ? Math.min(...guesses) : corrected;
  if (guesses.length && guess <= known + LONGEST_STILL) return { at: Math.max(guess, known), basis: 'KEPT', guess };
  return { at: known, basis: 'UNKNOWN', guess };
}

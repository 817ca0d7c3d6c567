/** Compare how far this device and its service have got with a series; what the service has lost is sent again. */
import { notePassedOn, sendAgain, settledUpTo } from '../store/journal';
import { readSeries } from '../store/rows';
import type { SeriesStanding } from '../wire/pull';
import { refreshWaiting } from './service';
import type { Till } from './till';

export interface OurSeries {
  id: string;
  counter: number;
  /** The highest counter that the service has said it stored. */
  sent: number;
}

/** What the device says of its series when it asks for the state; null while it has none. */
export async function ourSeries(till: Till, id: string | undefined): Promise<OurSeries | null> {
  const series = id ? await readSeries(till.database, id) : undefined;
  return series ? { id: series.id, counter: series.counter, sent: await settledUpTo(till.database, series) } : null;
}

/** The versions that this device has seen: a service that was put back signs anew what is older, under later ones. */
export interface KnownVersions {
  prices: number;
  staff: number;
  enrolment?: number;
}

export function statePath(ours: OurSeries | null, known: KnownVersions): string {
  const said = { ...known, ...(ours && { series: ours.id, sent: ours.sent }) };
  return `/state?${Object.entries(said)
    .map(([name, value]) => `${name}=${value}`)
    .join('&')}`;
}

/** What was last sent again for which answer: a service that cannot take it (quarantine) is not sent it for ever. */
const sentAgain = new WeakMap<Till, string>();

/** The service was put back to an older state: send again what it does not have any more. */
export async function compare(till: Till, ours: OurSeries | null, theirs: SeriesStanding | null | undefined): Promise<void> {
  if (!ours || theirs === undefined) return; // a service of an older version says nothing
  if (theirs) await notePassedOn(till.database, theirs.id, theirs.passed_on);
  const has = theirs?.counter ?? -1;
  const isWhole = theirs !== null && theirs.sales >= theirs.counter;
  if (isWhole && has >= ours.sent) {
    if (has >= ours.counter) sentAgain.delete(till);
    return;
  }
  const said = `${ours.id} ${has} ${theirs?.sales} ${ours.sent}`;
  if (sentAgain.get(till) === said) return;
  sentAgain.set(till, said);
  // Where some are missing in between, everything that is here goes again: what is known there is answered so.
  // The opening record goes with the first sale.
  await sendAgain(till.database, ours.id, has > 0 && has < ours.sent ? has : -1);
  await refreshWaiting(till);
  if (till.waiting.value.records) till.nudge();
}

/** The store's time on this device (docs/decisions/0017): who tells it, how it is kept, and what a person is asked. */
import type { DeviceRow } from '../store/schema';
import { modeOf } from '../shop/emergency';
import { type Anchor, DAY, isoMoment, isPlausible, MINUTE, OFF, reckon, type StoreClock, timeAt, writable } from '../shop/clock';
import type { Certificate } from '../shop/documents';
import { writeDevice } from '../store/rows';
import { claims } from '../wire/trust';
import type { Till } from './till';

/** Small wobbles of the line are not worth a write, and neither is each moment that goes by. */
const WOBBLE = 100;
const KEPT_EVERY = 10 * MINUTE;

/** The time at the store. Before there is one, the device's own. */
export function storeNow(till: Till): number {
  const { value: clock } = till.clock;
  return clock ? timeAt(clock, till.steady()) : till.now();
}

/** What a record says of its moment: the device's own clock, and what to add to it for the store's time. */
export interface Reading {
  moment: string;
  /** Null: nobody has told the time, and no clock fits. `moment` is then the best that is known. */
  offset: number | null;
  now: number;
}

export function readClock(till: Till): Reading {
  // A person may confirm any clock; the day of a sale must be readable like its moments.
  const now = writable(storeNow(till));
  if (!till.clock.value || till.clock.value.basis === 'UNKNOWN') return { moment: isoMoment(now), offset: null, now };
  const own = writable(till.now());
  return { moment: isoMoment(own), offset: now - own, now };
}

/** How far the device's own clock is ahead of the store's; null when it is not worth a word, or nobody can say. */
export function ownClockOff(till: Till): number | null {
  if (!till.clock.value || till.clock.value.basis === 'UNKNOWN') return null;
  const off = till.now() - storeNow(till);
  return Math.abs(off) > OFF ? off : null;
}

/** The emergency cloud's time: the store's word about it must not make an order look expired. */
export function cloudNow(till: Till): number {
  return till.told.CLOUD ? timeAt(till.told.CLOUD, till.steady()) : storeNow(till);
}

/** What a service's clock says, for proofs: it judges them by its own, right or wrong. */
export function serviceTime(till: Till, who: 'STORE' | 'CLOUD'): number {
  const told = till.told[who];
  return told ? timeAt(told, till.steady()) : till.now() + (till.device.value?.offset ?? 0);
}

/** A service has said what time it is. Proofs follow it; receipts do when it can be right. */
export function noteTime(till: Till, who: 'STORE' | 'CLOUD', time: number): void {
  if (!Number.isFinite(time)) return;
  const anchor = { at: time, steady: till.steady() };
  till.told[who] = anchor;
  const isOurs = who === (modeOf(till.emergency.value) === 'NORMAL' ? 'STORE' : 'CLOUD');
  // The cloud is heard in normal days only while the store has not said anything.
  if (!isOurs && till.clock.value?.basis === 'TOLD') return;
  const believed = isPlausible(time, certificateOf(till.device.value));
  if (isOurs) till.serviceClockWrong.value = believed ? null : time;
  if (believed) {
    till.clock.value = { ...anchor, basis: 'TOLD', guess: time };
    if (till.question.value?.kind === 'CLOCK') till.question.value = null;
  }
  void keepTime(till, isOurs ? Math.round(time - till.now()) : null);
}

/** Remember over a restart what is known now. `offset`: as it was just measured. Never worth stopping anything for. */
export async function keepTime(till: Till, offset: number | null = null): Promise<void> {
  const { value: device } = till.device;
  if (!device) return;
  const toldAt = till.clock.value?.basis === 'TOLD' ? Math.round(storeNow(till)) : (device.toldAt ?? 0);
  const hasMoved = offset !== null && Math.abs(offset - (device.offset ?? Infinity)) > WOBBLE;
  if (!hasMoved && Math.abs(toldAt - (device.toldAt ?? 0)) < KEPT_EVERY) return;
  till.device.value = { ...device, ...(hasMoved ? { offset } : {}), toldAt };
  await writeDevice(till.database, till.device.value).catch(() => undefined);
}

/** After a start: from the device's own clock if it fits what was known, else from that. */
export function startClock(till: Till, device: DeviceRow): void {
  till.clock.value = clockFrom(till, device.offset, device.toldAt ?? (Date.parse(device.enrolment.issued_at) || till.now()));
}

function clockFrom(till: Till, offset: number | null, known: number): StoreClock {
  return { ...reckon(till.now(), offset, known), steady: till.steady() };
}

/** The first contact of a device that is only being made. */
export function clockAtEnrolment(till: Till, certificate: string, told: Anchor): void {
  const { issued_at, expires_at } = claims(certificate);
  const believed = isPlausible(told.at, { issued_at, expires_at });
  till.told = { STORE: told, CLOUD: null };
  till.serviceClockWrong.value = believed ? null : told.at;
  const own = till.now();
  if (believed) till.clock.value = { ...told, basis: 'TOLD', guess: told.at };
  else if (isPlausible(own, { issued_at, expires_at })) till.clock.value = { at: own, steady: till.steady(), basis: 'KEPT', guess: own };
  else till.clock.value = clockFrom(till, null, Date.parse(issued_at) || told.at);
}

function certificateOf(device: DeviceRow | null): Certificate | null {
  try {
    return device && claims(device.certificate);
  } catch {
    return null;
  }
}

/** Nobody knows the time: say so before anything is sold. */
export function askAboutClock(till: Till): void {
  const { value: clock } = till.clock;
  if (clock?.basis !== 'UNKNOWN' || till.question.value) return;
  till.question.value = { kind: 'CLOCK', guess: clock.guess, isAhead: clock.guess > clock.at };
}

/** The assistant has looked at a watch; or goes on without knowing. */
export function answerClock(till: Till, isRight: boolean): void {
  const { value: question } = till.question;
  if (question?.kind !== 'CLOCK') return;
  till.question.value = null;
  const { value: clock } = till.clock;
  if (!isRight || clock?.basis !== 'UNKNOWN') return;
  // What has gone by since it was asked has gone by for the guess as well.
  till.clock.value = { ...clock, at: clock.guess, basis: 'CONFIRMED' };
}

/**
 * A device that sleeps may stop its steady clock. Its screen goes dark first: what its own clock has then gone ahead of the
 * steady one was sleep, within reason. In plain sight it is a clock that somebody has set.
 */
export function watchSleep(till: Till, stopped: AbortSignal): void {
  let hidden: { own: number; steady: number } | null = null;
  const changed = () => {
    const [own, steady] = [till.now(), till.steady()];
    if (document.visibilityState === 'hidden') {
      hidden = { own, steady };
    } else if (hidden) {
      wake(till, own - hidden.own - (steady - hidden.steady));
      hidden = null;
    }
  };
  document.addEventListener('visibilitychange', changed, { signal: stopped });
}

const NAP = 2_000;
const LONGEST_SLEEP = 4 * DAY;

function wake(till: Till, slept: number): void {
  if (slept < NAP || slept > LONGEST_SLEEP) return;
  const later = <T extends { at: number }>(clock: T | null): T | null => clock && { ...clock, at: clock.at + slept };
  till.told = { STORE: later(till.told.STORE), CLOUD: later(till.told.CLOUD) };
  const { value: clock } = till.clock;
  if (clock) till.clock.value = { ...clock, at: clock.at + slept, basis: clock.basis === 'TOLD' ? 'KEPT' : clock.basis };
}

/** The device's lines to its store service and its emergency cloud, and the members that begin each record. */
import { connectionStep, type Signal as LineSignal } from '../shop/connection';
import type { ClosingDocument, EventDocument, EventKind, Origin } from '../shop/documents';
import { modeOf } from '../shop/emergency';
import { uuid7 } from '../shop/uuid7';
import { countWaiting, recordEvent } from '../store/journal';
import { writeDevice } from '../store/rows';
import type { DeviceRow, SeriesRow } from '../store/schema';
import { API, type Clock, EMERGENCY_API, NoAnswer, Problem, Service } from '../wire/service';
import type { Trust } from '../wire/trust';
import { noteTime, readClock, type Reading, serviceTime } from './clock';
import type { Till } from './till';

/** The store's service. In an emergency its line is closed: whatever is called on it fails before anything is sent. */
export function serviceOf(till: Till, device: DeviceRow): Service {
  const { enrolment, key } = device;
  const identity = {
    url: enrolment.service.url,
    api: API,
    audience: enrolment.service.audience,
    org: enrolment.org,
    device: enrolment.device.id,
    key,
  };
  return new Service(identity, clockOf(till, 'STORE'), till.fetcher, till.storeLine.signal);
}

/** The emergency cloud; null while the device knows none. */
export function cloudOf(till: Till, device: DeviceRow | null): Service | null {
  if (!device?.emergency) return null;
  const { enrolment, key, emergency } = device;
  const identity = {
    url: emergency.url,
    api: EMERGENCY_API,
    audience: `emergency/${enrolment.chain.id}`,
    org: enrolment.org,
    device: enrolment.device.id,
    key,
  };
  return new Service(identity, clockOf(till, 'CLOUD'), till.fetcher, NEVER_CLOSED);
}

const NEVER_CLOSED = new AbortController().signal;

function clockOf(till: Till, who: 'STORE' | 'CLOUD'): Clock {
  return { now: () => serviceTime(till, who), told: (time) => noteTime(till, who, time) };
}

/** Normal days: this device is its store's. */
export function isAtStore(till: Till): boolean {
  return modeOf(till.emergency.value) === 'NORMAL';
}

/** Whoever takes this device's records now. */
export function lineOf(till: Till, device: DeviceRow): Service {
  return (isAtStore(till) ? null : cloudOf(till, device)) ?? serviceOf(till, device);
}

/**
 * The series that a sale is booked in; null while there is none. Who slept through the whole emergency with money in an
 * open sale never had an E series: that sale belongs to the series in which it began.
 */
export function seriesOf(till: Till): string | null {
  const state = till.emergency.value;
  if (state && !isAtStore(till)) {
    if (state.series === 'OPEN') return state.assignment?.series.id ?? null;
    if (state.order?.kind === 'ACTIVATE') return null;
  }
  return till.device.value?.enrolment.series.id ?? null;
}

export function trustOf(device: DeviceRow): Trust {
  const { org, chain, store } = device.enrolment;
  return { root: device.root, certificate: device.certificate, org, chain: chain.id, store: store.id };
}

export function originOf(till: Till, device: DeviceRow, id: string, { offset }: Reading): Origin {
  const { enrolment } = device;
  return {
    v: 1,
    id,
    org: enrolment.org,
    store: enrolment.store.id,
    pos: enrolment.pos.number,
    device: enrolment.device.id,
    offset_ms: offset,
    app: till.app,
  };
}

/** What a series amounts to, as its closing record says it. */
export function closingOf(till: Till, device: DeviceRow, series: SeriesRow, reason: ClosingDocument['reason']): ClosingDocument {
  const { sales, total, by_vat, by_tender, counter, prev, id, label } = series;
  const reading = readClock(till);
  return {
    ...originOf(till, device, uuid7(till.now()), reading),
    kind: 'CLOSE',
    series: id,
    label,
    reason,
    at: reading.moment,
    prev,
    last_counter: counter,
    sales,
    total,
    by_vat,
    by_tender,
  };
}

/** Keep an event in the journal. It is never worth stopping a sale for. */
export async function report(till: Till, kind: EventKind, data: EventDocument['data']): Promise<void> {
  const device = till.device.value;
  if (!device) return;
  const reading = readClock(till);
  const origin = originOf(till, device, uuid7(till.now()), reading);
  await recordEvent(till.database, device, { ...origin, kind, at: reading.moment, data });
  await refreshWaiting(till);
  till.nudge();
}

export async function refreshWaiting(till: Till): Promise<void> {
  till.waiting.value = await countWaiting(till.database);
}

export function lineSays(till: Till, signal: LineSignal): void {
  const before = till.connection.value;
  const after = connectionStep(before, signal);
  if (after.reach !== before.reach || after.revoked !== before.revoked) till.connection.value = after;
  if (after.revoked !== before.revoked) void keepRevoked(till, after.revoked);
}

async function keepRevoked(till: Till, revoked: boolean): Promise<void> {
  if (!till.device.value) return;
  const { revoked: _, ...rest } = till.device.value;
  till.device.value = revoked ? { ...rest, revoked } : rest;
  await writeDevice(till.database, till.device.value);
}

/** Learn from a failed call what the line is like. */
export function lineFailed(till: Till, error: unknown): void {
  if (error instanceof NoAnswer) lineSays(till, 'NO_ANSWER');
  else if (error instanceof Problem)
    lineSays(till, error.type === 'device-revoked' ? 'REVOKED' : error.status >= 500 ? 'NO_ANSWER' : 'ANSWERED');
}

/** The device's line to its store service, and the members that begin each record. */
import { connectionStep, type Signal as LineSignal } from '../shop/connection';
import type { EventDocument, EventKind, Origin } from '../shop/documents';
import { uuid7 } from '../shop/uuid7';
import { countWaiting, recordEvent } from '../store/journal';
import { writeDevice } from '../store/rows';
import type { DeviceRow } from '../store/schema';
import { NoAnswer, Problem, StoreService } from '../wire/service';
import type { Trust } from '../wire/trust';
import type { Till } from './till';

export function serviceOf(till: Till, device: DeviceRow): StoreService {
  const { enrolment, key } = device;
  const identity = {
    url: enrolment.service.url,
    audience: enrolment.service.audience,
    org: enrolment.org,
    device: enrolment.device.id,
    key,
  };
  const clock = {
    now: till.now,
    offset: () => till.device.value?.offset ?? null,
    measured: (offset: number) => void keepOffset(till, offset),
  };
  return new StoreService(identity, clock, till.fetcher);
}

export async function keepOffset(till: Till, offset: number): Promise<void> {
  const device = till.device.value;
  if (!device || device.offset === offset) return;
  till.device.value = { ...device, offset };
  await writeDevice(till.database, till.device.value);
}

export function trustOf(device: DeviceRow): Trust {
  return { root: device.root, certificate: device.certificate, store: device.enrolment.store.id };
}

/** The device's clock as the service would read it. */
export function correctedNow(till: Till): number {
  return till.now() + (till.device.value?.offset ?? 0);
}

export function originOf(till: Till, device: DeviceRow, id: string = uuid7(till.now())): Origin {
  const { enrolment } = device;
  return {
    v: 1,
    id,
    org: enrolment.org,
    store: enrolment.store.id,
    pos: enrolment.pos.number,
    device: enrolment.device.id,
    offset_ms: device.offset,
    app: till.app,
  };
}

/** Keep an event in the journal. It is never worth stopping a sale for. */
export async function report(till: Till, kind: EventKind, data: EventDocument['data']): Promise<void> {
  const device = till.device.value;
  if (!device) return;
  await recordEvent(till.database, device, { ...originOf(till, device), kind, at: new Date(till.now()).toISOString(), data });
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

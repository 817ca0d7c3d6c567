/** Bring the device up to what its store says is new. */
import type { EventKind } from '../shop/documents';
import { writeDevice, writePrices, writeStaffList } from '../store/rows';
import { pinEmergency } from '../wire/emergency';
import { pullEnrolment, pullPrices, pullStaff, type ServiceState } from '../wire/pull';
import type { Service } from '../wire/service';
import { Refused } from '../wire/trust';
import { noteTime, storeNow } from './clock';
import { compare, type KnownVersions, ourSeries, statePath } from './compare';
import { isAtStore, report, trustOf } from './service';
import { isBetweenSales, type Prices, type Till, type Warning } from './till';

/** The cheap poll: what is there, how late is it, and what of it do we lack? */
export async function refresh(till: Till, service: Service): Promise<void> {
  const ours = await ourSeries(till, till.device.value?.enrolment.series.id);
  const before = till.steady();
  const state = await service.json<ServiceState>(statePath(ours, knownVersions(till)));
  noteTime(till, 'STORE', state.server_time * 1000 + (till.steady() - before) / 2);
  till.minimumApp.value = state.minimum_app;
  const device = till.device.value;
  if (!device) return;
  await compare(till, ours, state.series);
  // Another version, not only a later one: what is refused as older is said, and not passed over.
  if (state.enrolment.version !== device.enrolment.version || !device.enrolmentDocument) await refreshEnrolment(till, service);
  if (state.staff.version !== (till.staff.value?.version ?? 0)) await refreshStaff(till, service);
  if (state.prices && state.prices.sha256 !== latestPrices(till)?.sha256) await refreshPrices(till, service);
}

function knownVersions(till: Till): KnownVersions {
  return {
    prices: latestPrices(till)?.version ?? 0,
    staff: till.staff.value?.version ?? 0,
    enrolment: till.device.value?.enrolment.version ?? 0,
  };
}

function latestPrices(till: Till): Prices | null {
  return till.nextPrices ?? till.prices.value;
}

async function refreshEnrolment(till: Till, service: Service): Promise<void> {
  await guarded(till, 'ENROLMENT', 'ERROR', async () => {
    const device = till.device.value!;
    await adopt(till, await pullEnrolment(service, trustOf(device), storeNow(till), device.enrolment.version));
  });
}

async function adopt(till: Till, pulled: Awaited<ReturnType<typeof pullEnrolment>>): Promise<void> {
  const { enrolment, enrolmentDocument, certificate } = pulled;
  const { emergency, refused } = await pinEmergency(enrolment, till.device.value!.root, till.device.value!.emergency);
  if (refused) await refuse(till, 'EMERGENCY', 'ERROR', refused);
  else if (till.warning.value?.what === 'EMERGENCY') till.warning.value = null;
  // What came too late: the device has left its store meanwhile, or is another one.
  const device = till.device.value;
  if (!device || !isAtStore(till) || device.enrolment.device.id !== enrolment.device.id) return;
  // The series stays the device's own: a newer enrolment changes names and addresses, not where the chain stands.
  const own = { ...enrolment, series: device.enrolment.series };
  till.device.value = { ...device, enrolment: own, enrolmentDocument, certificate, ...(emergency ? { emergency } : {}) };
  await writeDevice(till.database, till.device.value);
}

/** A key that we do not know may be the store's next one: ask the root's word for it, once, before refusing. */
async function withNextKey(till: Till, service: Service, pull: () => Promise<void>): Promise<void> {
  try {
    await pull();
  } catch (error) {
    const before = till.device.value?.certificate;
    if (!(error instanceof Refused) || error.code !== 'BAD_SIGNATURE') throw error;
    await refreshEnrolment(till, service);
    if (till.device.value?.certificate === before) throw error;
    await pull();
  }
}

async function refreshStaff(till: Till, service: Service): Promise<void> {
  await guarded(till, 'STAFF', 'STAFF_REFUSED', () => withNextKey(till, service, () => takeStaff(till, service)));
}

async function takeStaff(till: Till, service: Service): Promise<void> {
  const list = await pullStaff(service, trustOf(till.device.value!), storeNow(till), till.staff.value?.version ?? 0);
  if (!isAtStore(till)) return;
  await writeStaffList(till.database, list);
  if (isAtStore(till)) till.staff.value = list;
}

async function refreshPrices(till: Till, service: Service): Promise<void> {
  await guarded(till, 'PRICES', 'PRICES_REFUSED', () => withNextKey(till, service, () => takePrices(till, service)));
}

async function takePrices(till: Till, service: Service): Promise<void> {
  const has = latestPrices(till);
  const pulled = await pullPrices(service, trustOf(till.device.value!), storeNow(till), {
    version: has?.version ?? 0,
    sha256: has?.sha256 ?? '',
  });
  if (!pulled) return;
  const { manifest, bytes, list } = pulled;
  const row = { version: manifest.version, sha256: manifest.sha256, issuedAt: manifest.issued_at };
  if (!isAtStore(till)) return;
  list.warm();
  await writePrices(till.database, { id: 'current', ...row, bytes });
  // An order may have come while it was written: nothing is sold from the store's prices then.
  if (!isAtStore(till)) return;
  const next = { list, ...row };
  // A basket is never priced from two files.
  if (isBetweenSales(till)) till.prices.value = next;
  else till.nextPrices = next;
}

const reported = new WeakMap<Till, Set<string>>();

/** Refusals stop nothing: what the device had stays in force, the screen and the journal say what was refused, once. */
export async function guarded(till: Till, what: Warning['what'], kind: EventKind, pull: () => Promise<void>): Promise<void> {
  try {
    await pull();
    if (till.warning.value?.what === what) till.warning.value = null;
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    await refuse(till, what, kind, error);
  }
}

export async function refuse(till: Till, what: Warning['what'], kind: EventKind, error: Refused): Promise<void> {
  till.warning.value = { what, code: error.code };
  const seen = reported.get(till) ?? new Set();
  reported.set(till, seen);
  const key = `${what} ${error.code} ${error.message}`;
  if (seen.has(key)) return;
  seen.add(key);
  await report(till, kind, { code: error.code, detail: error.message.slice(0, 200) });
}

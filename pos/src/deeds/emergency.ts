/**
 * Through an emergency, one durable step after the other. An order is obeyed at once; what follows from it is decided by
 * `nextStep` alone, so a step that failed, or a device that stopped in the middle of one, simply goes on.
 */
import type { OpeningDocument } from '../shop/documents';
import { START } from '../shop/connection';
import { currentAssignment, type Emergency, hasPrices, modeOf, nextStep, noEmergency, obey, OlderOrder, type Step } from '../shop/emergency';
import { uuid7 } from '../shop/uuid7';
import { endSeries, keepPrices, leaveStore, takePlace, writeEmergency } from '../store/emergency';
import { ChainMoved } from '../store/journal';
import { readPrices, readSeries, readStaffList } from '../store/rows';
import type { DeviceRow } from '../store/schema';
import { type Addressee, type EmergencyPin, readAssignment, readEmergencyPrices, readEmergencyStaff, readOrder } from '../wire/emergency';
import { pullPriceFile, readPriceList } from '../wire/pull';
import { Problem, type Service } from '../wire/service';
import { Refused } from '../wire/trust';
import { clearDropped, holdDraft, saveDraft } from './draft';
import { finishSale } from './finish';
import { due } from './pay';
import { askReady, knownVersions } from './cloud';
import { loadStorePrices } from './prices';
import { guarded } from './refresh';
import { cloudNow, readClock } from './clock';
import { closingOf, cloudOf, isAtStore, originOf, refreshWaiting, seriesOf } from './service';
import { signOut } from './sign-in';
import { isBetweenSales, type Till } from './till';

export function addressee(device: DeviceRow): Addressee {
  const { org, chain, store, device: own } = device.enrolment;
  return { org, chain: chain.id, store: store.id, device: own.id };
}

const turns = new WeakMap<Till, Promise<unknown>>();

/** Change where the device stands: one change at a time, each from what the one before left, durable before it counts. */
export function changeEmergency(till: Till, change: (state: Emergency) => Promise<Emergency>): Promise<void> {
  const turn = (turns.get(till) ?? Promise.resolve()).then(async () => {
    const kid = till.device.value?.emergency?.root.kid;
    if (!kid) throw new Error('no emergency cloud');
    const state = till.emergency.value?.kid === kid ? till.emergency.value : noEmergency(kid);
    till.emergency.value = await change(state);
  });
  turns.set(till, turn.catch(() => undefined));
  return turn;
}

/** Take in an order. What does not convince is refused, said once and changes nothing. */
export async function takeOrder(till: Till, document: string): Promise<void> {
  await guarded(till, 'ORDER', 'ERROR', async () => {
    const device = till.device.value;
    if (!device?.emergency) return;
    const order = await readOrder(document, device.emergency, addressee(device), cloudNow(till));
    await changeEmergency(till, async (state) => {
      const after = obeyed(state, order);
      if (after === state) return state;
      if (modeOf(state) === 'NORMAL' && modeOf(after) !== 'NORMAL') return leave(till, after);
      await writeEmergency(till.database, after);
      return after;
    });
    if (isAtStore(till) && till.storeLine.signal.aborted) await returnToStore(till);
  });
}

/** Enrolled while its store was coming home: it has only waited, and has nothing to enrol again for. */
async function returnToStore(till: Till): Promise<void> {
  till.storeLine = new AbortController();
  till.connection.value = START;
  till.staff.value = (await readStaffList(till.database)) ?? null;
  await loadStorePrices(till);
  till.nudge();
}

function obeyed(state: Emergency, order: Parameters<typeof obey>[1]): Emergency {
  try {
    return obey(state, order);
  } catch (error) {
    throw error instanceof OlderOrder ? new Refused('OLDER_VERSION', error.message) : error;
  }
}

/** The device is its store's no more: every line to it is cut before anything else, the rest is one transaction. */
async function leave(till: Till, after: Emergency): Promise<Emergency> {
  till.storeLine.abort();
  // A sale that is being made durable is a fact in a moment; nothing else may begin until we are through.
  await committed(till);
  till.committing = true;
  try {
    holdDraft(till);
    // Money that was taken, or perhaps taken, is never dropped: the question stays, and so does the sale.
    const isOwed = till.payments.value.length > 0 || till.card.value !== null;
    const state = { ...after, kept: isOwed ? till.saleId : '' };
    // What the store said last of this device counts no more: it may not have been the store that said it.
    const { revoked: _, closing: __, ...device } = till.device.value!;
    await leaveStore(till.database, state, device);
    till.device.value = device;
    till.connection.value = START;
    till.prices.value = null;
    till.nextPrices = null;
    till.warning.value = null;
    performance.mark('emergency');
    if (!isOwed) clearDropped(till);
    return state;
  } finally {
    till.committing = false;
  }
}

/** A sale that is being made durable takes milliseconds; whoever must not come in between waits for it. */
async function committed(till: Till): Promise<void> {
  while (till.committing) await new Promise((done) => setTimeout(done, 5));
}

type Act = (till: Till, device: DeviceRow, pin: EmergencyPin, cloud: Service) => Promise<boolean>;

/** Each answers whether the way goes on at once. */
const ACTS: Record<Step, Act> = {
  CLOSE: close,
  ENTER: enter,
  FETCH_PRICES: fetchPrices,
  WAIT: () => Promise.resolve(false),
};

const going = new WeakMap<Till, { again: boolean }>();

/** Go as far as there is a way. Throws when a step failed: nothing is half-done, try again. */
export async function advance(till: Till): Promise<void> {
  const other = going.get(till);
  if (other) {
    other.again = true;
    return;
  }
  const me = { again: true };
  going.set(till, me);
  try {
    while (me.again) {
      me.again = false;
      try {
        while (await step(till));
      } finally {
        // Also when the next step failed: what the last one brought is used meanwhile.
        await settle(till);
      }
    }
  } finally {
    going.delete(till);
  }
}

async function step(till: Till): Promise<boolean> {
  const device = till.device.value;
  const cloud = cloudOf(till, device);
  if (!device?.emergency || !cloud) return false;
  return ACTS[nextStep(till.emergency.value)](till, device, device.emergency, cloud);
}

interface EnterAnswer {
  assignment: string;
  prices: string | null;
  staff: string | null;
}

async function enter(till: Till, device: DeviceRow, pin: EmergencyPin, cloud: Service): Promise<boolean> {
  const { order, staffVersion } = till.emergency.value!;
  if (!order) return false;
  const us = addressee(device);
  const answer = await askEnter(till, device, cloud, order.id);
  let entered = false;
  await guarded(till, 'ORDER', 'ERROR', async () => {
    const assignment = await readAssignment(answer.assignment, pin, us, device.key, order.emergency.id);
    const staff = answer.staff ? await readEmergencyStaff(answer.staff, pin, us, staffVersion) : null;
    const { id: series, label } = assignment.series;
    const reading = readClock(till);
    const origin = originOf(till, device, uuid7(till.now()), reading);
    const opening: OpeningDocument = { ...origin, kind: 'OPEN', series, label, reason: 'EMERGENCY', at: reading.moment };
    const left = await readSeries(till.database, device.enrolment.series.id);
    // Not when it was closed before: this is the second emergency without a store between.
    const closing = left?.state === 'OPEN' ? closingOf(till, device, left, 'EMERGENCY') : null;
    await changeEmergency(till, async (state) => {
      if (nextStep(state) !== 'ENTER' || state.order?.emergency.id !== order.emergency.id) return state;
      const next = { ...state, assignment, series: 'OPEN' as const, staffVersion: staff?.version ?? state.staffVersion };
      await takePlace(till.database, device, next, opening, closing, staff);
      entered = true;
      return next;
    });
  });
  if (!entered) return false;
  await refreshWaiting(till);
  if (answer.prices) await takeEmergencyPrices(till, cloud, answer.prices);
  return true;
}

/** A device that has never shown itself does so now, and asks again. */
async function askEnter(till: Till, device: DeviceRow, cloud: Service, order: string): Promise<EnterAnswer> {
  const ask = () => cloud.json<EnterAnswer>('/enter', { method: 'POST', body: { order, known: knownVersions(till) } });
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof Problem) || error.type !== 'unknown-device') throw error;
    await askReady(till, device, cloud);
    return ask();
  }
}

async function fetchPrices(till: Till, _: DeviceRow, __: EmergencyPin, cloud: Service): Promise<boolean> {
  const { prices } = await cloud.json<{ prices: string }>('/prices');
  await takeEmergencyPrices(till, cloud, prices);
  return hasPrices(till.emergency.value!);
}

/** Keep the file of a manifest by the emergency root. Bytes that this device has are not fetched again. */
export async function takeEmergencyPrices(till: Till, cloud: Service, document: string): Promise<void> {
  await guarded(till, 'EMERGENCY_PRICES', 'PRICES_REFUSED', async () => {
    const device = till.device.value;
    if (!device?.emergency) return;
    const seen = till.emergency.value?.held?.version ?? 0;
    const manifest = await readEmergencyPrices(document, device.emergency, addressee(device), cloudNow(till), seen);
    const { version, sha256, backup } = manifest;
    const issuedAt = manifest.issued_at;
    let bytes = await heldBytes(till, sha256);
    if (!bytes) {
      bytes = await pullPriceFile(cloud, manifest, isAtStore(till) ? { priority: 'low' } : {});
      // What was sold from before can be read; what is new must prove it.
      await readPriceList(bytes, manifest.articles);
    }
    const row = { id: 'emergency' as const, version, sha256, issuedAt, bytes };
    await changeEmergency(till, async (state) => {
      const wanted = currentAssignment(state)?.backup?.id;
      if (version < (state.held?.version ?? 0) || (wanted && wanted !== backup)) return state;
      const next = { ...state, held: { version, sha256, issuedAt, backup } };
      await keepPrices(till.database, next, row);
      return next;
    });
  });
}

async function heldBytes(till: Till, sha256: string): Promise<ArrayBuffer | null> {
  for (const id of ['emergency', 'current'] as const) {
    const row = await readPrices(till.database, id);
    if (row?.sha256 === sha256) return row.bytes;
  }
  return null;
}

/** Close the E series once no sale is open. A sale that nobody attends to and nobody has paid for does not hold it up. */
async function close(till: Till, device: DeviceRow): Promise<boolean> {
  await committed(till);
  const isOwed = till.payments.value.length > 0 || till.card.value !== null;
  if (!isBetweenSales(till)) {
    if (isOwed || till.member.value) return false;
    clearDropped(till);
    await saveDraft(till);
  }
  const id = till.emergency.value?.assignment?.series.id ?? '';
  const series = await readSeries(till.database, id);
  if (!series) throw new Error('no open series');
  const closing = closingOf(till, device, series, 'RELEASED');
  try {
    await changeEmergency(till, async (state) => {
      if (nextStep(state) !== 'CLOSE') return state;
      const next = { ...state, series: 'CLOSED' as const };
      await endSeries(till.database, device, next, closing);
      return next;
    });
  } catch (error) {
    // A sale came in between: its sums belong into the closing record.
    if (!(error instanceof ChainMoved)) throw error;
  }
  await refreshWaiting(till);
  return true;
}

/** Bring what the screens show in line with where the device stands. */
async function settle(till: Till): Promise<void> {
  const state = till.emergency.value;
  const mode = modeOf(state);
  if (!state || mode === 'NORMAL') return;
  if (mode === 'EMERGENCY' && currentAssignment(state)) {
    await takeStaffList(till);
    await loadEmergencyPrices(till);
  }
  // Paid for while there was no series to book it in.
  if (!till.card.value && due(till).paid && seriesOf(till)) await finishSale(till);
  if (mode === 'RECOVERED' && isBetweenSales(till)) {
    till.member.value = null;
    // The last customer's receipt is not taken from the screen; it leads there as well.
    if (till.screen.value !== 'RECEIPT') till.screen.value = 'ENROL';
  }
  till.nudge();
}

/** Who is signed in stays so if the emergency's list has her. */
async function takeStaffList(till: Till): Promise<void> {
  const list = await readStaffList(till.database, 'emergency');
  if (!list || (list.version === till.staff.value?.version && list.issued_at === till.staff.value.issued_at)) return;
  till.staff.value = list;
  const { value: member } = till.member;
  if (!member) return;
  const same = list.staff.find((one) => one.id === member.id);
  if (same) {
    till.member.value = same;
    return;
  }
  const said = till.trouble.value;
  await signOut(till);
  till.trouble.value = said;
}

export async function loadEmergencyPrices(till: Till): Promise<void> {
  const state = till.emergency.value;
  if (!state || !hasPrices(state)) return;
  const latest = till.nextPrices ?? till.prices.value;
  if (latest?.sha256 === state.held?.sha256) return;
  const row = await readPrices(till.database, 'emergency');
  if (!row) return;
  const list = await readPriceList(row.bytes);
  list.warm();
  const { version, sha256, issuedAt } = row;
  const next = { list, version, sha256, issuedAt };
  // A basket is never priced from two files.
  if (isBetweenSales(till)) till.prices.value = next;
  else till.nextPrices = next;
  performance.mark('emergency-prices-ready');
}

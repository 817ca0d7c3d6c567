/** The small tables: device, series, prices, staff, PIN counts, draft and settings. */
import { afterTry, currentCount, isBlocked, type PinCount } from '../shop/pin';
import type { ClosingDocument, StaffList } from '../shop/documents';
import type { ButikDatabase, DeviceRow, DraftRow, PricesRow, SeriesRow, Settings, StaffRow } from './schema';

const STRICT = { durability: 'strict' } as const;

export function readDevice(database: ButikDatabase): Promise<DeviceRow | undefined> {
  return database.get('device', 'device');
}

export async function writeDevice(database: ButikDatabase, device: DeviceRow): Promise<void> {
  await database.put('device', device);
}

export function readSeries(database: ButikDatabase, id: string): Promise<SeriesRow | undefined> {
  return database.get('series', id);
}

export function readPrices(database: ButikDatabase, id: PricesRow['id'] = 'current'): Promise<PricesRow | undefined> {
  return database.get('prices', id);
}

/** One put replaces the whole file: the old one stays until the new one is on disk. */
export async function writePrices(database: ButikDatabase, row: PricesRow): Promise<void> {
  const transaction = database.transaction('prices', 'readwrite', STRICT);
  void transaction.store.put(row);
  await transaction.done;
}

export async function readStaffList(database: ButikDatabase, id: StaffRow['id'] = 'current'): Promise<StaffList | undefined> {
  return (await database.get('staff', id))?.list;
}

export async function writeStaffList(database: ButikDatabase, list: StaffList): Promise<void> {
  await database.put('staff', { id: 'current', list });
}

/**
 * Count a try before it is judged, and return the count with it; null when there is none left. Strict, and read and written
 * at once: neither a plug pulled in between nor many tries at the same moment are free.
 */
export async function countPinTry(database: ButikDatabase, staff: string, pinVersion: number): Promise<PinCount | null> {
  const transaction = database.transaction('pins', 'readwrite', STRICT);
  const count = currentCount(await transaction.store.get(staff), staff, pinVersion);
  const next = isBlocked(count) ? null : afterTry(count, false);
  if (next) void transaction.store.put(next);
  await transaction.done;
  return next;
}

/** It was the right one. */
export async function clearPinTries(database: ButikDatabase, count: PinCount): Promise<void> {
  const transaction = database.transaction('pins', 'readwrite', STRICT);
  void transaction.store.put(afterTry(count, true));
  await transaction.done;
}

/** Whether the store still has to hear that a PIN is blocked; the event that says so is in the journal before `noteTold`. */
export async function isUntold(database: ButikDatabase, staff: string): Promise<boolean> {
  const count = await database.get('pins', staff);
  return count !== undefined && isBlocked(count) && !count.told;
}

export async function noteTold(database: ButikDatabase, staff: string): Promise<void> {
  const transaction = database.transaction('pins', 'readwrite', STRICT);
  const count = await transaction.store.get(staff);
  if (count) void transaction.store.put({ ...count, told: true });
  await transaction.done;
}

export function readDraft(database: ButikDatabase): Promise<DraftRow | undefined> {
  return database.get('draft', 'current');
}

/** Strict once money is involved: a charge must be known before it is asked for. */
export async function writeDraft(database: ButikDatabase, draft: DraftRow | null, strict: boolean): Promise<void> {
  const transaction = database.transaction('draft', 'readwrite', strict ? STRICT : { durability: 'relaxed' });
  void (draft ? transaction.store.put(draft) : transaction.store.delete('current'));
  await transaction.done;
}

export function readSettings(database: ButikDatabase): Promise<Settings | undefined> {
  return database.get('settings', 'settings');
}

export async function writeSettings(database: ButikDatabase, settings: Settings): Promise<void> {
  await database.put('settings', settings, 'settings');
}

/**
 * Keep a closing record with the device, if it still says the truth: its series has not moved and nothing waits. Raises
 * StillWaiting.
 */
export async function keepClosing(database: ButikDatabase, device: DeviceRow, said: ClosingDocument): Promise<void> {
  const transaction = database.transaction(['device', 'series', 'journal'], 'readwrite', STRICT);
  const series = await transaction.objectStore('series').get(said.series);
  const waits = await transaction.objectStore('journal').index('waiting').count();
  if (waits || series?.state !== 'OPEN' || series.counter !== said.last_counter || series.prev !== said.prev) {
    transaction.abort();
    await transaction.done.catch(() => undefined);
    throw new StillWaiting();
  }
  void transaction.objectStore('device').put(device);
  await transaction.done;
}

/** Something waits that nobody else has: the device may not be emptied. */
export class StillWaiting extends Error {
  override name = 'StillWaiting';
}

/** Make the device new again, but for its settings. Refused in the same transaction while anything waits. */
export async function wipe(database: ButikDatabase): Promise<void> {
  const names = ['device', 'series', 'journal', 'prices', 'staff', 'pins', 'draft', 'emergency'] as const;
  const transaction = database.transaction([...names], 'readwrite', STRICT);
  if ((await transaction.objectStore('journal').index('waiting').count()) > 0) {
    transaction.abort();
    await transaction.done.catch(() => undefined);
    throw new StillWaiting();
  }
  for (const name of names) void transaction.objectStore(name).clear();
  await transaction.done;
}

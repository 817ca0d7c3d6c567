/** The small tables: device, series, prices, staff, PIN counts, draft and settings. */
import type { PinCount } from '../shop/pin';
import type { StaffList } from '../shop/documents';
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

export function readPinCount(database: ButikDatabase, staff: string): Promise<PinCount | undefined> {
  return database.get('pins', staff);
}

/** Strict: pulling the plug must not give ten more tries. */
export async function writePinCount(database: ButikDatabase, count: PinCount): Promise<void> {
  const transaction = database.transaction('pins', 'readwrite', STRICT);
  void transaction.store.put(count);
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

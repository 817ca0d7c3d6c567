/** The durable steps through an emergency. Each is one strict transaction; what comes after it starts from what it wrote. */
import type { IDBPTransaction, StoreNames } from 'idb';
import type { ClosingDocument, OpeningDocument, StaffList } from '../shop/documents';
import type { Emergency } from '../shop/emergency';
import { documentHash } from '../wire/jws';
import { beginSeries, ChainMoved, closeSeries } from './journal';
import type { ButikDatabase, ButikSchema, DeviceRow, EmergencyRow, JournalRow, PricesRow } from './schema';

const STRICT = { durability: 'strict' } as const;

function rowOf(state: Emergency): EmergencyRow {
  return { ...state, id: 'emergency' };
}

export async function readEmergency(database: ButikDatabase): Promise<Emergency | null> {
  const row = await database.get('emergency', 'emergency');
  if (!row) return null;
  const { id: _, ...state } = row;
  return state;
}

export async function writeEmergency(database: ButikDatabase, state: Emergency): Promise<void> {
  const transaction = database.transaction('emergency', 'readwrite', STRICT);
  void transaction.store.put(rowOf(state));
  await transaction.done;
}

/** Obey an order: from here on the device is its store's no more. A sale that nobody has paid for ends with it. */
export async function leaveStore(database: ButikDatabase, state: Emergency, device: DeviceRow): Promise<void> {
  const transaction = database.transaction(['emergency', 'device', 'draft'], 'readwrite', STRICT);
  void transaction.objectStore('emergency').put(rowOf(state));
  void transaction.objectStore('device').put(device);
  if (!state.kept) void transaction.objectStore('draft').delete('current');
  await transaction.done;
}

/**
 * Take the place that was assigned: its staff, its series and the record that opens it, and the end of the store's series,
 * at once. The store's is sold in no more, whatever becomes of the emergency: who comes home gets the next one.
 */
export async function takePlace(
  database: ButikDatabase,
  device: DeviceRow,
  state: Emergency,
  opening: OpeningDocument,
  closing: ClosingDocument | null,
  staff: StaffList | null,
): Promise<void> {
  const { series, record } = await beginSeries(device, opening);
  const end = closing ? await signedClosing(device, closing) : null;
  const transaction = database.transaction(['emergency', 'series', 'journal', 'staff'], 'readwrite', STRICT);
  if (closing && end) await close(transaction, closing, end);
  void transaction.objectStore('emergency').put(rowOf(state));
  void transaction.objectStore('series').put(series);
  void transaction.objectStore('journal').add(record);
  void (staff ? transaction.objectStore('staff').put({ id: 'emergency', list: staff }) : transaction.objectStore('staff').delete('emergency'));
  await transaction.done;
}

/** Keep the emergency cloud's price file beside the store's own. */
export async function keepPrices(database: ButikDatabase, state: Emergency, row: PricesRow): Promise<void> {
  const transaction = database.transaction(['emergency', 'prices'], 'readwrite', STRICT);
  void transaction.objectStore('emergency').put(rowOf(state));
  void transaction.objectStore('prices').put(row);
  await transaction.done;
}

/** Close the series: nothing can be sold in it any more, and the closing record waits with the rest. */
export async function endSeries(
  database: ButikDatabase,
  device: DeviceRow,
  state: Emergency,
  closing: ClosingDocument,
): Promise<void> {
  const end = await signedClosing(device, closing);
  const transaction = database.transaction(['emergency', 'series', 'journal'], 'readwrite', STRICT);
  await close(transaction, closing, end);
  void transaction.objectStore('emergency').put(rowOf(state));
  await transaction.done;
}

async function signedClosing(device: DeviceRow, closing: ClosingDocument): Promise<JournalRow> {
  const document = await closeSeries(device, closing);
  return { id: closing.id, kind: 'SERIES', document, hash: await documentHash(document), waiting: 1 };
}

/** One that holds both at least. */
type Closing = Pick<IDBPTransaction<ButikSchema, StoreNames<ButikSchema>[], 'readwrite'>, 'objectStore' | 'abort' | 'done'>;

/** Close a series inside a transaction, which ends with ChainMoved when the series has moved since it was read. */
async function close(transaction: Closing, closing: ClosingDocument, end: JournalRow): Promise<void> {
  const series = await transaction.objectStore('series').get(closing.series);
  if (!series || series.state !== 'OPEN' || series.counter !== closing.last_counter || series.prev !== closing.prev) {
    transaction.abort();
    await transaction.done.catch(() => undefined);
    throw new ChainMoved();
  }
  void transaction.objectStore('series').put({ ...series, state: 'CLOSED' });
  void transaction.objectStore('journal').add(end);
}

/**
 * Come home: the same device under a new name, with its first series. Who it was is kept while anything waits that it has
 * signed. The store's prices and staff go: the store was rebuilt, and counts its versions anew under another key.
 */
export async function comeHome(
  database: ButikDatabase,
  device: DeviceRow,
  former: DeviceRow,
  state: Emergency | null,
  opening: OpeningDocument,
): Promise<void> {
  const { series, record } = await beginSeries(device, opening);
  const names = ['device', 'series', 'journal', 'emergency', 'prices', 'staff', 'draft'] as const;
  const transaction = database.transaction([...names], 'readwrite', STRICT);
  const waits = await transaction.objectStore('journal').index('waiting').count();
  const devices = transaction.objectStore('device');
  // One identity before the last is enough: what waits longer than two emergencies is carried out by a file.
  if (waits) void devices.put({ ...former, id: 'former' });
  void devices.put(device);
  // What was sold in the emergency is in the recovered store and proven there: it need not be kept for it.
  const all = await transaction.objectStore('series').getAll();
  for (const each of all) if (each.label.startsWith('E')) void transaction.objectStore('series').put({ ...each, passedOn: each.counter });
  void transaction.objectStore('series').put(series);
  void transaction.objectStore('journal').add(record);
  void transaction.objectStore('prices').delete('current');
  void transaction.objectStore('staff').delete('current');
  void transaction.objectStore('draft').delete('current');
  if (state) void transaction.objectStore('emergency').put(rowOf(state));
  await transaction.done;
}

export function readFormer(database: ButikDatabase): Promise<DeviceRow | undefined> {
  return database.get('device', 'former');
}

export async function forgetFormer(database: ButikDatabase): Promise<void> {
  await database.delete('device', 'former');
}

/** The journal and outbox: what the device has signed, in order, until the service has it. */
import type { ButikDatabase, DeviceRow, JournalRow, SeriesRow } from './schema';
import type { ClosingDocument, EventDocument, OpeningDocument, SaleDocument } from '../shop/documents';
import { documentHash, openDocument, payloadOf, signDocument } from '../wire/jws';
import { KEEP_FOR_STORE, KEEP_SENT, MAX_EVENT_TEXT } from '../shop/bounds';
import { requireReadable, unreadableEvent, unreadableSale, unreadableSeries } from '../shop/check';
import { receiptNumber } from '../shop/receipt';
import { cutText } from '../shop/texts';

/** The chain moved under us: another tab sold meanwhile. Nothing was written. */
export class ChainMoved extends Error {
  override name = 'ChainMoved';
}

const STRICT = { durability: 'strict' } as const;

export interface Opened {
  series: SeriesRow;
  record: JournalRow;
}

/** A series at its beginning, with the record that opens it. Signing cannot happen inside a transaction, so it is done before. */
export async function beginSeries(device: DeviceRow, opening: OpeningDocument): Promise<Opened> {
  requireReadable(unreadableSeries(opening));
  const document = await signDocument(device.key, 'butik-series', opening);
  const hash = await documentHash(document);
  const series: SeriesRow = {
    id: opening.series,
    label: opening.label,
    counter: 0,
    prev: hash,
    state: 'OPEN',
    session: 0,
    businessDate: '',
    sales: 0,
    total: 0,
    by_vat: [],
    by_tender: [],
  };
  return { series, record: { id: opening.id, kind: 'SERIES', document, hash, waiting: 1 } };
}

/** Write the device, its series and the opening record at once: there is no half-enrolled device. */
export async function openSeries(database: ButikDatabase, device: DeviceRow, opening: OpeningDocument): Promise<void> {
  const { series, record } = await beginSeries(device, opening);
  const transaction = database.transaction(['device', 'series', 'journal'], 'readwrite', STRICT);
  void transaction.objectStore('device').put(device);
  void transaction.objectStore('series').put(series);
  void transaction.objectStore('journal').add(record);
  await transaction.done;
}

export interface Signed {
  document: string;
  hash: string;
  number: string;
}

/**
 * Sign a sale and make it durable. Signing cannot happen inside a transaction (it would close meanwhile), so the sale is
 * signed for the place in the chain that was read, and written only if the chain still stands there: record, counter,
 * hash, sums and the end of the draft in one strict transaction. When this returns, the sale is a fact.
 */
export async function commitSale(database: ButikDatabase, device: DeviceRow, sale: SaleDocument, store: number): Promise<Signed> {
  requireReadable(unreadableSale(sale));
  const document = await signDocument(device.key, 'butik-sale', sale);
  const hash = await documentHash(document);
  const number = receiptNumber(store, sale.pos, sale.label, sale.counter);
  const transaction = database.transaction(['series', 'journal', 'draft'], 'readwrite', STRICT);
  const series = await transaction.objectStore('series').get(sale.series);
  if (!series || series.state !== 'OPEN' || series.counter + 1 !== sale.counter || series.prev !== sale.prev) {
    transaction.abort();
    await transaction.done.catch(() => undefined);
    throw new ChainMoved();
  }
  void transaction.objectStore('journal').add({ id: sale.id, kind: 'SALE', document, hash, number, waiting: 1, waitingSale: 1 });
  void transaction.objectStore('series').put(afterSale(series, sale, hash));
  void transaction.objectStore('draft').delete('current');
  await transaction.done;
  return { document, hash, number };
}

/** The series after a sale: what its closing record will say. */
export function afterSale(series: SeriesRow, sale: SaleDocument, hash: string): SeriesRow {
  const vat = new Map(series.by_vat.map((sum) => [sum.rate, { ...sum }]));
  for (const { rate, gross, vat: amount } of sale.vat) {
    const sum = vat.get(rate) ?? { rate, gross: 0, vat: 0 };
    vat.set(rate, { rate, gross: sum.gross + gross, vat: sum.vat + amount });
  }
  const tenders = new Map(series.by_tender.map((sum) => [sum.tender, sum.amount]));
  for (const { tender, amount } of sale.payments) tenders.set(tender, (tenders.get(tender) ?? 0) + amount);
  return {
    ...series,
    counter: sale.counter,
    prev: hash,
    session: sale.session,
    businessDate: sale.business_date,
    sales: series.sales + 1,
    total: series.total + sale.total,
    by_vat: [...vat.values()].sort((a, b) => b.rate - a.rate),
    by_tender: [...tenders].map(([tender, amount]) => ({ tender, amount })).sort((a, b) => a.tender.localeCompare(b.tender)),
  };
}

export async function recordEvent(database: ButikDatabase, device: DeviceRow, event: EventDocument): Promise<void> {
  const data = Object.entries(event.data).map(([key, value]) => [key, typeof value === 'string' ? cutText(value, MAX_EVENT_TEXT) : value]);
  const readable = { ...event, data: Object.fromEntries(data) as EventDocument['data'] };
  requireReadable(unreadableEvent(readable));
  const document = await signDocument(device.key, 'butik-event', readable);
  const hash = await documentHash(document);
  await database.add('journal', { id: event.id, kind: 'EVENT', document, hash, waiting: 1 });
}

/** Sign a closing record. That of an unpaired device is not queued: it travels with the call that unpairs it. */
export async function closeSeries(device: DeviceRow, closing: ClosingDocument): Promise<string> {
  requireReadable(unreadableSeries(closing));
  return signDocument(device.key, 'butik-series', closing);
}

/** What the service does not have yet, oldest first. */
export function waiting(database: ButikDatabase, limit?: number): Promise<JournalRow[]> {
  return database.getAllFromIndex('journal', 'waiting', 1, limit);
}

export interface Waiting {
  records: number;
  sales: number;
}

export async function countWaiting(database: ButikDatabase): Promise<Waiting> {
  const transaction = database.transaction('journal');
  const [records, sales] = await Promise.all([transaction.store.index('waiting').count(), transaction.store.index('waitingSale').count()]);
  return { records, sales };
}

export interface Result {
  hash: string;
  outcome: 'BOOKED' | 'KNOWN' | 'QUARANTINED';
  reason: string;
}

/** The service has stored these: take them from the outbox. Matched by hash, so a strange answer frees nothing. */
export async function settle(database: ButikDatabase, rows: readonly JournalRow[], results: readonly Result[]): Promise<number> {
  const byHash = new Map(results.map((result) => [result.hash, result]));
  const transaction = database.transaction('journal', 'readwrite', STRICT);
  let settled = 0;
  for (const row of rows) {
    const result = byHash.get(row.hash);
    if (!result) continue;
    settled++;
    if (row.kind === 'EVENT') {
      void transaction.store.delete(row.seq!);
      continue;
    }
    const { waiting: _, waitingSale: __, reason: ___, ...rest } = row;
    void transaction.store.put({ ...rest, outcome: result.outcome, ...(result.reason ? { reason: result.reason } : {}) });
  }
  await transaction.done;
  return settled;
}

/** Say why records wait; shown in the list of unsent sales. */
export async function noteReason(database: ButikDatabase, rows: readonly JournalRow[], reason: string): Promise<void> {
  const transaction = database.transaction('journal', 'readwrite');
  for (const row of rows) {
    const current = await transaction.store.get(row.seq!);
    if (current?.waiting) void transaction.store.put({ ...current, reason });
  }
  await transaction.done;
}

/** The device's own sales, newest first. */
export async function ownSales(database: ButikDatabase, limit: number): Promise<JournalRow[]> {
  const rows: JournalRow[] = [];
  let cursor = await database.transaction('journal').store.openCursor(null, 'prev');
  while (cursor && rows.length < limit) {
    if (cursor.value.kind === 'SALE') rows.push(cursor.value);
    cursor = await cursor.continue();
  }
  return rows;
}

/** Where a record stands in its series; null for what stands in none. */
function placeOf(row: JournalRow): { series: string; counter: number } | null {
  if (row.kind === 'EVENT') return null;
  const type = row.kind === 'SALE' ? 'butik-sale' : 'butik-series';
  const said = payloadOf<SaleDocument | OpeningDocument | ClosingDocument>(openDocument(row.document, type));
  if ('lines' in said) return { series: said.series, counter: said.counter };
  // A closing record comes behind all its sales.
  return { series: said.series, counter: said.kind === 'OPEN' ? 0 : Infinity };
}

/** The highest counter of a series up to which the service has said that it has everything. */
export async function settledUpTo(database: ButikDatabase, series: SeriesRow): Promise<number> {
  let cursor = await database.transaction('journal').store.index('waitingSale').openCursor();
  while (cursor) {
    const place = placeOf(cursor.value);
    if (place?.series === series.id) return place.counter - 1;
    cursor = await cursor.continue();
  }
  return series.counter;
}

/**
 * The service has lost what it said it had: what this device keeps of the series behind `counter` waits again, in the
 * order in which it was signed. Returns how many sales that are.
 */
export async function sendAgain(database: ButikDatabase, series: string, counter: number): Promise<number> {
  const transaction = database.transaction('journal', 'readwrite', STRICT);
  let sales = 0;
  for (let cursor = await transaction.store.openCursor(); cursor; cursor = await cursor.continue()) {
    const row = cursor.value;
    const place = row.waiting ? null : placeOf(row);
    if (place?.series !== series || place.counter <= counter) continue;
    void cursor.update({ ...row, waiting: 1, ...(row.kind === 'SALE' ? { waitingSale: 1 as const } : {}) });
    if (row.kind === 'SALE') sales++;
  }
  await transaction.done;
  return sales;
}

export async function notePassedOn(database: ButikDatabase, id: string, passedOn: number): Promise<void> {
  const transaction = database.transaction('series', 'readwrite', STRICT);
  const series = await transaction.store.get(id);
  if (series && series.passedOn !== passedOn) void transaction.store.put({ ...series, passedOn });
  await transaction.done;
}

/**
 * Forget the oldest sent records beyond `keep`, if the chain has them too; beyond `keepForStore` those that only the
 * store has. Never by their age: clocks lie.
 */
export async function prune(database: ButikDatabase, keep = KEEP_SENT, keepForStore = KEEP_FOR_STORE): Promise<number> {
  const transaction = database.transaction(['journal', 'series'], 'readwrite', STRICT);
  const passedOn = new Map((await transaction.objectStore('series').getAll()).map((series) => [series.id, series.passedOn ?? 0]));
  const journal = transaction.objectStore('journal');
  let count = await journal.count();
  let removed = 0;
  let cursor = count > keep ? await journal.openCursor() : null;
  while (cursor && count > keep) {
    const row = cursor.value;
    const place = row.waiting ? null : placeOf(row);
    const isElsewhere = !place || place.counter <= (passedOn.get(place.series) ?? 0);
    if (!row.waiting && (isElsewhere || count > keepForStore)) {
      void cursor.delete();
      removed++;
      count--;
    } else if (!row.waiting && count <= keepForStore) break; // what follows in the series is not at the chain either
    cursor = await cursor.continue();
  }
  await transaction.done;
  return removed;
}

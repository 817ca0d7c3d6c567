/** The device's one database. Each version is a step from the one before; unsent records survive every step. */
import type { DBSchema, IDBPDatabase, IDBPTransaction, StoreNames } from 'idb';
import type { Basket } from '../shop/basket';
import type { Enrolment, Payment, SeriesSums, StaffList } from '../shop/documents';
import type { CardPayment } from '../shop/payment';
import type { Emergency } from '../shop/emergency';
import type { PinCount } from '../shop/pin';
import type { EmergencyPin } from '../wire/emergency';
import type { DeviceKey } from '../wire/jws';
import type { Root } from '../wire/trust';

export const DATABASE = 'butik';
export const VERSION = 3;

/** Who this device is. FORMER is who it was at its store before an emergency, until all that it signed then has been sent. */
export interface DeviceRow {
  id: 'device' | 'former';
  key: DeviceKey;
  root: Root;
  certificate: string;
  enrolment: Enrolment;
  /** As the store signed it, to be shown to the emergency cloud; a device of an older app fetches it again. */
  enrolmentDocument?: string;
  /** The emergency cloud, pinned. */
  emergency?: EmergencyPin;
  /** What the service's clock was last ahead of this device's. */
  offset: number | null;
  /** The last moment at the store that is beyond doubt: a service told it, or it was counted from there. */
  toldAt?: number;
  /** The store has shut this device out. Kept, so that a restart without a line does not open it again. */
  revoked?: true;
  /** Its closing record is on its way: no more sales, and the same record is sent until the store has it. */
  closing?: string;
}

/** A series and where its chain stands. */
export interface SeriesRow extends SeriesSums {
  id: string;
  label: string;
  counter: number;
  prev: string;
  state: 'OPEN' | 'CLOSED';
  session: number;
  businessDate: string;
  /** Up to which counter the chain has it too, as the store last said. */
  passedOn?: number;
}

/** One signed record. `waiting` is there only until the service has stored it: the indexes hold the outbox alone. */
export interface JournalRow {
  seq?: number;
  id: string;
  kind: 'SALE' | 'SERIES' | 'EVENT';
  document: string;
  hash: string;
  /** Receipt number, for sales. */
  number?: string;
  waiting?: 1;
  waitingSale?: 1;
  outcome?: 'BOOKED' | 'KNOWN' | 'QUARANTINED';
  /** Why it waits, or why the service set it aside. */
  reason?: string;
}

/** The price file as it came, gzip and all: it is unpacked at each start. */
export interface PricesRow {
  /** The store's own, and beside it the emergency cloud's. */
  id: 'current' | 'emergency';
  version: number;
  sha256: string;
  issuedAt: string;
  bytes: ArrayBuffer;
}

export interface StaffRow {
  id: 'current' | 'emergency';
  list: StaffList;
}

export interface EmergencyRow extends Emergency {
  id: 'emergency';
}

/** The sale that is being built, so that a restart loses nothing; with the payments already taken. */
export interface DraftRow {
  id: 'current';
  sale: string;
  staff: string;
  basket: Basket;
  payments: Payment[];
  card: CardPayment | null;
  paying: boolean;
}

export interface Settings {
  language: 'da' | 'en';
  theme: 'system' | 'light' | 'dark';
  muted: boolean;
}

export interface ButikSchema extends DBSchema {
  device: { key: string; value: DeviceRow };
  series: { key: string; value: SeriesRow };
  journal: { key: number; value: JournalRow; indexes: { waiting: number; waitingSale: number; id: string; number: string } };
  prices: { key: string; value: PricesRow };
  staff: { key: string; value: StaffRow };
  pins: { key: string; value: PinCount };
  draft: { key: string; value: DraftRow };
  emergency: { key: string; value: EmergencyRow };
  settings: { key: string; value: Settings };
}

export type ButikDatabase = IDBPDatabase<ButikSchema>;
type Upgrade = IDBPTransaction<ButikSchema, StoreNames<ButikSchema>[], 'versionchange'>;

/** Step n of this list leads to version n + 1. A step that has shipped is never changed. */
export const STEPS: ((database: ButikDatabase, transaction: Upgrade) => void)[] = [
  (database) => {
    for (const name of ['device', 'series', 'prices', 'staff', 'draft'] as const) database.createObjectStore(name, { keyPath: 'id' });
    database.createObjectStore('pins', { keyPath: 'staff' });
    database.createObjectStore('settings');
    const journal = database.createObjectStore('journal', { keyPath: 'seq', autoIncrement: true });
    journal.createIndex('waiting', 'waiting');
    journal.createIndex('waitingSale', 'waitingSale');
    journal.createIndex('id', 'id', { unique: true });
  },
  // Receipts are looked up by their number.
  (_, transaction) => {
    transaction.objectStore('journal').createIndex('number', 'number');
  },
  // How far the device has come in an emergency.
  (database) => {
    database.createObjectStore('emergency', { keyPath: 'id' });
  },
];

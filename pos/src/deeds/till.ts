/** The till: what the device knows right now. Deeds change it, screens show it. */
import { Unreadable } from '../shop/check';
import { type Signal, signal } from '@preact/signals';
import type { Anchor, StoreClock } from '../shop/clock';
import { type Basket, EMPTY_BASKET, type Refusal } from '../shop/basket';
import { type Connection, START } from '../shop/connection';
import type { Payment, StaffList, StaffMember, Unit } from '../shop/documents';
import { type Emergency, modeOf, type Standstill } from '../shop/emergency';
import type { CardPayment } from '../shop/payment';
import type { PriceList } from '../shop/price-list';
import type { Receipt } from '../shop/receipt';
import type { ButikDatabase, DeviceRow, Settings } from '../store/schema';
import type { RefusalCode } from '../wire/trust';

export type Screen = 'ENROL' | 'SIGN_IN' | 'SALE' | 'PAY' | 'RECEIPT' | 'RECEIPTS' | 'UNSENT' | 'SETTINGS';

/** What stands in the information line until it is cleared. */
export type Trouble =
  | Refusal
  | { kind: 'NO_PRICES' }
  | { kind: 'REVOKED' }
  | { kind: 'CLOSING' }
  | { kind: 'CARD_DECLINED' }
  | { kind: 'BAD_AMOUNT' }
  | { kind: 'PART_PAID' }
  | { kind: 'SALE_DROPPED'; lines: number }
  | { kind: 'SALE_KEPT' }
  | { kind: 'SALE_WAITS' }
  | { kind: 'STANDSTILL'; why: Standstill }
  | { kind: 'DISK_FULL' }
  | { kind: 'UNREADABLE'; what: string }
  | { kind: 'FAILED'; detail: string };

/** What the assistant must answer before the scan goes on. */
export type Question =
  | { kind: 'AGE'; years: number; text: string; scan: Scanned }
  | { kind: 'WEIGHT'; text: string; unit: Unit; scan: Scanned }
  /** So much cash is rarely handed over: a slip, or a code that was keyed as an amount. `code`: it may be this one. */
  | { kind: 'CASH'; tendered: number; change: number; code: string | null }
  | { kind: 'CLOCK'; guess: number; isAhead: boolean }
  | { kind: 'CANCEL_SALE' };

/** A code as it was scanned or keyed, with the thousandths that were keyed before it. */
export interface Scanned {
  code: string;
  byPlace: string;
  quantity: number | null;
  /** Thousandths that the assistant gave when asked. */
  weighed?: number;
}

/** A document that was refused; the old one is still in force. */
export interface Warning {
  what: 'PRICES' | 'STAFF' | 'ENROLMENT' | 'EMERGENCY' | 'ORDER' | 'EMERGENCY_PRICES';
  code: RefusalCode;
}

export interface Prices {
  list: PriceList;
  version: number;
  sha256: string;
  issuedAt: string;
}

export type Unready = 'NOT_ASKED' | 'UNREACHABLE' | 'TURNED_AWAY' | 'NO_BACKUP' | 'REFUSED';

export interface Till {
  database: ButikDatabase;
  fetcher: typeof fetch;
  /** The device's own clock: it may say anything, at any moment. */
  now: () => number;
  /** Counts milliseconds since some moment; nobody can set it, and a restart begins anew. */
  steady: () => number;
  app: string;
  settings: Signal<Settings>;
  screen: Signal<Screen>;
  device: Signal<DeviceRow | null>;
  staff: Signal<StaffList | null>;
  member: Signal<StaffMember | null>;
  prices: Signal<Prices | null>;
  /** Came while a sale was open; swapped in when it is done. */
  nextPrices: Prices | null;
  connection: Signal<Connection>;
  /** Aborted by an order of the emergency cloud: from then on nothing reaches the store. */
  storeLine: AbortController;
  /** Where this device stands in an emergency; null while it has never heard of an emergency cloud. */
  emergency: Signal<Emergency | null>;
  /** Why this device would not be ready for an emergency; null when it would. */
  unready: Signal<Unready | null>;
  /** What each service last said of the time, and when: for proofs. */
  told: { STORE: Anchor | null; CLOUD: Anchor | null };
  /** The time at the store; null while this browser is no device. */
  clock: Signal<StoreClock | null>;
  /** What a service says of the time that cannot be right; its receipts and days do not follow it. */
  serviceClockWrong: Signal<number | null>;
  waiting: Signal<{ records: number; sales: number }>;
  warning: Signal<Warning | null>;
  /** A newer app lies ready. */
  update: Signal<(() => void) | null>;
  minimumApp: Signal<string>;

  saleId: string;
  basket: Signal<Basket>;
  payments: Signal<Payment[]>;
  card: Signal<CardPayment | null>;
  entry: Signal<string>;
  /** Keys that may be a scanner's, not taken in yet. */
  incoming: Signal<string>;
  /** A code came where none makes sense. */
  stray: Signal<boolean>;
  /** What lies over the sale screen. */
  sheet: Signal<'SEARCH' | 'MENU' | null>;
  /** Thousandths that the next scan stands for. */
  quantity: Signal<number | null>;
  selected: Signal<number | null>;
  trouble: Signal<Trouble | null>;
  question: Signal<Question | null>;
  receipt: Signal<Receipt | null>;
  /** A sale is being made durable: nothing else may begin. What is scanned meanwhile is rung up after it. */
  committing: boolean;
  next: Scanned[];
  /** Called after each sale and whenever there is something to send. */
  nudge: () => void;
}

/** Until a store says otherwise. */
export const DEFAULT_SETTINGS: Settings = {
  language: globalThis.navigator?.language?.startsWith('da') ? 'da' : 'en',
  theme: 'system',
  muted: false,
};

export function newTill(
  database: ButikDatabase,
  fetcher: typeof fetch,
  app: string,
  now: () => number = () => Date.now(),
  steady: () => number = () => performance.now(),
): Till {
  return {
    database,
    fetcher,
    now,
    steady,
    app,
    settings: signal(DEFAULT_SETTINGS),
    screen: signal<Screen>('ENROL'),
    device: signal<DeviceRow | null>(null),
    staff: signal<StaffList | null>(null),
    member: signal<StaffMember | null>(null),
    prices: signal<Prices | null>(null),
    nextPrices: null,
    connection: signal(START),
    storeLine: new AbortController(),
    emergency: signal<Emergency | null>(null),
    unready: signal<Unready | null>('NOT_ASKED'),
    told: { STORE: null, CLOUD: null },
    clock: signal<StoreClock | null>(null),
    serviceClockWrong: signal<number | null>(null),
    waiting: signal({ records: 0, sales: 0 }),
    warning: signal<Warning | null>(null),
    update: signal<(() => void) | null>(null),
    minimumApp: signal(''),
    saleId: '',
    basket: signal(EMPTY_BASKET),
    payments: signal<Payment[]>([]),
    card: signal<CardPayment | null>(null),
    entry: signal(''),
    incoming: signal(''),
    stray: signal(false),
    sheet: signal<Till['sheet']['value']>(null),
    quantity: signal<number | null>(null),
    selected: signal<number | null>(null),
    trouble: signal<Trouble | null>(null),
    question: signal<Question | null>(null),
    receipt: signal<Receipt | null>(null),
    committing: false,
    next: [],
    nudge: () => undefined,
  };
}

/** What a failed write means to the assistant. */
export function troubleOf(error: unknown): Trouble {
  if (error instanceof DOMException && error.name === 'QuotaExceededError') return { kind: 'DISK_FULL' };
  if (error instanceof Unreadable) return { kind: 'UNREADABLE', what: error.message };
  return { kind: 'FAILED', detail: error instanceof Error ? error.message : String(error) };
}

/** No goods in the basket and no money taken: what may only happen between two sales may happen now. */
export function isBetweenSales(till: Till): boolean {
  return till.basket.value.lines.length === 0 && till.payments.value.length === 0 && till.card.value === null;
}

/** The open sale was priced at the store and money was taken for it when the device switched: it is finished as it is. */
export function isKept(till: Till): boolean {
  const kept = till.emergency.value?.kept;
  return Boolean(kept) && kept === till.saleId;
}

/** Where a screen beside selling leads back to. */
export function homeScreen(till: Till): Screen {
  if (!till.device.value || (modeOf(till.emergency.value) === 'RECOVERED' && isBetweenSales(till))) return 'ENROL';
  return till.member.value ? 'SALE' : 'SIGN_IN';
}

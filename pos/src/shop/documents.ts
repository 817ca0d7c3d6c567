/** The signed documents as docs/formats/ lays them down, decoded. */

export type Unit = 'PCS' | 'KG' | 'G' | 'L' | 'ML' | 'M';
export type Tender = 'CASH' | 'CARD';

export interface SaleLine {
  n: number;
  number: string;
  text: string;
  barcode: string;
  quantity: number;
  unit: Unit;
  unit_price: number;
  amount: number;
  vat_rate: number;
  vat: number;
  version: number;
  linked_to: number | null;
}

export interface VatSum {
  rate: number;
  gross: number;
  vat: number;
}

export interface Payment {
  id: string;
  tender: Tender;
  amount: number;
  tendered: number;
  change: number;
  reference: string;
}

/** Where a record comes from: the first members of everything that a device signs. */
export interface Origin {
  v: 1;
  id: string;
  org: string;
  store: string;
  pos: number;
  device: string;
  offset_ms: number | null;
  app: string;
}

export interface SaleDocument extends Origin {
  series: string;
  label: string;
  counter: number;
  prev: string;
  session: number;
  business_date: string;
  staff: string;
  staff_number: string;
  started_at: string;
  completed_at: string;
  currency: string;
  lines: SaleLine[];
  vat: VatSum[];
  total: number;
  rounding: number;
  payments: Payment[];
}

export interface SeriesSums {
  sales: number;
  total: number;
  by_vat: VatSum[];
  by_tender: { tender: Tender; amount: number }[];
}

export interface OpeningDocument extends Origin {
  kind: 'OPEN';
  series: string;
  label: string;
  reason: 'ENROLMENT' | 'EMERGENCY';
  at: string;
}

export interface ClosingDocument extends Origin, SeriesSums {
  kind: 'CLOSE';
  series: string;
  label: string;
  reason: 'UNPAIRED' | 'EMERGENCY' | 'RELEASED';
  at: string;
  prev: string;
  last_counter: number;
}

export type EventKind =
  'PIN_BLOCKED' | 'PRICES_REFUSED' | 'STAFF_REFUSED' | 'SIGNED_IN' | 'SIGNED_OUT' | 'STORAGE_NOT_PERSISTENT' | 'ERROR';

export interface EventDocument extends Origin {
  kind: EventKind;
  at: string;
  data: Record<string, string | number>;
}

export interface Certificate {
  v: 1;
  org: string;
  chain: string;
  store: string;
  key: string;
  use: string;
  version: number;
  issued_at: string;
  expires_at: string;
}

export interface Enrolment {
  v: 1;
  version: number;
  org: string;
  organisation_name: string;
  company: { name: string; vat_number: string };
  chain: { id: string; name: string };
  store: { id: string; number: number; name: string; address: string; timezone: string };
  pos: { id: string; number: number; name: string };
  device: { id: string; kid: string };
  series: { id: string; label: string };
  currency: string;
  cash_rounding: number;
  language: string;
  service: { audience: string; url: string };
  /** The butik-emergency document; null while the chain has no emergency cloud. */
  emergency: string | null;
  terminal: { kind: string; url: string } | null;
  issued_at: string;
}

export interface PinVerifier {
  alg: 'PBKDF2-SHA256';
  iterations: number;
  salt: string;
  hash: string;
}

export interface StaffMember {
  id: string;
  number: string;
  name: string;
  role: string;
  pin: PinVerifier;
  pin_version: number;
}

export interface StaffList {
  v: 1;
  version: number;
  org: string;
  store: string;
  issued_at: string;
  staff: StaffMember[];
}

export interface PriceManifest {
  v: 1;
  version: number;
  org: string;
  chain: string;
  store: string;
  format: string;
  sha256: string;
  size: number;
  articles: number;
  currency: string;
  position: number;
  /** The backup that an emergency price file was made from. */
  backup?: string;
  issued_at: string;
  expires_at: string;
}

/** A chain's pairing with its emergency cloud, by the chain's root. */
export interface Pairing {
  v: 1;
  org: string;
  chain: string;
  url: string;
  key: string;
  version: number;
  issued_at: string;
}

export interface Order {
  v: 1;
  id: string;
  kind: 'ACTIVATE' | 'RELEASE' | 'RECOVERED';
  org: string;
  chain: string;
  store: string | null;
  emergency: { id: string; number: number };
  date: string;
  version: number;
  issued_at: string;
  expires_at: string;
}

export interface Assignment {
  v: 1;
  org: string;
  chain: string;
  store: string;
  pos: number;
  device: string;
  key: string;
  emergency: { id: string; number: number };
  series: { id: string; label: string };
  choice: 'EXACT' | 'OLDER' | 'NEWER' | 'NONE';
  backup: { id: string; made_at: string; received_at: string } | null;
  issued_at: string;
}

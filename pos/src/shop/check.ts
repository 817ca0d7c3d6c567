/**
 * Whether every service will be able to read a record: asked right before it is signed, by the very bounds that they read
 * by (bounds.ts). What would be unreadable never becomes a receipt. Held equal by tests/vectors/hostile.json.
 */
import * as most from './bounds';
import type { ClosingDocument, EventDocument, OpeningDocument, SaleDocument } from './documents';
import { countPoints } from './texts';

export class Unreadable extends Error {
  override name = 'Unreadable';
}

type Check = (value: unknown) => boolean;
type Shape = Record<string, Check>;

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const MOMENT = /^(\d{4})-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;
const DATE = /^(\d{4})-\d\d-\d\d$/;
const UNSEEN = /[\u0000-\u001f\u007f-\u009f]|\p{Surrogate}/u;

const whole =
  (low: number, high: number): Check =>
  (value) =>
    Number.isSafeInteger(value) && (value as number) >= low && (value as number) <= high;
const text =
  (high: number, low = 0): Check =>
  (value) =>
    typeof value === 'string' && !UNSEEN.test(value) && countPoints(value) >= low && countPoints(value) <= high;
const matching =
  (pattern: string | RegExp): Check =>
  (value) =>
    typeof value === 'string' && new RegExp(pattern).test(value);
const oneOf =
  (values: readonly unknown[]): Check =>
  (value) =>
    values.includes(value);
const orNull =
  (check: Check): Check =>
  (value) =>
    value === null || check(value);
const dated =
  (pattern: RegExp): Check =>
  (value) => {
    const year = typeof value === 'string' ? Number(pattern.exec(value)?.[1] ?? NaN) : NaN;
    return year >= most.MIN_YEAR && year <= most.MAX_YEAR && !Number.isNaN(Date.parse(value as string));
  };
const several =
  (shape: Shape, high: number, low = 0): Check =>
  (value) =>
    Array.isArray(value) && value.length >= low && value.length <= high && value.every((one) => faultOf(one, shape) === null);

const id = matching(UUID);
const count = whole(0, most.MAX_INTEGER);
const counter = whole(1, most.MAX_COUNTER);
const amount = whole(-most.MAX_AMOUNT, most.MAX_AMOUNT);
const sum = whole(-most.MAX_SAFE, most.MAX_SAFE);
const rate = whole(0, most.MAX_RATE);
const tender = oneOf(most.TENDERS);
const moment = dated(MOMENT);

const ORIGIN: Shape = {
  v: oneOf([1]),
  id,
  org: id,
  store: id,
  pos: counter,
  device: id,
  offset_ms: orNull(whole(-most.MAX_OFFSET, most.MAX_OFFSET)),
  app: text(most.MAX_APP),
};
const LINE: Shape = {
  n: counter,
  number: text(most.MAX_NUMBER, 1),
  text: text(most.MAX_TEXT),
  barcode: text(most.MAX_BARCODE),
  quantity: whole(-most.MAX_QUANTITY, most.MAX_QUANTITY),
  unit: oneOf(most.UNITS),
  unit_price: amount,
  amount,
  vat_rate: rate,
  vat: amount,
  version: whole(0, most.MAX_SAFE),
  linked_to: orNull(counter),
};
const PAYMENT: Shape = { id, tender, amount, tendered: amount, change: amount, reference: text(most.MAX_REFERENCE) };
const SALE: Shape = {
  ...ORIGIN,
  series: id,
  label: matching(most.LABEL),
  counter,
  prev: matching(most.HASH),
  session: count,
  business_date: dated(DATE),
  staff: id,
  staff_number: text(most.MAX_STAFF_NUMBER),
  started_at: moment,
  completed_at: moment,
  currency: matching(most.CURRENCY),
  lines: several(LINE, most.MAX_LINES, 1),
  vat: several({ rate, gross: amount, vat: amount }, most.MAX_VAT_RATES),
  total: amount,
  rounding: amount,
  payments: several(PAYMENT, most.MAX_PAYMENTS),
};
const OPENING: Shape = { ...ORIGIN, series: id, label: matching(most.LABEL), reason: text(most.MAX_REASON), at: moment };
const CLOSING: Shape = {
  ...OPENING,
  prev: matching(most.HASH),
  last_counter: count,
  sales: count,
  total: sum,
  by_vat: several({ rate, gross: sum, vat: sum }, most.MAX_SERIES_RATES),
  by_tender: several({ tender, amount: sum }, most.MAX_TENDERS),
};
const isData: Check = (value) =>
  Object.keys(value as object).length <= most.MAX_EVENT_MEMBERS &&
  Object.entries(value as object).every(
    ([key, each]) =>
      text(most.MAX_EVENT_KEY)(key) && (each === null || typeof each === 'boolean' || sum(each) || text(most.MAX_EVENT_TEXT)(each)),
  );
const EVENT: Shape = { ...ORIGIN, kind: matching(most.EVENT_KIND), at: moment, data: isData };

/** The first member that a service could not read; null when it can read all. */
function faultOf(value: unknown, shape: Shape): string | null {
  if (typeof value !== 'object' || value === null) return 'a record';
  const members = value as Record<string, unknown>;
  for (const [name, check] of Object.entries(shape)) if (!check(members[name])) return name;
  return null;
}

export function unreadableSale(sale: SaleDocument): string | null {
  const fault = faultOf(sale, SALE);
  if (fault) return fault;
  if (new Set(sale.lines.map((line) => line.n)).size !== sale.lines.length) return 'lines';
  return new Set(sale.vat.map((row) => row.rate)).size === sale.vat.length ? null : 'vat';
}

export function unreadableSeries(record: OpeningDocument | ClosingDocument): string | null {
  return faultOf(record, record.kind === 'OPEN' ? OPENING : CLOSING);
}

export function unreadableEvent(event: EventDocument): string | null {
  return faultOf(event, EVENT);
}

/** Raise Unreadable, with the member's name, for a record that must not be signed. */
export function requireReadable(fault: string | null): void {
  if (fault !== null) throw new Unreadable(fault);
}

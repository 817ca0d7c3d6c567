/** What people see of a sale: its number, its QR and its moments. */
import { correctedMoment } from './clock';
import type { SaleDocument } from './documents';

/** `store-POS-series-counter`, the counter with at least six digits. */
export function receiptNumber(store: number, pos: number, label: string, counter: number): string {
  return `${store}-${pos}-${label}-${String(counter).padStart(6, '0')}`;
}

type InQr = Pick<SaleDocument, 'completed_at' | 'offset_ms' | 'total' | 'currency'>;

/** It bears the moment that the receipt shows, not what a wrong clock made of it. */
export function receiptQr(number: string, sale: InQr, hash: string): string {
  return ['BUTIK1', number, correctedMoment(sale.completed_at, sale.offset_ms), sale.total, sale.currency, hash.slice(0, 16)].join('|');
}

/** A receipt as a screen and a printer want it. */
export interface Receipt {
  number: string;
  sale: SaleDocument;
  hash: string;
  copy: boolean;
}

export function changeOf(sale: Pick<SaleDocument, 'payments'>): number {
  return sale.payments.reduce((sum, payment) => sum + payment.change, 0);
}

/** The day of `at` on the wall of the store; of this device where the browser has never heard of the zone. */
export function localDate(at: Date, timezone: string): string {
  const parts = new Intl.DateTimeFormat('en-CA', { ...zoneOf(timezone), year: 'numeric', month: '2-digit', day: '2-digit' });
  return parts.format(at);
}

/** What a formatter is told of the store's time zone. */
export function zoneOf(timezone: string | undefined): { timeZone?: string } {
  if (!timezone) return {};
  try {
    new Intl.DateTimeFormat('en', { timeZone: timezone });
    return { timeZone: timezone };
  } catch {
    return {};
  }
}

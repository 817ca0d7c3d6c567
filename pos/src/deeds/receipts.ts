/** Receipts of the own store: from the service when there is a line, the device's own without one. */
import type { SaleDocument } from '../shop/documents';
import { ownSales } from '../store/journal';
import { documentHash, openDocument, payloadOf } from '../wire/jws';
import { correctedMoment } from '../shop/clock';
import { serviceOf } from './service';
import type { Till } from './till';

export interface Found {
  /** The service's id; for the device's own it is the sale's. */
  id: string;
  number: string;
  completedAt: string;
  /** Of the device's own: the day in which it is counted, and found. */
  businessDate?: string;
  total: number;
  currency: string;
  pos: number;
  staffNumber: string;
  document?: string;
  /** Set aside by the service, with its reason. */
  asideBecause?: string;
  unsent?: boolean;
}

interface ReceiptRow {
  id: string;
  number: string;
  completed_at: string;
  total: number;
  currency: string;
  pos: number;
  staff_number: string;
}

export async function searchStore(
  till: Till,
  query: { q: string; from: string; to: string; before?: string },
): Promise<{ receipts: Found[]; more: boolean }> {
  const device = till.device.value;
  if (!device) return { receipts: [], more: false };
  const asked = Object.entries(query).filter((pair): pair is [string, string] => Boolean(pair[1]));
  const path = `/receipts${asked.length ? `?${new URLSearchParams(asked).toString()}` : ''}`;
  const answer = await serviceOf(till, device).json<{ receipts: ReceiptRow[]; more: boolean }>(path, { timeout: 8_000 });
  const receipts = answer.receipts.map((row) => ({
    id: row.id,
    number: row.number,
    completedAt: row.completed_at,
    total: row.total,
    currency: row.currency,
    pos: row.pos,
    staffNumber: row.staff_number,
  }));
  return { receipts, more: answer.more };
}

export async function searchOwn(till: Till, query: { q: string; from: string; to: string }): Promise<Found[]> {
  const rows = await ownSales(till.database, 500);
  const found = rows.map((row): Found => {
    const sale = payloadOf<SaleDocument>(openDocument(row.document, 'butik-sale'));
    return {
      id: row.id,
      number: row.number ?? '',
      completedAt: correctedMoment(sale.completed_at, sale.offset_ms),
      businessDate: sale.business_date,
      total: sale.total,
      currency: sale.currency,
      pos: sale.pos,
      staffNumber: sale.staff_number,
      document: row.document,
      ...(row.outcome === 'QUARANTINED' ? { asideBecause: row.reason ?? '' } : {}),
      ...(row.waiting ? { unsent: true } : {}),
    };
  });
  return found.filter((one) => matches(one, query)).slice(0, 50);
}

function matches(one: Found, { q, from, to }: { q: string; from: string; to: string }): boolean {
  const day = one.businessDate ?? one.completedAt.slice(0, 10);
  if ((from && day < from) || (to && day > to)) return false;
  const wanted = q.trim().toLowerCase();
  if (!wanted) return true;
  const amount = wanted.replaceAll(/[.,]/g, '');
  if (one.number.toLowerCase().includes(wanted) || String(one.total) === amount || String(one.total) === `${amount}00`) return true;
  const sale = one.document ? payloadOf<SaleDocument>(openDocument(one.document, 'butik-sale')) : null;
  return sale?.lines.some((line) => line.text.toLowerCase().includes(wanted)) ?? false;
}

/** Show a receipt again. Every showing but the first is a copy, and the store counts it when it can be asked. */
export async function reprint(till: Till, found: Found): Promise<void> {
  const device = till.device.value;
  if (!device) return;
  let document = found.document;
  let { number } = found;
  try {
    const answer = await serviceOf(till, device).json<{ document: string; number: string }>(`/receipts/${found.id}?copy=1`, {
      timeout: 8_000,
    });
    document ??= answer.document;
    number = answer.number;
  } catch (error) {
    // The device's own receipts need nobody's leave.
    if (!document) throw error;
  }
  const sale = payloadOf<SaleDocument>(openDocument(document, 'butik-sale'));
  till.receipt.value = { number, sale, hash: await documentHash(document), copy: true };
  till.screen.value = 'RECEIPT';
}

/** Sales that the service does not have yet: see them, carry them out in a file, take in those of another device. */
import type { SaleDocument } from '../shop/documents';
import { type Result, waiting } from '../store/journal';
import { openDocument, payloadOf } from '../wire/jws';
import { BATCH, sendRecords } from '../wire/push';
import { correctedMoment, isoMoment } from '../shop/clock';
import { storeNow } from './clock';
import { Problem, type Service } from '../wire/service';
import { lineOf } from './service';
import type { Till } from './till';

export const RESCUE_FORMAT = 'butik-rescue/1';

export interface UnsentSale {
  id: string;
  number: string;
  completedAt: string;
  total: number;
  reason: string;
}

export async function unsentSales(till: Till): Promise<UnsentSale[]> {
  const rows = await waiting(till.database);
  return rows
    .filter((row) => row.kind === 'SALE')
    .map((row) => {
      const sale = payloadOf<SaleDocument>(openDocument(row.document, 'butik-sale'));
      return { id: row.id, number: row.number ?? '', completedAt: correctedMoment(sale.completed_at, sale.offset_ms), total: sale.total, reason: row.reason ?? '' };
    });
}

/**
 * Everything that this device keeps, as a file that any device of the store may upload: what waits, and what was sent, for
 * a store that was put back to before it knew this device. What is known there changes nothing. Nothing leaves this device.
 */
export async function rescueFile(till: Till): Promise<{ name: string; content: string }> {
  const rows = await till.database.getAll('journal');
  const device = till.device.value?.enrolment;
  const at = isoMoment(storeNow(till));
  const content = JSON.stringify({
    format: RESCUE_FORMAT,
    exported_at: at,
    device: device?.device.id ?? '',
    records: rows.map((row) => row.document),
  });
  return {
    name: `butik-rescue-${device?.store.number ?? 0}-${device?.pos.number ?? 0}-${at.slice(0, 19).replaceAll(':', '')}.json`,
    content,
  };
}

export class NotARescueFile extends Error {
  override name = 'NotARescueFile';
}

/** Send another device's records. They bear their own signatures; this device only carries them. */
export async function uploadRescue(till: Till, text: string): Promise<Record<Result['outcome'], number>> {
  const records = readRescue(text);
  const device = till.device.value;
  const counts = { BOOKED: 0, KNOWN: 0, QUARANTINED: 0 };
  if (!device) return counts;
  const service = lineOf(till, device);
  for (let start = 0; start < records.length; start += BATCH) {
    for (const result of await carry(service, records.slice(start, start + BATCH))) counts[result.outcome]++;
  }
  return counts;
}

/** A batch that is too large goes in halves. */
async function carry(service: Service, records: string[]): Promise<Result[]> {
  try {
    return await sendRecords(service, records);
  } catch (error) {
    if (!(error instanceof Problem) || error.status !== 413 || records.length === 1) throw error;
    const middle = records.length >> 1;
    return [...(await carry(service, records.slice(0, middle))), ...(await carry(service, records.slice(middle)))];
  }
}

function readRescue(text: string): string[] {
  try {
    const file = JSON.parse(text) as { format?: unknown; records?: unknown };
    if (file.format === RESCUE_FORMAT && Array.isArray(file.records) && file.records.every((one) => typeof one === 'string'))
      return file.records;
  } catch {
    // Said below, in the same words.
  }
  throw new NotARescueFile();
}

/** Send the journal: in order, at most 500 at a time, again and again until the service has said what became of each. */
import type { ButikDatabase, JournalRow } from '../store/schema';
import { noteReason, type Result, settle, waiting } from '../store/journal';
import { openDocument } from './jws';
import { NoAnswer, Problem, type Service } from './service';

export const BATCH = 500;

export interface Pushed {
  sent: number;
  /** The first record's trouble that a smaller batch did not cure. */
  stuck: string | null;
}

interface JournalAnswer {
  results: Result[];
}

/**
 * Empty the outbox. A batch that the service cannot take is halved; a single record that it cannot take stays, with the
 * reason, and those behind it go on. Throws when there is no answer: nothing is lost, everything may be sent again.
 * With `signer` (a key id) only what that key has signed is sent.
 */
export async function pushAll(service: Service, database: ButikDatabase, signer?: string): Promise<Pushed> {
  let sent = 0;
  let stuck: string | null = null;
  const skipped = new Set<number>();
  for (let size = BATCH; ;) {
    const all = await waiting(database, signer ? undefined : size + skipped.size);
    const rows = all.filter((row) => !skipped.has(row.seq!) && (!signer || isSignedBy(row, signer))).slice(0, size);
    if (!rows.length) return { sent, stuck };
    try {
      const settled = await pushBatch(service, database, rows);
      // An answer that settles nothing would send the same batch for ever.
      if (!settled) throw new Problem('bad-answer', 200, 'the service did not name the records', null, null);
      sent += settled;
      size = BATCH;
    } catch (error) {
      if (error instanceof NoAnswer) await noteReason(database, rows, 'no-answer');
      if (!(error instanceof Problem)) throw error;
      if (error.status !== 413 && error.status !== 422) {
        await noteReason(database, rows, error.type);
        throw error;
      }
      if (rows.length === 1) {
        stuck ??= `${error.type} ${error.detail}`.trim();
        await noteReason(database, rows, stuck);
        skipped.add(rows[0]!.seq!);
      }
      size = Math.max(1, Math.ceil(rows.length / 2));
    }
  }
}

export function isSignedBy(row: JournalRow, signer: string): boolean {
  return openDocument(row.document, TYPES[row.kind]).kid === signer;
}

const TYPES = { SALE: 'butik-sale', SERIES: 'butik-series', EVENT: 'butik-event' } as const;

async function pushBatch(service: Service, database: ButikDatabase, rows: JournalRow[]): Promise<number> {
  const answer = await sendRecords(
    service,
    rows.map((row) => row.document),
  );
  return settle(database, rows, answer);
}

export async function sendRecords(service: Service, records: string[]): Promise<Result[]> {
  const answer = await service.json<JournalAnswer>('/journal', { method: 'POST', body: { records }, timeout: 60_000 });
  return answer.results;
}

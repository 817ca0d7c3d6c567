/** Send the journal: in order, at most 500 at a time, again and again until the service has said what became of each. */
import type { ButikDatabase, JournalRow } from '../store/schema';
import { noteReason, type Result, settle, waiting } from '../store/journal';
import { NoAnswer, Problem, type StoreService } from './service';

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
 */
export async function pushAll(service: StoreService, database: ButikDatabase): Promise<Pushed> {
  let sent = 0;
  let stuck: string | null = null;
  const skipped = new Set<number>();
  for (let size = BATCH; ;) {
    const rows = (await waiting(database, size + skipped.size)).filter((row) => !skipped.has(row.seq!)).slice(0, size);
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

async function pushBatch(service: StoreService, database: ButikDatabase, rows: JournalRow[]): Promise<number> {
  const answer = await sendRecords(
    service,
    rows.map((row) => row.document),
  );
  return settle(database, rows, answer);
}

export async function sendRecords(service: StoreService, records: string[]): Promise<Result[]> {
  const answer = await service.json<JournalAnswer>('/journal', { method: 'POST', body: { records }, timeout: 60_000 });
  return answer.results;
}

/** What nobody expected: into the journal, so that a supporter can see it, and never in the way of a sale. */
import { report } from './service';
import type { Till } from './till';

/** One fault that repeats must not fill the device. */
const MOST = 20;

export function watchErrors(till: Till): void {
  const seen = new Set<string>();
  const note = (reason: unknown) => {
    const detail = String(reason).slice(0, 200);
    if (seen.has(detail) || seen.size >= MOST) return;
    seen.add(detail);
    void report(till, 'ERROR', { code: 'unexpected', detail }).catch(() => undefined);
  };
  addEventListener('error', (event) => note(event.message));
  addEventListener('unhandledrejection', (event) => note(event.reason));
}

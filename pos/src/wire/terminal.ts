/** Card terminals. A certified one gets its own class here; whoever pays sees only `Terminal`. */
import type { CardEvent } from '../shop/payment';

export interface Terminal {
  /** Ask for a charge. The same id never charges twice. */
  charge(id: string, amount: number, currency: string): Promise<CardEvent>;
  /** What became of it? */
  ask(id: string): Promise<CardEvent>;
  cancel(id: string): Promise<CardEvent>;
}

interface Transaction {
  state: 'APPROVED' | 'DECLINED' | 'PENDING';
  reference?: string;
  card?: string;
}

/** The simulated terminal: three calls over HTTP. Whatever is not a clear answer is no answer. */
export class SimulatedTerminal implements Terminal {
  constructor(
    private readonly url: string,
    private readonly fetcher: typeof fetch,
  ) {}

  charge(id: string, amount: number, currency: string): Promise<CardEvent> {
    return this.call('/transactions', 90_000, { id, amount, currency });
  }

  ask(id: string): Promise<CardEvent> {
    return this.call(`/transactions/${id}`, 5_000);
  }

  cancel(id: string): Promise<CardEvent> {
    return this.call(`/transactions/${id}/cancel`, 10_000, {});
  }

  private async call(path: string, timeout: number, body?: object): Promise<CardEvent> {
    try {
      const response = await this.fetcher(this.url.replace(/\/+$/, '') + path, {
        method: body ? 'POST' : 'GET',
        ...(body ? { body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } } : {}),
        credentials: 'omit',
        cache: 'no-store',
        signal: AbortSignal.timeout(timeout),
      });
      if (response.status === 404) return { kind: 'NOT_FOUND' };
      if (!response.ok) return { kind: 'NO_ANSWER' };
      return eventOf((await response.json()) as Transaction);
    } catch {
      return { kind: 'NO_ANSWER' };
    }
  }
}

function eventOf(transaction: Transaction): CardEvent {
  switch (transaction.state) {
    case 'APPROVED':
      return { kind: 'APPROVED', reference: transaction.reference ?? '', card: transaction.card ?? '' };
    case 'DECLINED':
      return { kind: 'DECLINED' };
    case 'PENDING':
      return { kind: 'PENDING' };
    default:
      return { kind: 'NO_ANSWER' };
  }
}

export function terminalFor(settings: { kind: string; url: string } | null, fetcher: typeof fetch): Terminal | null {
  return settings?.kind === 'SIMULATED' ? new SimulatedTerminal(settings.url, fetcher) : null;
}

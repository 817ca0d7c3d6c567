/** One line to one service: listen to its stream, and ask now and then in case the stream says nothing. Never waited for. */
import { backoff } from '../wire/backoff';
import { listen, type LiveEvent } from '../wire/live';
import type { Service } from '../wire/service';

export interface Ends {
  /** Whom to listen to; null while there is nobody. */
  service(): Service | null;
  ask(service: Service): Promise<void>;
  /** The stream is there, or said something. */
  heard(event: LiveEvent | null): void;
  failed(error: unknown): void;
  /** Milliseconds to the next question. */
  pause(live: boolean): number;
  /** The longest wait before the stream is tried again. */
  longestWait(): number;
}

export class Line {
  private readonly stopped = new AbortController();
  private asking = false;
  private askAgain = false;
  private live = false;
  private listening = new AbortController();
  private resting = new AbortController();
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly ends: Ends) {}

  run(): void {
    void this.listenForEver();
  }

  stop(): void {
    this.stopped.abort();
    clearTimeout(this.timer);
  }

  /** The network may be back: neither a stream that hangs nor its back-off is waited for. */
  wake(): void {
    if (!this.live) this.listening.abort();
    this.resting.abort();
    void this.ask();
  }

  /** Try the stream again now. */
  listenNow(): void {
    this.resting.abort();
  }

  async ask(): Promise<void> {
    this.askAgain = this.asking;
    if (this.asking) return;
    clearTimeout(this.timer);
    const service = this.ends.service();
    if (service) {
      this.asking = true;
      try {
        await this.ends.ask(service);
      } catch (error) {
        this.ends.failed(error);
      }
      this.asking = false;
    }
    if (this.stopped.signal.aborted) return;
    if (this.askAgain) return this.ask();
    this.timer = setTimeout(() => void this.ask(), this.ends.pause(this.live) * (0.8 + 0.4 * Math.random()));
  }

  private async listenForEver(): Promise<void> {
    const { ends, stopped } = this;
    for (let failures = 0; !stopped.signal.aborted; failures++) {
      const service = ends.service();
      this.listening = new AbortController();
      this.resting = new AbortController();
      try {
        if (service) {
          await listen(service, AbortSignal.any([stopped.signal, this.listening.signal]), (event) => {
            failures = 0;
            this.live = true;
            ends.heard(event);
            if (event) void this.ask();
          });
        }
      } catch (error) {
        if (!stopped.signal.aborted && !this.listening.signal.aborted && !this.live) ends.failed(error);
      }
      // A broken stream is the first sign of a lost line: ask at once.
      if (this.live) void this.ask();
      this.live = false;
      const wait = backoff(failures + 1, Math.random(), 1_000, ends.longestWait());
      await sleep(wait, AbortSignal.any([stopped.signal, this.listening.signal, this.resting.signal]));
    }
  }
}

function sleep(milliseconds: number, cut: AbortSignal): Promise<void> {
  return new Promise((done) => {
    const timer = setTimeout(done, milliseconds);
    cut.addEventListener('abort', () => (clearTimeout(timer), done()), { once: true });
    if (cut.aborted) done();
  });
}

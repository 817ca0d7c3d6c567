/** The quiet work behind selling: send the journal, listen, ask. It runs while the app is open and is never waited for. */
import { computed, effect } from '@preact/signals';
import { prune } from '../store/journal';
import { backoff } from '../wire/backoff';
import { listen } from '../wire/live';
import { pushAll } from '../wire/push';
import { refresh } from './refresh';
import { lineFailed, lineSays, refreshWaiting, serviceOf } from './service';
import type { Till } from './till';

/** With a live stream the poll is only a heartbeat. */
const POLL_LIVE = 60_000;
const POLL_ALONE = 10_000;

export function startSync(till: Till): () => void {
  const sync = new Sync(till);
  sync.run();
  return () => sync.stop();
}

class Sync {
  private readonly stopped = new AbortController();
  private failures = 0;
  private pushing = false;
  private pushAgain = false;
  private asking = false;
  private live = false;
  private listening = new AbortController();
  private unwatch = () => undefined as void;
  private pushTimer: ReturnType<typeof setTimeout> | undefined;
  private pollTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly till: Till) {}

  run(): void {
    this.till.nudge = () => void this.push();
    addEventListener('online', this.awake, { signal: this.stopped.signal });
    addEventListener('offline', () => lineSays(this.till, 'NO_ANSWER'), { signal: this.stopped.signal });
    document.addEventListener('visibilitychange', this.awake, { signal: this.stopped.signal });
    void this.listenForEver();
    // At once when there is a device, and again when this browser becomes another one.
    const device = computed(() => this.till.device.value?.enrolment.device.id);
    this.unwatch = effect(() => {
      if (device.value) queueMicrotask(this.awake);
    });
  }

  stop(): void {
    this.stopped.abort();
    this.unwatch();
    clearTimeout(this.pushTimer);
    clearTimeout(this.pollTimer);
    this.till.nudge = () => undefined;
  }

  private readonly awake = (): void => {
    if (document.visibilityState === 'hidden') return;
    this.failures = 0;
    if (!this.live) this.listening.abort();
    void this.push();
    void this.ask();
  };

  /** One sender at a time; what comes meanwhile is sent right after. */
  private async push(): Promise<void> {
    const { till } = this;
    const device = till.device.value;
    if (this.pushing || !device || this.stopped.signal.aborted) {
      this.pushAgain = this.pushing;
      return;
    }
    this.pushing = true;
    this.pushAgain = false;
    clearTimeout(this.pushTimer);
    try {
      const { sent } = await pushAll(serviceOf(till, device), till.database);
      this.failures = 0;
      if (sent) {
        lineSays(till, 'ANSWERED');
        await prune(till.database);
      }
    } catch (error) {
      lineFailed(till, error);
      this.pushTimer = setTimeout(() => void this.push(), backoff(++this.failures));
    } finally {
      this.pushing = false;
      await refreshWaiting(till);
    }
    if (this.pushAgain) void this.push();
  }

  private async ask(): Promise<void> {
    const { till } = this;
    clearTimeout(this.pollTimer);
    const device = till.device.value;
    if (device && !this.asking) {
      this.asking = true;
      const wasOnline = till.connection.value.reach === 'ONLINE';
      try {
        await refresh(till, serviceOf(till, device));
        lineSays(till, 'ACCEPTED');
        // The line is back: what waits need not sit out its back-off.
        if (!wasOnline && till.waiting.value.records) void this.push();
      } catch (error) {
        lineFailed(till, error);
      }
      this.asking = false;
    }
    if (this.stopped.signal.aborted) return;
    const pause = this.live ? POLL_LIVE : POLL_ALONE;
    this.pollTimer = setTimeout(() => void this.ask(), pause * (0.8 + 0.4 * Math.random()));
  }

  private async listenForEver(): Promise<void> {
    const { till, stopped } = this;
    for (let failures = 0; !stopped.signal.aborted; failures++) {
      const device = till.device.value;
      this.listening = new AbortController();
      try {
        if (device) {
          await listen(serviceOf(till, device), AbortSignal.any([stopped.signal, this.listening.signal]), (event) => {
            failures = 0;
            this.live = true;
            lineSays(till, event === 'revoked' ? 'REVOKED' : 'ANSWERED');
            if (event) void this.ask();
          });
        }
      } catch (error) {
        if (!stopped.signal.aborted && !this.listening.signal.aborted && !this.live) lineFailed(till, error);
      }
      // A broken stream is the first sign of a lost line: ask at once.
      if (this.live) void this.ask();
      this.live = false;
      // `awake` cuts the wait short.
      await sleep(backoff(failures + 1, Math.random(), 1_000, 30_000), this.listening.signal);
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

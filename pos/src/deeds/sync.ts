/** The quiet work behind selling: send the journal, listen, ask. It runs while the app is open and is never waited for. */
import { computed, effect } from '@preact/signals';
import { prune } from '../store/journal';
import { backoff } from '../wire/backoff';
import { pushAll } from '../wire/push';
import { watchSleep } from './clock';
import { Line } from './line';
import { refresh } from './refresh';
import { pushFormer } from './home';
import { isAtStore, lineFailed, lineOf, lineSays, refreshWaiting, serviceOf } from './service';
import type { Till } from './till';

/** With a live stream the poll is only a heartbeat. */
const POLL_LIVE = 60_000;
const POLL_ALONE = 10_000;
const LONGEST_WAIT = 30_000;

export function startSync(till: Till): () => void {
  const sync = new Sync(till);
  sync.run();
  return () => sync.stop();
}

class Sync {
  private readonly stopped = new AbortController();
  private readonly line: Line;
  private failures = 0;
  private pushing = false;
  private pushAgain = false;
  private unwatch = () => undefined as void;
  private pushTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly till: Till) {
    this.line = new Line({
      // In an emergency the store is not asked, not even whether it is there.
      service: () => (till.device.value && isAtStore(till) ? serviceOf(till, till.device.value) : null),
      ask: async (service) => {
        const wasOnline = till.connection.value.reach === 'ONLINE';
        await refresh(till, service);
        lineSays(till, 'ACCEPTED');
        // The line is back: what waits need not sit out its back-off.
        if (!wasOnline && till.waiting.value.records) void this.push();
      },
      heard: (event) => lineSays(till, event === 'revoked' ? 'REVOKED' : 'ANSWERED'),
      failed: (error) => {
        if (isAtStore(till)) lineFailed(till, error);
      },
      pause: (live) => (live ? POLL_LIVE : POLL_ALONE),
      longestWait: () => LONGEST_WAIT,
    });
  }

  run(): void {
    this.till.nudge = () => void this.push();
    addEventListener('online', this.awake, { signal: this.stopped.signal });
    addEventListener('offline', () => lineSays(this.till, 'NO_ANSWER'), { signal: this.stopped.signal });
    // Before anything is asked: what the screen was dark for has gone by.
    watchSleep(this.till, this.stopped.signal);
    document.addEventListener('visibilitychange', this.awake, { signal: this.stopped.signal });
    this.line.run();
    // At once when there is a device, and again when this browser becomes another one.
    const device = computed(() => this.till.device.value?.enrolment.device.id);
    this.unwatch = effect(() => {
      if (device.value) queueMicrotask(this.awake);
    });
  }

  stop(): void {
    this.stopped.abort();
    this.line.stop();
    this.unwatch();
    clearTimeout(this.pushTimer);
    this.till.nudge = () => undefined;
  }

  private readonly awake = (): void => {
    if (document.visibilityState === 'hidden') return;
    this.failures = 0;
    this.line.wake();
    void this.push();
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
    const line = lineOf(till, device);
    try {
      const former = await pushFormer(till);
      const { sent } = await pushAll(line, till.database, former ? device.key.kid : undefined);
      this.failures = 0;
      if (sent) {
        lineSays(till, 'ANSWERED');
        await prune(till.database);
      }
    } catch (error) {
      // A line that was closed meanwhile says nothing about the one that took its place.
      if (line.line.aborted && !isAtStore(till)) this.pushAgain = true;
      else {
        lineFailed(till, error);
        this.pushTimer = setTimeout(() => void this.push(), backoff(++this.failures));
      }
    } finally {
      this.pushing = false;
      await refreshWaiting(till);
    }
    if (this.pushAgain) void this.push();
  }
}

/**
 * The line to the emergency cloud. In normal days a quiet one: it listens for an order, asks once a minute, and checks every
 * few hours that the device would be ready; nothing waits for it, and when nobody answers nobody is told. In an emergency
 * it is the device's line.
 */
import { computed, effect } from '@preact/signals';
import { heardNothing, nextStep } from '../shop/emergency';
import { writeEmergency } from '../store/emergency';
import { backoff } from '../wire/backoff';
import { Problem, type Service } from '../wire/service';
import { askReady, askState, type CloudState } from './cloud';
import { advance, changeEmergency, takeOrder } from './emergency';
import { Line } from './line';
import { noteReady, prefetch } from './ready';
import { cloudOf, isAtStore, lineFailed, lineSays } from './service';
import { isBetweenSales, type Till } from './till';

const HOUR = 3_600_000;
/** Often enough that each night has one, and spread, so that a chain's devices do not come at once. */
const READY_EVERY = 4 * HOUR;
const READY_RETRY = 10 * 60_000;
const POLL = 60_000;
const POLL_QUIET = 15 * 60_000;
const POLL_EMERGENCY = 5_000;

export function startWatch(till: Till): () => void {
  const watch = new Watch(till);
  watch.run();
  return () => watch.stop();
}

class Watch {
  private readonly stopped = new AbortController();
  private readonly line: Line;
  private unanswered = 0;
  private failures = 0;
  private readyAgain = 0;
  private turnedAway = false;
  private fetching = false;
  private retry: ReturnType<typeof setTimeout> | undefined;
  private unwatch: (() => void)[] = [];

  constructor(private readonly till: Till) {
    this.line = new Line({
      service: () => cloudOf(till, till.device.value),
      ask: (service) => this.ask(service),
      heard: () => this.says('ANSWERED'),
      failed: (error) => this.failed(error),
      pause: (live) => this.pause(live),
      longestWait: () => (isAtStore(till) ? POLL_QUIET / 3 : POLL_EMERGENCY),
    });
  }

  run(): void {
    const { till, stopped } = this;
    addEventListener('online', this.awake, { signal: stopped.signal });
    document.addEventListener('visibilitychange', this.awake, { signal: stopped.signal });
    this.line.run();
    // A new enrolment, or an emergency cloud that the chain has only now.
    const known = computed(() => {
      const { enrolment, emergency, enrolmentDocument } = till.device.value ?? {};
      return `${enrolment?.device.id} ${emergency?.url} ${Boolean(enrolmentDocument)}`;
    });
    const free = computed(() => isBetweenSales(till));
    this.unwatch = [
      effect(() => {
        void known.value;
        this.readyAgain = 0;
        queueMicrotask(this.awake);
      }),
      // The end of a sale may be what the next step has waited for.
      effect(() => {
        if (free.value && !isAtStore(till)) queueMicrotask(() => void this.advance());
      }),
    ];
  }

  stop(): void {
    this.stopped.abort();
    this.line.stop();
    clearTimeout(this.retry);
    for (const unwatch of this.unwatch) unwatch();
  }

  private readonly awake = (): void => {
    if (document.visibilityState === 'hidden' || !cloudOf(this.till, this.till.device.value)) return;
    this.unanswered = 0;
    this.failures = 0;
    this.line.wake();
    void this.advance();
  };

  private async ask(cloud: Service): Promise<void> {
    const { till } = this;
    const state = await this.askCloud(cloud);
    this.unanswered = 0;
    this.says('ACCEPTED');
    if (state.minimum_app && !isAtStore(till)) till.minimumApp.value = state.minimum_app;
    if (state.order) await takeOrder(till, state.order);
    else if (till.emergency.value?.fresh) await changeEmergency(till, (before) => this.heardNothing(before));
    if (isAtStore(till)) void this.prefetch(cloud, state);
    else void this.advance();
  }

  /** The cheap question; before it the whole readiness check when that is due, or when the cloud does not know us. */
  private async askCloud(cloud: Service): Promise<CloudState> {
    if (this.till.steady() >= this.readyAgain) {
      try {
        return await this.showReady(cloud);
      } catch (error) {
        // Turned away at the check (an old certificate, say), a device may still be one that orders are for.
        if (!(error instanceof Problem)) throw error;
        this.turnedAway = true;
        this.readyAgain = this.till.steady() + READY_RETRY;
      }
    }
    try {
      return await askState(this.till, cloud);
    } catch (error) {
      if (!(error instanceof Problem) || error.type !== 'unknown-device') throw error;
      return this.showReady(cloud);
    }
  }

  private async showReady(cloud: Service): Promise<CloudState> {
    const { till } = this;
    const state = await askReady(till, till.device.value!, cloud);
    this.turnedAway = false;
    this.readyAgain = till.steady() + READY_EVERY * (0.6 + 0.4 * Math.random());
    await noteReady(till);
    // Who was not known could not listen.
    this.line.listenNow();
    return state;
  }

  private async heardNothing(before: Parameters<typeof heardNothing>[0]) {
    const after = heardNothing(before);
    if (after !== before) await writeEmergency(this.till.database, after);
    return after;
  }

  /** Beside everything else: a large file must not keep an order waiting. */
  private async prefetch(cloud: Service, state: CloudState): Promise<void> {
    if (this.fetching) return;
    this.fetching = true;
    try {
      const held = this.till.emergency.value?.held?.sha256;
      await prefetch(this.till, cloud, state.prices);
      // The board of the emergency cloud says which devices hold the prices.
      if (this.till.emergency.value?.held?.sha256 !== held) await askReady(this.till, this.till.device.value!, cloud);
      if (this.turnedAway) this.till.unready.value = 'TURNED_AWAY';
    } catch {
      this.till.unready.value = 'UNREACHABLE';
    }
    this.fetching = false;
  }

  private async advance(): Promise<void> {
    const { till } = this;
    clearTimeout(this.retry);
    try {
      await advance(till);
      this.failures = 0;
    } catch (error) {
      this.failed(error);
      // An order that no longer holds: there is a newer one.
      if (error instanceof Problem && error.status === 409) void this.line.ask();
    }
    const step = nextStep(till.emergency.value);
    const waits = step === 'ENTER' || step === 'FETCH_PRICES';
    if (waits && !this.stopped.signal.aborted)
      this.retry = setTimeout(() => void this.advance(), backoff(++this.failures, Math.random(), 1_000, POLL_EMERGENCY));
  }

  private says(signal: 'ANSWERED' | 'ACCEPTED'): void {
    if (!isAtStore(this.till)) lineSays(this.till, signal);
  }

  private failed(error: unknown): void {
    const { till } = this;
    if (!isAtStore(till)) return lineFailed(till, error);
    this.unanswered++;
    till.unready.value = error instanceof Problem ? 'TURNED_AWAY' : 'UNREACHABLE';
  }

  private pause(live: boolean): number {
    if (!isAtStore(this.till)) return live ? POLL : POLL_EMERGENCY;
    return Math.min(POLL_QUIET, POLL * 2 ** Math.max(0, this.unanswered - 1));
  }
}

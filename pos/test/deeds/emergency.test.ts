import 'fake-indexeddb/auto';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { advance, takeOrder } from '../../src/deeds/emergency';
import { enrolDevice } from '../../src/deeds/enrol';
import { finishSale } from '../../src/deeds/finish';
import { follow, payCard, payCash } from '../../src/deeds/pay';
import { searchStore } from '../../src/deeds/receipts';
import { clear, scan } from '../../src/deeds/ring-up';
import { refresh } from '../../src/deeds/refresh';
import { serviceOf } from '../../src/deeds/service';
import { signIn } from '../../src/deeds/sign-in';
import { loadPrices, startTill } from '../../src/deeds/start';
import { startSync } from '../../src/deeds/sync';
import { homeScreen, newTill, type Till } from '../../src/deeds/till';
import { unpair } from '../../src/deeds/unpair';
import { startWatch } from '../../src/deeds/watch';
import { modeOf, standstill } from '../../src/shop/emergency';
import { readEmergency } from '../../src/store/emergency';
import { readDraft, StillWaiting } from '../../src/store/rows';
import { makeDeviceKey, verifyDocument } from '../../src/wire/jws';
import { FakeCloud, SECOND } from '../fake-cloud';
import { FakeStore, IDS, SMALL_FILE, staffMember } from '../fake-store';
import { type Power, underPower } from '../power';
import { signedInTill } from '../till';

const MILK = '5701234567899';
const CHEAPER = { ...SMALL_FILE, prices: SMALL_FILE.prices.map((price) => price - 95) };

vi.setConfig({ testTimeout: 30_000 });

/** However busy the machine is. */
function eventually<T>(ready: () => T | Promise<T>): Promise<unknown> {
  return vi.waitUntil(ready, { timeout: 15_000 });
}

let store: FakeStore;
let cloud: FakeCloud;
let till: Till;
let stops: (() => void)[];

beforeEach(async () => {
  const page = new EventTarget();
  vi.stubGlobal('addEventListener', page.addEventListener.bind(page));
  vi.stubGlobal('document', Object.assign(new EventTarget(), { visibilityState: 'visible' }));
  store = await FakeStore.open();
  cloud = await FakeCloud.open(store);
  till = await signedInTill(store);
  stops = [];
});

afterEach(() => {
  for (const stop of stops) stop();
  vi.unstubAllGlobals();
});

function run(one: Till): void {
  stops.push(startSync(one), startWatch(one));
}

function halt(): void {
  for (const stop of stops.splice(0)) stop();
}

async function sell(one = till, paid = 1300): Promise<void> {
  scan(one, MILK);
  await payCash(one, paid);
}

/** Everything that was under way has come to rest, and everything was sent. */
async function rest(one = till): Promise<void> {
  await eventually(() => one.waiting.value.records === 0);
}

async function ready(one = till): Promise<void> {
  run(one);
  await eventually(() => one.unready.value === null);
}

const isSelling = (one: Till) =>
  Boolean(one.prices.value) && modeOf(one.emergency.value) === 'EMERGENCY' && standstill(one.emergency.value) === null;

async function activated(one = till): Promise<void> {
  await ready(one);
  await cloud.command('ACTIVATE');
  await eventually(() => isSelling(one));
}

/** The same device after its power was cut. */
async function restarted(one = till): Promise<Till> {
  halt();
  const again = newTill(one.database, one.fetcher, '0.1.0');
  await startTill(again);
  again.settings.value = { ...again.settings.value, muted: true };
  await loadPrices(again);
  return again;
}

describe('in normal days', () => {
  it('the emergency cloud comes to know the device, and its prices lie ready without a fetch when the bytes are here', async () => {
    await ready();
    expect(cloud.ready[0]).toMatchObject({ holds: '', app: '0.1.0' });
    await verifyDocument(cloud.ready[0]!['enrolment']!, 'butik-enrolment', store.key.publicKey);
    expect(till.emergency.value?.held).toMatchObject({ sha256: store.prices?.sha256, version: 1 });
    expect(cloud.calls.some((call) => call.includes('/prices/'))).toBe(false);
    expect(till.emergency.value?.readyAt).not.toBeNull();
    await eventually(() => cloud.ready.length === 2);
    expect(cloud.ready[1]).toMatchObject({ holds: store.prices?.sha256 }); // the board counts it
  });

  it('other bytes are fetched once, and kept beside the store’s own', async () => {
    await cloud.publishPrices(CHEAPER);
    await ready();
    expect(cloud.calls.filter((call) => call.includes('/prices/')).length).toBe(1);
    expect(till.prices.value?.sha256).toBe(store.prices?.sha256);
    expect((await till.database.get('prices', 'emergency'))?.sha256).toBe(cloud.prices?.sha256);
    const again = await restarted();
    await ready(again);
    expect(cloud.calls.filter((call) => call.includes('/prices/')).length).toBe(1);
  });

  it('a cloud that cannot be reached disturbs nothing', async () => {
    cloud.down = true;
    run(till);
    await eventually(() => till.unready.value === 'UNREACHABLE');
    await sell();
    await rest();
    expect(till.connection.value.reach).toBe('ONLINE');
    expect(till.warning.value).toBeNull();
  });

  it('a store without a backup is not ready', async () => {
    cloud.prices = null;
    run(till);
    await eventually(() => till.unready.value === 'NO_BACKUP');
  });

  it('a device that is turned away at the check says so, and still hears an order', async () => {
    await ready();
    cloud.strict = true;
    const again = await restarted();
    run(again);
    await eventually(() => again.unready.value === 'TURNED_AWAY');
    await cloud.command('ACTIVATE');
    await eventually(() => isSelling(again));
  });

  it('another emergency root is refused for good, and said', async () => {
    await cloud.pair(await makeDeviceKey(), store.root, 2);
    store.enrolmentVersion++;
    await refresh(till, serviceOf(till, till.device.value!));
    expect(till.warning.value).toEqual({ what: 'EMERGENCY', code: 'OTHER_ROOT' });
    expect(till.device.value?.emergency?.root.kid).toBe(cloud.root.kid);
    // One that the chain's root did not sign as well.
    await cloud.pair(cloud.root, await makeDeviceKey(), 3);
    store.enrolmentVersion++;
    await refresh(till, serviceOf(till, till.device.value!));
    expect(till.warning.value).toEqual({ what: 'EMERGENCY', code: 'BAD_SIGNATURE' });
    // A new address by the same root is followed.
    await cloud.pair(cloud.root, store.root, 4);
    store.enrolmentVersion++;
    await refresh(till, serviceOf(till, till.device.value!));
    expect([till.warning.value, till.device.value?.emergency?.version]).toEqual([null, 4]);
  });

  it('a device that was enrolled before there was an emergency cloud pins it with the next enrolment', async () => {
    const plain = await FakeStore.open();
    const early = await signedInTill(plain);
    expect(early.device.value?.emergency).toBeUndefined();
    const later = await FakeCloud.open(plain);
    plain.enrolmentVersion++;
    await refresh(early, serviceOf(early, early.device.value!));
    expect(early.device.value?.emergency?.root.kid).toBe(later.root.kid);
  });
});

describe('an order', () => {
  const refusals: [string, string, () => Promise<string>][] = [
    ['by another key', 'BAD_SIGNATURE', async () => cloud.signOrder('ACTIVATE', {}, await makeDeviceKey())],
    ['by the store', 'BAD_SIGNATURE', () => cloud.signOrder('ACTIVATE', {}, store.key)],
    ['to another chain', 'WRONG_STORE', () => cloud.signOrder('ACTIVATE', { chain: IDS.store })],
    ['to another store', 'WRONG_STORE', () => cloud.signOrder('RELEASE', { store: IDS.chain })],
    ['that has expired', 'EXPIRED', () => cloud.signOrder('ACTIVATE', { expires_at: '2026-01-01T00:00:00Z' })],
    ['of another kind', 'UNREADABLE', () => cloud.signOrder('DANCE' as never)],
  ];
  it.each(refusals)('%s is refused and said, and changes nothing', async (_, code, order) => {
    await takeOrder(till, await order());
    expect(till.warning.value).toEqual({ what: 'ORDER', code });
    expect(modeOf(till.emergency.value)).toBe('NORMAL');
    expect(till.storeLine.signal.aborted).toBe(false);
    await sell();
  });

  it('that is lower than one that was seen is refused, also after a restart', async () => {
    await takeOrder(till, await cloud.command('ACTIVATE', { version: 5 }));
    const again = await restarted();
    await takeOrder(again, await cloud.signOrder('RELEASE', { version: 4 }));
    expect(again.warning.value).toEqual({ what: 'ORDER', code: 'OLDER_VERSION' });
    expect(modeOf(again.emergency.value)).toBe('EMERGENCY');
  });

  it('is not made to look expired by what the store says of the time', async () => {
    store.ahead = 400 * 86_400_000;
    await refresh(till, serviceOf(till, till.device.value!));
    expect(till.device.value!.offset).toBeGreaterThan(300 * 86_400_000);
    await activated();
  });
});

describe('on ACTIVATE', () => {
  it('the device sells from the backup in its E series, with the same POS, and every record reaches the emergency cloud in order', async () => {
    await cloud.publishPrices(CHEAPER);
    store.down = true;
    await sell();
    await activated();
    expect(till.member.value?.name).toBe('Maja');
    await sell(till, 1200);
    expect(till.receipt.value?.number).toBe('12-3-E1-000001');
    expect(till.receipt.value?.sale.lines[0]?.unit_price).toBe(1200);
    await sell(till, 1200);
    await rest();
    const kept = cloud.journalOf().filter((one) => !one.startsWith('SIGNED'));
    expect(kept).toEqual(['OPEN N1 ENROLMENT', 'N1-1', 'CLOSE N1 EMERGENCY', 'OPEN E1 EMERGENCY', 'E1-1', 'E1-2']);
  });

  it('no call reaches the store any more: those under way are broken off, and none begins', async () => {
    await ready();
    await rest();
    const signals: AbortSignal[] = [];
    till.fetcher = (input, init) => {
      if (!String(input).startsWith(store.url)) return store.fetch(input, init);
      signals.push(init!.signal!);
      // A store that never answers.
      return new Promise((_, fail) => init!.signal!.addEventListener('abort', () => fail(new TypeError('aborted'))));
    };
    const search = searchStore(till, { q: '', from: '', to: '' });
    await sell();
    await eventually(() => signals.length >= 2);
    await cloud.command('ACTIVATE');
    await expect(search).rejects.toThrow();
    await eventually(() => isSelling(till));
    expect(signals.every((signal) => signal.aborted)).toBe(true);
    const calls = signals.length;
    await rest();
    await sell();
    globalThis.dispatchEvent?.(new Event('online'));
    await expect(searchStore(till, { q: '', from: '', to: '' })).rejects.toThrow('this line is closed');
    await expect(refresh(till, serviceOf(till, till.device.value!))).rejects.toThrow('this line is closed');
    await expect(unpair(till)).rejects.toThrow(StillWaiting);
    await rest();
    const again = await restarted();
    again.fetcher = till.fetcher;
    await expect(serviceOf(again, again.device.value!).json('/state')).rejects.toThrow('this line is closed');
    run(again);
    await signIn(again, '101', '1234');
    await sell(again);
    await rest(again);
    expect(signals.length).toBe(calls);
    expect(cloud.journalOf()).toContain('E1-2');
  });

  it('the sale in progress ends, in words; what was sold before stays', async () => {
    await sell();
    scan(till, MILK);
    scan(till, MILK);
    await eventually(async () => (await readDraft(till.database))?.basket.lines.length === 2);
    await activated();
    expect(till.basket.value.lines.length).toBe(0);
    expect(till.trouble.value).toEqual({ kind: 'SALE_DROPPED', lines: 2 });
    expect(await readDraft(till.database)).toBeUndefined();
    clear(till);
    await sell();
    expect(till.receipt.value?.number).toBe('12-3-E1-000001');
  });

  it('who is not on the emergency’s list signs in anew, with what the backup knows', async () => {
    await cloud.publishStaff([await staffMember('102', 'Ali', '4321')]);
    await ready();
    till.member.value = { ...till.member.value!, id: 'somebody else' };
    await cloud.command('ACTIVATE');
    await eventually(() => till.screen.value === 'SIGN_IN');
    expect(await signIn(till, '101', '1234')).toMatchObject({ kind: 'WRONG' });
    expect(await signIn(till, '102', '4321')).toEqual({ kind: 'IN' });
  });

  it('nothing is sold while the cloud has not given the device its place; then by itself', async () => {
    await ready();
    cloud.closed = true;
    await cloud.command('ACTIVATE');
    await eventually(() => standstill(till.emergency.value) === 'ENTERING');
    expect(till.prices.value).toBeNull();
    scan(till, MILK);
    expect(till.trouble.value).toEqual({ kind: 'STANDSTILL', why: 'ENTERING' });
    clear(till);
    cloud.closed = false;
    await eventually(() => till.prices.value !== null);
    await sell();
    expect(till.receipt.value?.number).toBe('12-3-E1-000001');
  });

  it('without a backup the device switches and says that it cannot sell', async () => {
    cloud.backup = null;
    cloud.prices = null;
    run(till);
    await cloud.command('ACTIVATE');
    await eventually(() => standstill(till.emergency.value) === 'NO_BACKUP');
    scan(till, MILK);
    expect(till.trouble.value).toEqual({ kind: 'STANDSTILL', why: 'NO_BACKUP' });
    await rest();
    expect(cloud.journalOf().at(-1)).toBe('OPEN E1 EMERGENCY');
  });

  it('a device that was off switches when it wakes', async () => {
    await ready();
    halt();
    await cloud.command('ACTIVATE');
    const again = await restarted();
    run(again);
    await eventually(() => isSelling(again));
    await signIn(again, '101', '1234');
    await sell(again);
    expect(again.receipt.value?.number).toBe('12-3-E1-000001');
  });

  it('a device that the store had shut out obeys the emergency cloud', async () => {
    await ready();
    store.revoked = true;
    await refresh(till, serviceOf(till, till.device.value!)).catch(() => undefined);
    till.connection.value = { ...till.connection.value, revoked: true };
    await cloud.command('ACTIVATE');
    await eventually(() => isSelling(till));
    await sell();
    expect(till.receipt.value?.number).toBe('12-3-E1-000001');
  });

  it('the price file of another backup, or of a lower version, is refused', async () => {
    await ready();
    cloud.closed = true;
    await cloud.command('ACTIVATE');
    await eventually(() => standstill(till.emergency.value) === 'ENTERING');
    await cloud.publishPrices(CHEAPER, { version: 0 });
    cloud.closed = false;
    await eventually(() => till.warning.value?.what === 'EMERGENCY_PRICES');
    expect(till.warning.value?.code).toBe('OLDER_VERSION');
    await cloud.publishPrices(CHEAPER, { version: 7, backup: IDS.org });
    await new Promise((done) => setTimeout(done, 50));
    expect(till.prices.value?.version).not.toBe(7);
  });
});

describe('money that was taken when the order came', () => {
  async function asked(mode: FakeStore['terminalMode']): Promise<void> {
    await ready();
    scan(till, MILK);
    till.screen.value = 'PAY';
    store.terminalMode = 'DOWN';
    void payCard(till, 1295);
    await eventually(() => till.card.value?.state === 'UNKNOWN');
    const id = till.card.value!.id;
    await cloud.command('ACTIVATE');
    await eventually(() => till.emergency.value?.series === 'OPEN');
    // The switch has happened; the question stays, on the screen and on disk.
    expect([till.card.value?.id, till.screen.value, till.basket.value.lines.length]).toEqual([id, 'PAY', 1]);
    expect((await readDraft(till.database))?.card?.id).toBe(id);
    scan(till, MILK);
    expect(till.basket.value.lines.length).toBe(1);
    if (mode === 'APPROVE') store.charged.set(id, { state: 'APPROVED', amount: 1295 });
    store.terminalMode = mode;
  }

  it('by a card that proves charged: the sale is finished in the new series', async () => {
    await asked('APPROVE');
    await eventually(() => till.receipt.value);
    expect(till.receipt.value?.number).toBe('12-3-E1-000001');
    expect(till.receipt.value?.sale).toMatchObject({ total: 1295, payments: [{ tender: 'CARD', reference: 'T-1' }] });
    await sell();
    expect(till.receipt.value?.number).toBe('12-3-E1-000002');
  }, 15_000);

  it('by a card that proves not charged: then the sale ends like any other', async () => {
    await asked('LOSE_REQUEST');
    await eventually(() => till.trouble.value?.kind === 'SALE_DROPPED');
    expect([till.card.value, till.basket.value.lines.length, till.screen.value]).toEqual([null, 0, 'SALE']);
    expect(await readDraft(till.database)).toBeUndefined();
  }, 20_000);

  it('over a restart: the question is asked again, and the sale is finished in the new series', async () => {
    await asked('DOWN');
    const id = till.card.value!.id;
    till.card.value = null;
    const again = await restarted();
    expect(again.card.value).toMatchObject({ id, state: 'UNKNOWN' });
    store.charged.set(id, { state: 'APPROVED', amount: 1295 });
    store.terminalMode = 'APPROVE';
    run(again);
    await signIn(again, '101', '1234');
    await follow(again);
    await eventually(() => again.receipt.value);
    expect(again.receipt.value?.number).toBe('12-3-E1-000001');
  }, 20_000);

  it('in part by cash: the rest is paid in the emergency, and waits for its series', async () => {
    await ready();
    scan(till, MILK);
    await payCash(till, 1000);
    cloud.closed = true;
    await cloud.command('ACTIVATE');
    await eventually(() => standstill(till.emergency.value) === 'ENTERING');
    expect(till.payments.value.length).toBe(1);
    scan(till, MILK);
    expect([till.trouble.value, till.basket.value.lines.length]).toEqual([{ kind: 'SALE_KEPT' }, 1]);
    clear(till);
    await payCash(till, 300);
    expect(till.trouble.value).toEqual({ kind: 'SALE_WAITS' });
    cloud.closed = false;
    await eventually(() => till.receipt.value);
    expect(till.receipt.value?.number).toBe('12-3-E1-000001');
    expect(till.receipt.value?.sale.payments.map((one) => one.amount)).toEqual([1000, 300]);
  }, 10_000);

  it('by a sale that was being written: it is a fact of the old series, never of both', async () => {
    await ready();
    scan(till, MILK);
    const order = cloud.command('ACTIVATE');
    const finished = payCash(till, 1300);
    await Promise.all([order, finished]);
    await eventually(() => isSelling(till));
    await finishSale(till);
    await rest();
    const all = [...store.sales().map((sale) => sale.label), ...cloud.journalOf().filter((one) => /^[NE]1-/.test(one))];
    expect(all.length).toBe(1);
  });
});

describe('on RELEASE and RECOVERED', () => {
  it('the sale in progress is finished, then no new one; the series is closed with its sums and everything sent', async () => {
    await activated();
    await sell();
    scan(till, MILK);
    await cloud.command('RELEASE');
    await eventually(() => standstill(till.emergency.value) === 'RELEASED');
    scan(till, MILK);
    expect(till.basket.value.lines.length).toBe(2);
    await payCash(till, 2600);
    await eventually(() => till.emergency.value?.series === 'CLOSED');
    scan(till, MILK);
    expect(till.trouble.value).toEqual({ kind: 'STANDSTILL', why: 'RELEASED' });
    await rest();
    expect(cloud.journalOf().slice(-2)).toEqual(['E1-2', 'CLOSE E1 RELEASED']);
    const closing = JSON.parse(Buffer.from(cloud.received.at(-1)!.split('.')[1]!, 'base64url').toString()) as object;
    expect(closing).toMatchObject({ sales: 2, total: 3885, last_counter: 2, by_vat: [{ rate: 2500, gross: 3885, vat: 777 }] });
  });

  it('a basket that nobody attends to does not hold up the store', async () => {
    await activated();
    scan(till, MILK);
    till.member.value = null;
    await cloud.command('RELEASE');
    await eventually(() => till.emergency.value?.series === 'CLOSED');
  });

  async function home(): Promise<FakeStore> {
    await eventually(() => modeOf(till.emergency.value) === 'RECOVERED' && !till.member.value);
    // The last receipt may still be on the screen; it leads to the enrolment.
    expect([till.screen.value, homeScreen(till)]).toEqual([till.receipt.value ? 'RECEIPT' : 'ENROL', 'ENROL']);
    // The rebuilt store: the same chain, a new key, a new device, the next series; its versions count anew.
    const rebuilt = await FakeStore.open();
    Object.assign(rebuilt, {
      root: store.root,
      cloud,
      device: '00000000-0000-7000-8000-0000000000d2',
      series: { id: '00000000-0000-7000-8000-0000000000e2', label: 'N2' },
    });
    await rebuilt.publishPrices(SMALL_FILE, { version: 1 });
    Object.assign(cloud, { store: rebuilt });
    till.fetcher = rebuilt.fetch;
    await enrolDevice(till, { url: rebuilt.url, code: rebuilt.code, root: store.root.kid }, 'Test', 'PERSISTENT');
    return rebuilt;
  }

  it('the device is enrolled again, sells in the next N series, and no old order moves it', async () => {
    store.prices!.version = 40;
    await activated();
    await sell();
    const activation = cloud.order!;
    await cloud.command('RELEASE');
    await cloud.command('RECOVERED');
    await rest();
    const rebuilt = await home();
    await eventually(() => till.staff.value && till.prices.value);
    expect(await signIn(till, '101', '1234')).toEqual({ kind: 'IN' });
    await sell();
    expect(till.receipt.value?.number).toBe('12-3-N2-000001');
    await rest();
    expect(rebuilt.sales().map((sale) => sale.label)).toEqual(['N2']);
    await takeOrder(till, activation);
    expect(modeOf(till.emergency.value)).toBe('NORMAL');
    expect(till.warning.value).toEqual({ what: 'ORDER', code: 'OLDER_VERSION' });
    // The next emergency finds it again.
    await cloud.command('ACTIVATE', { emergency: SECOND });
    await eventually(() => isSelling(till));
    clear(till);
    await sell();
    expect(till.receipt.value?.number).toBe('12-3-E2-000001');
  });

  it('what its former self could not send yet it still sends, under its former name', async () => {
    await activated();
    await sell();
    await rest();
    cloud.deaf = true;
    await sell();
    await cloud.command('RECOVERED');
    const rebuilt = await home();
    await eventually(() => till.staff.value && till.prices.value);
    await signIn(till, '101', '1234');
    await sell();
    await eventually(() => rebuilt.sales().length === 1);
    expect(cloud.journalOf()).not.toContain('E1-2');
    expect(await till.database.get('device', 'former')).toBeDefined();
    cloud.deaf = false;
    till.nudge();
    await rest();
    expect(cloud.journalOf().slice(-2)).toEqual(['E1-2', 'CLOSE E1 RELEASED']);
    await eventually(async () => !(await till.database.get('device', 'former')));
    expect(rebuilt.sales().map((sale) => `${sale.label}-${sale.counter}`)).toEqual(['N2-1']);
  });

  it('a device that slept through all of it sends what it has, and asks to be enrolled again', async () => {
    await ready();
    halt();
    store.down = true;
    await sell();
    await cloud.command('ACTIVATE');
    await cloud.command('RELEASE');
    await cloud.command('RECOVERED');
    const again = await restarted();
    run(again);
    await eventually(() => again.screen.value === 'ENROL');
    await rest(again);
    expect(cloud.journalOf()).toContain('N1-1');
  });
});

describe('a crash between any two durable steps', () => {
  /** Live through a whole emergency, cut off before the n-th strict write; then start again and go on. Returns what came out. */
  async function live(cut: number): Promise<{ cuts: number; end: unknown }> {
    const store = await FakeStore.open();
    const cloud = await FakeCloud.open(store);
    await cloud.publishPrices(CHEAPER);
    let one = await signedInTill(store);
    const { database } = one;
    const power: Power = { writes: 0, isOff: false };
    const guard = (inner: Till): void => {
      inner.database = underPower(database, cut, power);
    };
    const restart = async (): Promise<void> => {
      power.isOff = false;
      const again = newTill(database, store.fetch, '0.1.0');
      again.settings.value = { ...again.settings.value, muted: true };
      await startTill(again);
      await loadPrices(again);
      one = again;
      guard(again);
    };
    /** As often as it takes: a restart after each failure. */
    const until = async (work: () => Promise<unknown>, done: () => boolean): Promise<void> => {
      for (let tries = 0; tries < 6; tries++) {
        await work().catch(() => undefined);
        if (!power.isOff && done()) return;
        await restart();
      }
      throw new Error('never arrived');
    };
    const go = async (): Promise<void> => {
      if (cloud.order) await takeOrder(one, cloud.order);
      await advance(one);
    };
    guard(one);
    // The cloud has never heard of this device, which has a sale open.
    scan(one, MILK);
    await cloud.command('ACTIVATE');
    await until(go, () => isSelling(one));
    if (!one.member.value) one.member.value = one.staff.value!.staff[0]!;
    one.trouble.value = null;
    await until(
      async () => {
        if (!one.member.value) one.member.value = one.staff.value!.staff[0]!;
        if (!one.basket.value.lines.length) scan(one, MILK);
        await payCash(one, 1200);
      },
      () => one.receipt.value !== null,
    );
    await cloud.command('RELEASE');
    await until(go, () => one.emergency.value?.series === 'CLOSED');
    await cloud.command('RECOVERED');
    await until(go, () => modeOf(one.emergency.value) === 'RECOVERED');
    const { readyAt: _, kid: __, assignment, ...state } = (await readEmergency(database))!;
    const rows = await database.getAll('journal');
    const series = (await database.getAll('series')).map(({ label, state: stands, counter, total }) => [label, stands, counter, total]);
    const records = rows.filter((row) => row.kind !== 'EVENT').map((row) => row.kind);
    const staff = (await database.get('staff', 'emergency'))?.list.version;
    return { cuts: power.writes, end: { state, assigned: assignment?.series, series, records, staff } };
  }

  it('leads to the same end', async () => {
    const calm = await live(0);
    expect(calm.end).toMatchObject({
      series: expect.arrayContaining([['N1', 'CLOSED', 0, 0], ['E1', 'CLOSED', 1, 1200]]) as unknown,
      records: ['SERIES', 'SERIES', 'SERIES', 'SALE', 'SERIES'],
    });
    expect(calm.cuts).toBeGreaterThanOrEqual(7);
    for (let cut = 1; cut <= calm.cuts; cut++) {
      const { end } = await live(cut);
      expect([cut, end]).toEqual([cut, calm.end]);
    }
  }, 30_000);
});

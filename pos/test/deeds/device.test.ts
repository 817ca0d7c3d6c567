import 'fake-indexeddb/auto';
import { beforeEach, describe, expect, it } from 'vitest';
import { maySellWithout } from '../../src/deeds/enrol';
import { payCash } from '../../src/deeds/pay';
import { clear, scan } from '../../src/deeds/ring-up';
import { refresh } from '../../src/deeds/refresh';
import { lineFailed, serviceOf } from '../../src/deeds/service';
import { signIn, signOut } from '../../src/deeds/sign-in';
import { loadPrices, startTill } from '../../src/deeds/start';
import { newTill, type Till } from '../../src/deeds/till';
import { unpair } from '../../src/deeds/unpair';
import { NotARescueFile, rescueFile, unsentSales, uploadRescue } from '../../src/deeds/unsent';
import { searchOwn } from '../../src/deeds/receipts';
import { StillWaiting } from '../../src/store/rows';
import { FakeStore, SMALL_FILE, staffMember } from '../fake-store';
import { enrolledTill, push, signedInTill } from '../till';

let store: FakeStore;
let till: Till;

beforeEach(async () => {
  store = await FakeStore.open();
  till = await signedInTill(store);
});

async function sell(): Promise<void> {
  scan(till, '5701234567899');
  await payCash(till, 1300);
}

describe('a store that was put back to an older state', () => {
  const ask = () => refresh(till, serviceOf(till, till.device.value!));

  it('hears which versions this device has seen, and is taken at its word again once it has passed them', async () => {
    const backup = { staff: store.staff, prices: store.prices!, enrolmentVersion: store.enrolmentVersion };
    await store.publishStaff([await staffMember('101', 'Maja', '7777', 2)]);
    await store.publishPrices({ ...SMALL_FILE, prices: SMALL_FILE.prices.map((price) => price + 100) });
    store.enrolmentVersion++;
    await ask();
    expect(till.warning.value).toBeNull();
    const dearer = till.prices.value!.sha256;
    Object.assign(store, backup);
    await ask();
    expect(store.said).toMatchObject({ prices: '2', staff: '2', enrolment: '2' });
    expect(till.warning.value?.code).toBe('OLDER_VERSION');
    expect([till.prices.value!.sha256, till.staff.value!.version]).toEqual([dearer, 2]);
    store.staff.version = 2;
    await store.publishStaff([await staffMember('101', 'Maja', '1234', 3)]);
    await store.publishPrices(SMALL_FILE, { version: 3 });
    store.enrolmentVersion = 3;
    await ask();
    expect(till.warning.value).toBeNull();
    expect(till.prices.value).toMatchObject({ version: 3, sha256: backup.prices.sha256 });
    expect([till.staff.value!.version, till.device.value!.enrolment.version]).toEqual([3, 3]);
  });

  it.each(['staff', 'enrolment'] as const)('is not passed over in silence when only its %s is older', async (paper) => {
    await store.publishStaff([await staffMember('101', 'Maja', '7777', 2)]);
    store.enrolmentVersion = 2;
    await ask();
    if (paper === 'enrolment') store.enrolmentVersion = 1;
    else {
      store.staff.version = 0;
      await store.publishStaff([await staffMember('101', 'Maja', '1234')]);
    }
    await ask();
    expect(till.warning.value).toEqual({ what: paper.toUpperCase(), code: 'OLDER_VERSION' });
  });
});

describe('signing in', () => {
  it('is refused after ten wrong PINs, also over a restart, until there is a new PIN', async () => {
    let fresh = await enrolledTill(await FakeStore.open().then((one) => (store = one)));
    for (let i = 9; i > 0; i--) expect(await signIn(fresh, '101', '0000')).toEqual({ kind: 'WRONG', left: i });
    const again = newTill(fresh.database, store.fetch, '0.1.0');
    await startTill(again);
    fresh = again;
    expect(await signIn(fresh, '101', '0000')).toEqual({ kind: 'BLOCKED' });
    expect(await signIn(fresh, '101', '1234')).toEqual({ kind: 'BLOCKED' });
    await push(fresh);
    expect(store.documents('butik-event').filter((event) => event['kind'] === 'PIN_BLOCKED').length).toBe(1);
    await store.publishStaff([await staffMember('101', 'Maja', '7777', 2)]);
    await refresh(fresh, serviceOf(fresh, fresh.device.value!));
    expect(await signIn(fresh, '101', '7777')).toEqual({ kind: 'IN' });
  });

  it('takes no barcode for a PIN: it costs no try, whoever it is', async () => {
    for (const code of ['5701234567899', '123456789', '123', '', '12a4', '１２３４']) {
      expect([code, await signIn(till, '101', code)]).toEqual([code, { kind: 'NO_PIN' }]);
      expect(await signIn(till, '999', code)).toEqual({ kind: 'NO_PIN' });
    }
    expect(await signIn(till, '101', '0000')).toEqual({ kind: 'WRONG', left: 9 });
  });

  it('says nothing about who exists', async () => {
    expect(await signIn(till, '999', '1234')).toEqual({ kind: 'WRONG', left: null });
  });

  it('works without a network after a cold start, with the prices and the unsent sales', async () => {
    await sell();
    store.down = true;
    const again = newTill(till.database, store.fetch, '0.1.0');
    await startTill(again);
    await loadPrices(again);
    expect(again.screen.value).toBe('SIGN_IN');
    expect(await signIn(again, '101', '1234')).toEqual({ kind: 'IN' });
    expect(again.waiting.value.sales).toBe(1);
    scan(again, '5701234567899');
    expect(again.basket.value.lines.length).toBe(1);
  });
});

describe('signing out', () => {
  it('works at any time and touches no sale', async () => {
    await sell();
    scan(till, '5701234567899');
    await signOut(till);
    expect(till.screen.value).toBe('SIGN_IN');
    expect(till.waiting.value.sales).toBe(1);
    await signIn(till, '101', '1234');
    expect(till.basket.value.lines.length).toBe(1);
  });
});

describe('trouble', () => {
  it('stays until it is cleared, and the basket is safe meanwhile', async () => {
    scan(till, '5701234567899');
    scan(till, '1234');
    scan(till, '5701234567899');
    expect(till.trouble.value).toEqual({ kind: 'UNKNOWN', code: '1234' });
    expect(till.basket.value.lines.length).toBe(1);
    clear(till);
    scan(till, '5701234567899');
    expect(till.basket.value.lines.length).toBe(2);
  });
});

describe('a revoked device', () => {
  it('sells no more, also after a restart, but still sends what it sold', async () => {
    await sell();
    store.revoked = true;
    await refresh(till, serviceOf(till, till.device.value!)).catch((error: unknown) => lineFailed(till, error));
    scan(till, '5701234567899');
    expect(till.trouble.value).toEqual({ kind: 'REVOKED' });
    const again = newTill(till.database, store.fetch, '0.1.0');
    await startTill(again);
    expect(again.connection.value.revoked).toBe(true);
    await push(again);
    expect(store.sales().length).toBe(1);
  });
});

describe('unpairing', () => {
  it('is refused while a sale waits or is open', async () => {
    await sell();
    store.down = true;
    await expect(unpair(till)).rejects.toThrow();
    expect(till.device.value).not.toBeNull();
    expect((await unsentSales(till)).length).toBe(1);
    store.down = false;
    scan(till, '5701234567899');
    await expect(unpair(till)).rejects.toThrow(StillWaiting);
  });

  it('sends what waits, closes the series and forgets everything', async () => {
    await sell();
    await unpair(till);
    expect(store.sales().length).toBe(1);
    expect(till.screen.value).toBe('ENROL');
    const again = newTill(till.database, store.fetch, '0.1.0');
    await startTill(again);
    expect(again.screen.value).toBe('ENROL');
  });

  it('sends the same closing record again when the answer was lost, and sells nothing meanwhile', async () => {
    const bodies: string[] = [];
    let lose = true;
    till.fetcher = async (input, init) => {
      const answer = await store.fetch(input, init);
      if (!String(input).endsWith('/unpair')) return answer;
      bodies.push(String(init?.body));
      if (lose) throw new TypeError('lost');
      return answer;
    };
    await expect(unpair(till)).rejects.toThrow();
    scan(till, '5701234567899');
    expect(till.trouble.value).toEqual({ kind: 'CLOSING' });
    clear(till);
    lose = false;
    await unpair(till);
    expect(bodies[0]).toBe(bodies[1]);
  });
});

describe('a rescue file', () => {
  it('carries unsent sales to the store by another device, and the own ones stay', async () => {
    await sell();
    await sell();
    const { content } = await rescueFile(till);
    const other = await signedInTill(await FakeStore.open());
    const helper = await FakeStore.open();
    const carrier = await signedInTill(helper);
    expect(await uploadRescue(carrier, content)).toEqual({ BOOKED: 4, KNOWN: 0, QUARANTINED: 0 });
    expect(helper.sales().map((sale) => sale.counter)).toEqual([1, 2]);
    expect((await unsentSales(till)).length).toBe(2);
    await expect(uploadRescue(other, '{"format":"x"}')).rejects.toThrow(NotARescueFile);
    await expect(uploadRescue(other, 'no json')).rejects.toThrow(NotARescueFile);
  });
});

describe('own receipts', () => {
  it('are found without a network by number, amount and article', async () => {
    await sell();
    const find = (q: string) => searchOwn(till, { q, from: '', to: '' });
    for (const q of ['', '12-3-N1-000001', '12,95', 'minimælk']) expect((await find(q)).length).toBe(1);
    expect(await find('wine')).toEqual([]);
    expect(await searchOwn(till, { q: '', from: '2099-01-01', to: '' })).toEqual([]);
  });
});

describe('storage that is not persistent', () => {
  it('is accepted on this machine or by a person who knows', () => {
    expect(maySellWithout('localhost', false)).toBe(true);
    expect(maySellWithout('pos.example', false)).toBe(false);
    expect(maySellWithout('pos.example', true)).toBe(true);
  });
});

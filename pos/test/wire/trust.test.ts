import 'fake-indexeddb/auto';
import { gzipSync } from 'node:zlib';
import { beforeEach, describe, expect, it } from 'vitest';
import { refresh } from '../../src/deeds/refresh';
import { scan } from '../../src/deeds/ring-up';
import { serviceOf } from '../../src/deeds/service';
import type { Till } from '../../src/deeds/till';
import { payCash } from '../../src/deeds/pay';
import type { Hit } from '../../src/shop/price-list';
import { makeDeviceKey, openDocument, signDocument, verifyDocument } from '../../src/wire/jws';
import { enrolDevice } from '../../src/deeds/enrol';
import { FakeStore, IDS, SMALL_FILE, staffMember } from '../fake-store';
import { emptyTill, push, signedInTill } from '../till';

let store: FakeStore;
let till: Till;

beforeEach(async () => {
  store = await FakeStore.open();
  till = await signedInTill(store);
});

const pull = () => refresh(till, serviceOf(till, till.device.value!));
const DEARER = { ...SMALL_FILE, prices: SMALL_FILE.prices.map((price) => price + 100) };

describe('a price file', () => {
  it('is taken when it is newer, and priced from at once', async () => {
    await store.publishPrices(DEARER);
    await pull();
    expect(till.prices.value?.version).toBe(2);
    expect((till.prices.value?.list.find('5701234567899') as Hit).article.price).toBe(1395);
  });

  it('waits for the end of an open sale', async () => {
    scan(till, '5701234567899');
    await store.publishPrices(DEARER);
    await pull();
    scan(till, '5701234567899');
    expect(till.basket.value.lines.map((line) => line.unitPrice)).toEqual([1295, 1295]);
    await payCash(till, 2600);
    scan(till, '5701234567899');
    expect(till.basket.value.lines[0]!.unitPrice).toBe(1395);
  });

  const bad: [string, string, (store: FakeStore) => Promise<void>][] = [
    ['of another store', 'WRONG_STORE', (one) => one.publishPrices(DEARER, { store: IDS.chain })],
    ['of an older version', 'OLDER_VERSION', (one) => one.publishPrices(DEARER, { version: 0 })],
    ['of the same version with other bytes', 'OLDER_VERSION', (one) => one.publishPrices(DEARER, { version: 1 })],
    ['signed by another key', 'BAD_SIGNATURE', async (one) => one.publishPrices(DEARER, {}, await makeDeviceKey())],
    ['that has expired', 'EXPIRED', (one) => one.publishPrices(DEARER, { expires_at: '2026-01-01T00:00:00Z' })],
    ['of another format', 'UNREADABLE', (one) => one.publishPrices(DEARER, { format: 'butik-prices/9' })],
    ['whose size differs', 'BAD_HASH', (one) => one.publishPrices(DEARER, { size: 5 })],
    [
      'whose bytes differ',
      'BAD_HASH',
      async (one) => (await one.publishPrices(DEARER), void (one.prices!.bytes = new Uint8Array(gzipSync('{}')))),
    ],
    ['with fewer articles than it says', 'UNREADABLE', (one) => one.publishPrices(DEARER, { articles: 99 })],
    ['that is torn', 'UNREADABLE', (one) => one.publishPrices({ ...DEARER, prices: [] })],
  ];
  it.each(bad)('%s is refused: the old one stays, the screen and the journal say so once', async (_, code, publish) => {
    await publish(store);
    await pull();
    await pull();
    expect(till.prices.value?.version).toBe(1);
    expect((till.prices.value?.list.find('5701234567899') as Hit).article.price).toBe(1295);
    expect(till.warning.value).toEqual({ what: 'PRICES', code });
    await push(till);
    expect(store.documents('butik-event').filter((event) => event['kind'] === 'PRICES_REFUSED')).toMatchObject([{ data: { code } }]);
    await store.publishPrices(DEARER, { version: 9 });
    await pull();
    expect(till.warning.value).toBeNull();
    expect(till.prices.value?.version).toBe(9);
  });

  it('is believed from a key that the root has introduced meanwhile', async () => {
    const next = await makeDeviceKey();
    const introduced = await FakeStore.open();
    Object.assign(introduced, { root: store.root, key: next });
    const certificate = await introduced.certificate({ version: 2 });
    Object.assign(store, { key: next, certificate: () => Promise.resolve(certificate) });
    await store.publishPrices(DEARER, {}, next);
    await pull();
    expect(till.prices.value?.version).toBe(2);
    expect(till.warning.value).toBeNull();
  });
});

describe('a list of staff', () => {
  it('that is not signed by the store is refused', async () => {
    Object.assign(store.staff, {
      version: 2,
      document: await signDocument(await makeDeviceKey(), 'butik-staff', { v: 1, version: 2, store: IDS.store, staff: [] }),
    });
    await pull();
    expect(till.staff.value?.staff.length).toBe(1);
    expect(till.warning.value).toEqual({ what: 'STAFF', code: 'BAD_SIGNATURE' });
  });

  it('replaces the old one', async () => {
    await store.publishStaff([await staffMember('102', 'Ali', '4321')]);
    await pull();
    expect(till.staff.value?.staff.map((one) => one.name)).toEqual(['Ali']);
  });
});

describe('an enrolment', () => {
  const enrol = async (root: string | null, change: (one: FakeStore) => void) => {
    const other = await FakeStore.open();
    change(other);
    const fresh = await emptyTill(other);
    await enrolDevice(fresh, { url: other.url, code: other.code, root: root ?? other.root.kid }, 'T', 'PERSISTENT');
  };

  it('by QR is refused when the root is another', async () => {
    await expect(enrol('AAAAAAAAAAAAAAAAAAAAAA', () => undefined)).rejects.toMatchObject({ code: 'BAD_SIGNATURE' });
  });

  it('is refused with a certificate that the root did not sign, or that ran out, or of another store', async () => {
    const stranger = await makeDeviceKey();
    const swap = (change: object, by?: typeof stranger) => (one: FakeStore) => {
      const certificate = one.certificate.bind(by ? Object.assign(Object.create(one) as FakeStore, { root: by }) : one, change);
      Object.assign(one, { certificate });
    };
    await expect(enrol(null, swap({}, stranger))).rejects.toMatchObject({ code: 'BAD_SIGNATURE' });
    await expect(enrol(null, swap({ expires_at: '2026-01-01T00:00:00Z' }))).rejects.toMatchObject({ code: 'EXPIRED' });
    await expect(enrol(null, swap({ store: IDS.org }))).rejects.toMatchObject({ code: 'WRONG_STORE' });
    await expect(enrol(null, swap({ use: 'chain' }))).rejects.toMatchObject({ code: 'WRONG_STORE' });
  });
});

describe('a signed document', () => {
  it('is worth nothing as another type, with another byte, or by another key', async () => {
    const key = await makeDeviceKey();
    const document = await signDocument(key, 'butik-sale', { total: 1 });
    expect(await verifyDocument(document, 'butik-sale', key.publicKey)).toEqual({ total: 1 });
    await expect(verifyDocument(document, 'butik-event', key.publicKey)).rejects.toThrow('type is butik-sale');
    await expect(verifyDocument(document, 'butik-sale', (await makeDeviceKey()).publicKey)).rejects.toThrow('another key');
    const [head, body, signature] = document.split('.') as [string, string, string];
    const other = await signDocument(key, 'butik-sale', { total: 2 });
    await expect(verifyDocument([head, other.split('.')[1], signature].join('.'), 'butik-sale', key.publicKey)).rejects.toThrow(
      'does not fit',
    );
    for (const broken of ['', 'a.b', `${head}.${body}`, `${document}=`, `${head}.${body}.${signature}.x`]) {
      expect(() => openDocument(broken, 'butik-sale')).toThrow();
    }
  });
});

/**
 * Every signed document that a device judges, at the door where it comes in, against everything that may be wrong with it.
 * The lines are those of docs/formats/signed-documents.md: a new document needs its line here.
 */
import 'fake-indexeddb/auto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { advance, changeEmergency, takeEmergencyPrices, takeOrder } from '../../src/deeds/emergency';
import { enrolDevice } from '../../src/deeds/enrol';
import { refresh } from '../../src/deeds/refresh';
import { cloudOf, serviceOf } from '../../src/deeds/service';
import type { Till } from '../../src/deeds/till';
import { fromBase64url, toBase64url } from '../../src/wire/base64url';
import { type DeviceKey, type DocumentType, keyId, makeDeviceKey, openDocument, payloadOf, signDocument } from '../../src/wire/jws';
import { Refused } from '../../src/wire/trust';
import { FakeCloud, FIRST } from '../fake-cloud';
import { FakeStore, IDS, SMALL_FILE, staffMember } from '../fake-store';
import { emptyTill, enrolledTill } from '../till';

type Payload = Record<string, unknown>;
type Signer = 'chain root' | 'store' | 'emergency';

interface World {
  store: FakeStore;
  cloud: FakeCloud;
  till: Till;
  stranger: DeviceKey;
  /** What a first enrolment was refused for. */
  refused: string | null;
}

interface Line {
  typ: DocumentType;
  by: Signer;
  /** Bring the next one as it comes in life. `make` signs it, or spoils it. True when the device obeys it. */
  offer(world: World, make: (next: Payload) => Promise<string>): Promise<boolean>;
  /** Of the same version, for another key. */
  withKey?(next: Payload, world: World): Promise<Payload>;
  /** What is not wrong with this document, since it says nothing about it. */
  silent: Fault[];
  /** Where the reason is another one than usual. */
  reasons?: Partial<Record<Fault, string>>;
}

const DEARER = { ...SMALL_FILE, prices: SMALL_FILE.prices.map((price) => price + 100) };
const OTHER = '00000000-0000-7000-8000-0000000000ff';
const ELSEWHERE = 'http://localhost:8015';

const hoursAgo = (hours: number) => new Date(Date.now() - hours * 3_600_000).toISOString();

/** A device that has seen version 5 of everything, so that there are older ones. */
async function world(): Promise<World> {
  const store = await FakeStore.open();
  const cloud = await FakeCloud.open(store);
  store.enrolmentVersion = store.certificateVersion = 5;
  store.staff.version = 4;
  await store.publishStaff([await staffMember('101', 'Maja', '1234')]);
  await store.publishPrices(SMALL_FILE, { version: 5 });
  await cloud.pair(cloud.root, store.root, 5);
  await cloud.publishPrices(SMALL_FILE, { version: 5 });
  return { store, cloud, till: await enrolledTill(store), stranger: await makeDeviceKey(), refused: null };
}

function said(document: string, typ: DocumentType): Payload {
  return payloadOf<Payload>(openDocument(document, typ));
}

const ask = ({ till }: World) => refresh(till, serviceOf(till, till.device.value!));

async function enrolled(one: World): Promise<boolean> {
  const fresh = await emptyTill(one.store);
  one.store.code = 'AGAIN';
  one.refused = null;
  try {
    await enrolDevice(fresh, { url: one.store.url, code: 'AGAIN', root: null }, 'T', 'PERSISTENT');
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    one.refused = error.code;
  }
  return fresh.device.value !== null;
}

async function activated({ till, cloud }: World): Promise<void> {
  await takeOrder(till, await cloud.command('ACTIVATE', { version: 5 }));
}

const LINES: Record<string, Line> = {
  'a certificate': {
    typ: 'butik-key',
    by: 'chain root',
    async offer(one, make) {
      const key = await makeDeviceKey();
      const next = said(await one.store.certificate({ version: 6, key: toBase64url(key.publicKey) }), 'butik-key');
      const document = await make(next);
      Object.assign(one.store, { key, certificate: () => Promise.resolve(document) });
      one.store.enrolmentVersion = 6;
      await ask(one);
      return one.till.device.value!.certificate === document;
    },
    withKey: (next) => Promise.resolve({ ...next, version: 5 }),
    silent: ['of another device', 'of another emergency or backup', 'whose file has other bytes', ...UNDER()],
    reasons: { 'for another key': 'OLDER_VERSION' },
  },
  'a certificate at enrolment': {
    typ: 'butik-key',
    by: 'chain root',
    async offer(one, make) {
      const document = await make(said(await one.store.certificate(), 'butik-key'));
      Object.assign(one.store, { certificate: () => Promise.resolve(document) });
      return enrolled(one);
    },
    // The enrolment is not by the key that it introduces then.
    withKey: (next, one) => Promise.resolve({ ...next, key: toBase64url(one.stranger.publicKey) }),
    silent: ['of another device', 'of an older version', 'of another emergency or backup', 'whose file has other bytes', ...UNDER()],
    reasons: { 'for another key': 'BAD_SIGNATURE' },
  },
  'an enrolment': {
    typ: 'butik-enrolment',
    by: 'store',
    async offer(one, make) {
      const document = await make({ ...said(await one.store.enrolment(), 'butik-enrolment'), version: 6 });
      Object.assign(one.store, { enrolment: () => Promise.resolve(document) });
      one.store.enrolmentVersion = 9;
      await ask(one);
      return one.till.device.value!.enrolmentDocument === document;
    },
    withKey: async (next, one) => ({ ...next, device: { id: IDS.device, kid: await keyId(one.stranger.publicKey) } }),
    silent: ['of another emergency or backup', 'whose file has other bytes', ...EXPIRY()],
  },
  'an enrolment at enrolment': {
    typ: 'butik-enrolment',
    by: 'store',
    offer(one, make) {
      const own = one.store.enrolment.bind(one.store);
      Object.assign(one.store, { enrolment: async () => make(said(await own(), 'butik-enrolment')) });
      return enrolled(one);
    },
    withKey: async (next, one) => ({ ...next, device: { id: IDS.device, kid: await keyId(one.stranger.publicKey) } }),
    silent: ['of another device', 'of an older version', 'of another emergency or backup', 'whose file has other bytes', ...EXPIRY()],
  },
  'a price file': {
    typ: 'butik-prices',
    by: 'store',
    async offer(one, make) {
      await one.store.publishPrices(DEARER);
      const prices = one.store.prices!;
      prices.manifest = await make(said(prices.manifest, 'butik-prices'));
      await ask(one);
      return one.till.prices.value!.sha256 === prices.sha256;
    },
    silent: ['of another device', 'for another key', 'of another emergency or backup'],
  },
  'a list of staff': {
    typ: 'butik-staff',
    by: 'store',
    async offer(one, make) {
      await one.store.publishStaff([await staffMember('102', 'Ali', '4321')]);
      one.store.staff = { version: 9, document: await make(said(one.store.staff.document, 'butik-staff')) };
      await ask(one);
      return one.till.staff.value!.staff[0]!.name === 'Ali';
    },
    silent: ['of another chain', 'of another device', 'for another key', 'of another emergency or backup', 'whose file has other bytes', ...EXPIRY()],
  },
  'a pairing': {
    typ: 'butik-emergency',
    by: 'chain root',
    async offer(one, make) {
      one.cloud.pairing = await make({ ...said(one.cloud.pairing, 'butik-emergency'), version: 6, url: ELSEWHERE });
      one.store.enrolmentVersion = 6;
      await ask(one);
      return one.till.device.value!.emergency!.url === ELSEWHERE;
    },
    withKey: (next, one) => Promise.resolve({ ...next, key: toBase64url(one.stranger.publicKey) }),
    silent: ['of another store', 'of another device', 'of another emergency or backup', 'whose file has other bytes', ...EXPIRY(), ...UNDER()],
    reasons: { 'for another key': 'OTHER_ROOT' },
  },
  'an order': {
    typ: 'butik-order',
    by: 'emergency',
    async offer(one, make) {
      await activated(one);
      await takeOrder(one.till, await make(said(await one.cloud.signOrder('RELEASE', { version: 6 }), 'butik-order')));
      return one.till.emergency.value!.seen === 6;
    },
    silent: ['of another device', 'for another key', 'of another emergency or backup', 'whose file has other bytes', ...UNDER()],
  },
  'an assignment': {
    typ: 'butik-assignment',
    by: 'emergency',
    async offer(one, make) {
      await activated(one);
      one.cloud.assigned = await make({
        v: 1,
        org: IDS.org,
        chain: IDS.chain,
        store: IDS.store,
        pos: 3,
        device: IDS.device,
        key: toBase64url(one.till.device.value!.key.publicKey),
        emergency: FIRST,
        series: { id: '00000000-0000-7000-8000-00000000e001', label: 'E1' },
        choice: 'NONE',
        backup: null,
        issued_at: '2026-11-21T08:00:01Z',
      });
      await advance(one.till);
      return one.till.emergency.value!.assignment !== null;
    },
    withKey: (next, one) => Promise.resolve({ ...next, key: toBase64url(one.stranger.publicKey) }),
    silent: ['of an older version', 'whose file has other bytes', ...EXPIRY(), ...UNDER()],
  },
  "an emergency's price file": {
    typ: 'butik-prices',
    by: 'emergency',
    async offer(one, make) {
      await activated(one);
      await advance(one.till);
      await one.cloud.publishPrices(DEARER);
      const document = await make(said(one.cloud.prices!.manifest, 'butik-prices'));
      await takeEmergencyPrices(one.till, cloudOf(one.till, one.till.device.value)!, document);
      return one.till.emergency.value!.held!.sha256 === one.cloud.prices!.sha256;
    },
    silent: ['of another device', 'for another key', ...UNDER()],
    // It may be one that was asked for before the order came: it is left alone, without a word.
    reasons: { 'of another emergency or backup': 'LEFT' },
  },
  "an emergency's list of staff": {
    typ: 'butik-staff',
    by: 'emergency',
    async offer(one, make) {
      await activated(one);
      await changeEmergency(one.till, (state) => Promise.resolve({ ...state, staffVersion: 5 }));
      await one.cloud.publishStaff([await staffMember('102', 'Ali', '4321')], 6);
      one.cloud.staff = await make(said(one.cloud.staff, 'butik-staff'));
      await advance(one.till);
      return one.till.staff.value!.staff[0]!.name === 'Ali';
    },
    silent: ['of another chain', 'of another device', 'for another key', 'of another emergency or backup', 'whose file has other bytes', ...EXPIRY(), ...UNDER()],
  },
};

/** What may be wrong, and how it is made. */
const FAULTS = {
  'of another organisation': changed((next) => ({ ...next, org: OTHER })),
  'of another chain': changed((next) => ({ ...next, chain: renamed(next['chain']) })),
  'of another store': changed((next) => ({ ...next, store: renamed(next['store']) })),
  'of another device': changed((next) => ({ ...next, device: renamed(next['device']) })),
  'for another key': changed((next, line, one) => line.withKey!(next, one)),
  'of an older version': changed((next) => ({ ...next, version: 4 })),
  'of another emergency or backup': changed((next) => ({ ...next, ...(next['emergency'] ? { emergency: { id: OTHER, number: 1 } } : { backup: OTHER }) })),
  'expired 25 h ago': changed((next) => ({ ...next, expires_at: hoursAgo(25) })),
  'expired 23 h ago': changed((next) => ({ ...next, expires_at: hoursAgo(23) })),
  'whose signer expired 25 h ago': underCertificate(25),
  'whose signer expired 23 h ago': underCertificate(23),
  'by another key': (next, line, one) => signDocument(one.stranger, line.typ, next),
  'by a key that has no say in it': (next, line, one) => signDocument(line.by === 'store' ? one.cloud.root : one.store.key, line.typ, next),
  'as another type': (next, line, one) => signDocument(keyOf(line, one), line.typ === 'butik-order' ? 'butik-staff' : 'butik-order', next),
  'with other bytes of the same size': async (next, line, one) => {
    const [head, body, signature] = (await signDocument(keyOf(line, one), line.typ, next)).split('.') as [string, string, string];
    const other = new TextDecoder().decode(fromBase64url(body)).replace('"v":1', '"v":7');
    return [head, toBase64url(new TextEncoder().encode(other)), signature].join('.');
  },
  'whose file has other bytes': async (next, line, one) => {
    const prices = line.by === 'store' ? one.store.prices! : one.cloud.prices!;
    const middle = prices.bytes.length >> 1;
    prices.bytes[middle] = prices.bytes[middle]! ^ 1;
    return signDocument(keyOf(line, one), line.typ, next);
  },
  'that says nothing': changed(() => ({})),
  'that is a list': changed(() => [] as unknown as Payload),
} satisfies Record<string, (next: Payload, line: Line, one: World) => Promise<string>>;
type Fault = Extract<keyof typeof FAULTS, string>;

const REASONS: Partial<Record<Fault, string>> = {
  'of an older version': 'OLDER_VERSION',
  'expired 25 h ago': 'EXPIRED',
  'expired 23 h ago': 'TAKEN',
  'whose signer expired 25 h ago': 'EXPIRED',
  'whose signer expired 23 h ago': 'TAKEN',
  'by another key': 'BAD_SIGNATURE',
  'by a key that has no say in it': 'BAD_SIGNATURE',
  'as another type': 'BAD_SIGNATURE',
  'with other bytes of the same size': 'BAD_SIGNATURE',
  'whose file has other bytes': 'BAD_HASH',
};

/** It has no end of its own. */
function EXPIRY(): Fault[] {
  return ['expired 25 h ago', 'expired 23 h ago'];
}

/** No certificate stands between it and the root. */
function UNDER(): Fault[] {
  return ['whose signer expired 25 h ago', 'whose signer expired 23 h ago'];
}

function keyOf({ by }: Line, one: World): DeviceKey {
  return by === 'store' ? one.store.key : by === 'emergency' ? one.cloud.root : one.store.root;
}

function changed(change: (next: Payload, line: Line, one: World) => Payload | Promise<Payload>) {
  return async (next: Payload, line: Line, one: World) => signDocument(keyOf(line, one), line.typ, await change(next, line, one));
}

function renamed(said: unknown): unknown {
  return typeof said === 'object' ? { ...said, id: OTHER } : OTHER;
}

function underCertificate(hours: number) {
  return async (next: Payload, line: Line, one: World) => {
    const certificate = await one.store.certificate({ expires_at: hoursAgo(hours) });
    Object.assign(one.store, { certificate: () => Promise.resolve(certificate) });
    one.till.device.value = { ...one.till.device.value!, certificate };
    return signDocument(keyOf(line, one), line.typ, next);
  };
}

async function outcome(line: Line, fault: Fault | null): Promise<string> {
  const one = await world();
  const make = fault ? FAULTS[fault] : (next: Payload) => signDocument(keyOf(line, one), line.typ, next);
  const isObeyed = await line.offer(one, (next) => make(next, line, one));
  return isObeyed ? 'TAKEN' : (one.refused ?? one.till.warning.value?.code ?? 'LEFT');
}

describe.each(Object.entries(LINES))('%s', (_, line) => {
  const faults = (Object.keys(FAULTS) as Fault[]).filter((fault) => !line.silent.includes(fault));

  it('that is good is taken', async () => {
    expect(await outcome(line, null)).toBe('TAKEN');
  });

  it.each(faults)('%s', async (fault) => {
    const isShapeless = fault === 'that says nothing' || fault === 'that is a list';
    const reason = line.reasons?.[fault] ?? REASONS[fault] ?? 'WRONG_STORE';
    const got = await outcome(line, fault);
    if (isShapeless) expect(['UNREADABLE', 'WRONG_STORE']).toContain(got);
    else expect(got).toBe(reason);
  });
});

it('the documents are those that the format names, each by each of its signers', () => {
  const format = readFileSync(new URL('../../../docs/formats/signed-documents.md', import.meta.url), 'utf8');
  const lines = [...format.matchAll(/^\| (`butik-.*?) \| (.*?) \| (.*?) \|/gm)].filter(([, , , judges]) => judges!.includes('device'));
  const named = lines.flatMap(([, types, signers]) =>
    [...types!.matchAll(/`(.*?)`/g)].flatMap(([, typ]) => signers!.split(', ').map((by) => `${typ} by ${by}`)),
  );
  expect(new Set(Object.values(LINES).map(({ typ, by }) => `${typ} by ${by}`))).toEqual(new Set(named));
});

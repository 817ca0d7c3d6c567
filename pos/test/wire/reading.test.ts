/** What a device reads before it believes it: each refusal says why, in a word for machines and in one for people. */
import { beforeEach, describe, expect, it } from 'vitest';
import { fromBase64url, toBase64url, toHex } from '../../src/wire/base64url';
import { type EmergencyPin, pinEmergency, readAssignment, readEmergencyPrices, readEmergencyStaff, readOrder, readPairing } from '../../src/wire/emergency';
import type { Enrolment } from '../../src/shop/documents';
import { BadDocument, type DeviceKey, type DocumentType, documentHash, keyId, makeDeviceKey, openDocument, signDocument } from '../../src/wire/jws';
import { checkRoot, judge, neverOlder, notExpired, notOlder, readEnrolment, readManifest, readStaff, Refused, type Trust } from '../../src/wire/trust';

const US = { org: 'o', chain: 'c', store: 's', device: 'd' };
const NOW = Date.parse('2026-11-21T08:00:00Z');
const HOUR = 3_600_000;

let root: DeviceKey;
let key: DeviceKey;
let trust: Trust;
let pin: EmergencyPin;

beforeEach(async () => {
  [root, key] = await Promise.all([makeDeviceKey(), makeDeviceKey()]);
  const pinned = { kid: root.kid, key: toBase64url(root.publicKey) };
  trust = { ...US, root: pinned, certificate: await certificate() };
  pin = { root: pinned, url: 'https://cloud.example', version: 3 };
});

function certificate(change: object = {}, by = root): Promise<string> {
  const own = { v: 1, org: 'o', chain: 'c', store: 's', key: toBase64url(key.publicKey), use: 'store', version: 2 };
  return signDocument(by, 'butik-key', { ...own, issued_at: '2026-01-01T00:00:00Z', expires_at: '2028-01-01T00:00:00Z', ...change });
}

async function refusal(reading: Promise<unknown>): Promise<[string, string]> {
  const error: unknown = await reading.then(
    () => 'it was taken',
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof Refused)) throw error;
  expect(error.name).toBe('Refused');
  return [error.code, error.message];
}

describe('base64url', () => {
  it('has one spelling for each value', () => {
    const bytes = Uint8Array.from([251, 239, 190, 255, 0]);
    expect(toBase64url(bytes)).toBe('----_wA');
    expect([...fromBase64url('----_wA')]).toEqual([...bytes]);
    expect(toHex(bytes.buffer)).toBe('fbefbeff00');
    for (const bad of ['A+', 'A/', 'AA==', ' AA', 'AA\n', 'å', '!AA', 'AA!']) expect(() => fromBase64url(bad)).toThrow('not base64url');
    expect(() => fromBase64url('AB')).toThrow('not canonical base64url');
  });
});

describe('a document', () => {
  const made = (header: unknown, body = '{}') => [JSON.stringify(header), body, 'x'].map((part) => toBase64url(new TextEncoder().encode(part))).join('.');
  const good = { alg: 'Ed25519', kid: 'k', typ: 'butik-sale' };

  it('has three parts', () => {
    expect(openDocument(made(good), 'butik-sale')).toMatchObject({ kid: 'k', typ: 'butik-sale' });
    for (const bad of ['', 'a', 'a.b', '.b.c', 'a..c', 'a.b.', 'a.b.c.d'])
      expect(() => openDocument(bad, 'butik-sale')).toThrow(expect.objectContaining({ name: 'BadDocument', message: 'not a compact JWS' }));
  });

  it.each<[string, unknown]>([
    ['bad header', { ...good, alg: 'none' }],
    ['bad header', { ...good, kid: 7 }],
    ['bad header', { ...good, jwk: {} }],
    ['bad header', { alg: 'Ed25519', kid: 'k' }],
    ['type is butik-event, expected butik-sale', { ...good, typ: 'butik-event' }],
    ['malformed', null],
  ])('says what is wrong with its header: %s', (what, header) => {
    expect(() => openDocument(made(header), 'butik-sale')).toThrow(new BadDocument(what));
  });

  it('of other letters is malformed', () => expect(() => openDocument('å.b.c', 'butik-sale')).toThrow(new BadDocument('malformed')));

  it('is known by the SHA-256 of its letters, and a key by half of its own', async () => {
    expect(await documentHash('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
    expect(await keyId(new Uint8Array([97, 98, 99]))).toBe(toBase64url(Uint8Array.from(Buffer.from('ba7816bf8f01cfea414140de5dae2223', 'hex'))));
  });

  it('is signed by a key that nobody can take out of the browser', async () => {
    expect(key.privateKey.extractable).toBe(false);
    await expect(crypto.subtle.exportKey('pkcs8', key.privateKey)).rejects.toThrow();
  });
});

describe('a certificate', () => {
  const read = (given: string, now = NOW) => refusal(readStaff('', { ...trust, certificate: given }, now, 0));

  it('is refused for another use, store or time', async () => {
    expect(await read(await certificate({ use: 'chain' }))).toEqual(['WRONG_STORE', 'certificate for chain']);
    expect(await read(await certificate({ store: 'x' }))).toEqual(['WRONG_STORE', 'certificate of another store']);
    expect(await read(await certificate({ expires_at: '2026-11-20T07:59:59Z' }))).toEqual(['EXPIRED', 'certificate expired 2026-11-20T07:59:59Z']);
    expect(await read(await certificate({}, key))).toEqual(['BAD_SIGNATURE', 'signed by another key']);
  });

  it('does not bring an older key back, nor a second one of the same version', async () => {
    const with_ = async (change: object) => ({ ...trust, certificate: await certificate(change) });
    const own = trust;
    await expect(neverOlder(own, own, NOW)).resolves.toBeUndefined();
    await expect(neverOlder(own, await with_({ version: 3, key: toBase64url(root.publicKey) }), NOW)).resolves.toBeUndefined();
    await expect(neverOlder(own, await with_({ expires_at: '2029-01-01T00:00:00Z' }), NOW)).resolves.toBeUndefined();
    expect(await refusal(neverOlder(own, await with_({ version: 1 }), NOW))).toEqual(['OLDER_VERSION', 'version 1, has 2']);
    expect(await refusal(neverOlder(own, await with_({ key: toBase64url(root.publicKey) }), NOW))).toEqual([
      'OLDER_VERSION',
      'version 2 again, with another key',
    ]);
    // What the device has is not judged again, even when it has run out.
    const old = await with_({ expires_at: '2026-01-02T00:00:00Z' });
    await expect(neverOlder(old, old, NOW)).resolves.toBeUndefined();
  });
});

describe('time and version', () => {
  it('of a document may be a day late', () => {
    const end = new Date(NOW - 24 * HOUR).toISOString();
    expect(() => notExpired(end, NOW, 'it')).not.toThrow();
    expect(() => notExpired(end, NOW + 1, 'it')).toThrow(new Refused('EXPIRED', `it expired ${end}`));
    expect(() => notExpired('soon', NOW, 'it')).toThrow('it expired soon');
  });

  it('go forward in whole steps, or stand', () => {
    expect(() => notOlder(3, 3)).not.toThrow();
    expect(() => notOlder(2, 3)).toThrow(expect.objectContaining({ code: 'OLDER_VERSION', message: 'version 2, has 3' }));
    for (const odd of [1.5, NaN, '9', null]) expect(() => notOlder(odd as number, 0)).toThrow(expect.objectContaining({ code: 'UNREADABLE', message: `version ${odd}` }));
  });
});

describe('a root', () => {
  it('fits its own id, and the one that the code bore', async () => {
    await expect(checkRoot(trust.root, null)).resolves.toBeUndefined();
    await expect(checkRoot(trust.root, root.kid)).resolves.toBeUndefined();
    const wrong = ['BAD_SIGNATURE', 'another root key than the code says'];
    expect(await refusal(checkRoot(trust.root, key.kid))).toEqual(wrong);
    expect(await refusal(checkRoot({ ...trust.root, kid: key.kid }, null))).toEqual(wrong);
    expect(await refusal(checkRoot({ ...trust.root, kid: key.kid }, root.kid))).toEqual(wrong);
  });
});

describe('what a reader stumbles over', () => {
  it('is refused like any other fault', async () => {
    const fail = (error: unknown) => refusal(judge(() => Promise.reject(error as Error)));
    expect(await fail(new TypeError('no such member'))).toEqual(['UNREADABLE', 'no such member']);
    expect(await fail('odd')).toEqual(['UNREADABLE', 'odd']);
    expect(await fail(new BadDocument('bad'))).toEqual(['BAD_SIGNATURE', 'bad']);
    expect(await fail(new Refused('EXPIRED', 'late'))).toEqual(['EXPIRED', 'late']);
    expect(await judge(() => Promise.resolve(7))).toBe(7);
  });
});

describe('of the store', () => {
  const by = (typ: DocumentType, payload: object) => signDocument(key, typ, { ...US, version: 5, ...payload });

  it('an enrolment is for this device, at this store', async () => {
    const enrolment = { org: 'o', chain: { id: 'c' }, store: { id: 's' }, device: { id: 'd', kid: 'k' }, service: { audience: 'store/s' }, version: 5 };
    const read = async (change: object, named: { id?: string; kid: string } = { id: 'd', kid: 'k' }, seen = 0) =>
      readEnrolment(await by('butik-enrolment', { ...enrolment, ...change }), trust, NOW, seen, named);
    await expect(read({})).resolves.toMatchObject({ version: 5 });
    await expect(read({}, { kid: 'k' })).resolves.toMatchObject({ version: 5 });
    expect(await refusal(read({ store: { id: 'x' } }))).toEqual(['WRONG_STORE', 'enrolment of another store']);
    for (const named of [{ id: 'x', kid: 'k' }, { id: 'd', kid: 'x' }]) expect(await refusal(read({}, named))).toEqual(['WRONG_STORE', 'enrolment of another device']);
    expect(await refusal(read({ service: { audience: 'store/x' } }))).toEqual(['WRONG_STORE', 'enrolment for store/x']);
    expect(await refusal(read({}, undefined, 6))).toEqual(['OLDER_VERSION', 'version 5, has 6']);
  });

  it('a list of staff has numbers, and PINs that this app can check', async () => {
    const read = async (payload: object) => readStaff(await by('butik-staff', payload), trust, NOW, 0);
    const maja = { number: '101', pin: { alg: 'PBKDF2-SHA256' } };
    await expect(read({ staff: [maja] })).resolves.toMatchObject({ staff: [maja] });
    expect(await refusal(read({ staff: [maja, { ...maja, pin: { alg: 'MD5' } }] }))).toEqual(['UNREADABLE', 'PIN of 101: MD5']);
    expect(await refusal(read({ staff: [{ ...maja, number: 101 }] }))).toEqual(['UNREADABLE', 'PIN of 101: PBKDF2-SHA256']);
    expect(await refusal(read({ store: 'x', staff: [] }))).toEqual(['WRONG_STORE', 'staff of another store']);
  });

  it('a price file is of a format that this app reads, and of now', async () => {
    const read = async (change: object, has = 0) =>
      readManifest(await by('butik-prices', { format: 'butik-prices/1', expires_at: '2026-12-21T08:00:00Z', ...change }), trust, NOW, has);
    await expect(read({})).resolves.toMatchObject({ version: 5 });
    expect(await refusal(read({ format: 'butik-prices/2' }))).toEqual(['UNREADABLE', 'format butik-prices/2']);
    expect(await refusal(read({ chain: 'x' }))).toEqual(['WRONG_STORE', 'price file of another store']);
    expect(await refusal(read({ expires_at: '2026-11-01T00:00:00Z' }))).toEqual(['EXPIRED', 'price file expired 2026-11-01T00:00:00Z']);
    expect(await refusal(read({}, 6))).toEqual(['OLDER_VERSION', 'version 5, has 6']);
  });
});

describe('of the emergency cloud', () => {
  const by = (typ: DocumentType, payload: object) => signDocument(root, typ, { ...US, version: 5, ...payload });

  it('a pairing keeps its root for good, and its address may change', async () => {
    const pairing = { key: toBase64url(root.publicKey), url: 'https://new.example///' };
    const read = async (change: object, pinned: EmergencyPin | null = pin) => readPairing(await by('butik-emergency', { ...pairing, ...change }), trust.root, US, pinned);
    const taken = { root: pin.root, url: 'https://new.example', version: 5 };
    await expect(read({})).resolves.toEqual(taken);
    await expect(read({}, null)).resolves.toEqual(taken);
    await expect(read({ version: 3 })).resolves.toMatchObject({ version: 3 });
    expect(await refusal(read({ chain: 'x' }))).toEqual(['WRONG_STORE', 'emergency cloud of another chain']);
    expect(await refusal(read({ org: 'x' }))).toEqual(['WRONG_STORE', 'emergency cloud of another chain']);
    expect(await refusal(read({ key: toBase64url(key.publicKey) }))).toEqual(['OTHER_ROOT', `emergency root ${key.kid}, pinned ${root.kid}`]);
    expect(await refusal(read({ version: 2 }))).toEqual(['OLDER_VERSION', 'version 2, has 3']);
  });

  it('a pairing that is refused leaves what the device had', async () => {
    const enrolment = (emergency: string | null) => ({ org: 'o', chain: { id: 'c' }, emergency }) as unknown as Enrolment;
    const pairing = await by('butik-emergency', { key: toBase64url(root.publicKey), url: 'https://new.example' });
    expect(await pinEmergency(enrolment(null), trust.root, pin)).toEqual({ emergency: pin, refused: null });
    expect(await pinEmergency(enrolment(null), trust.root, undefined)).toEqual({ emergency: undefined, refused: null });
    expect(await pinEmergency(enrolment(pairing), trust.root, undefined)).toMatchObject({ emergency: { url: 'https://new.example' }, refused: null });
    expect(await pinEmergency(enrolment('nonsense'), trust.root, pin)).toMatchObject({ emergency: pin, refused: { code: 'BAD_SIGNATURE' } });
  });

  it('an order names its kind, its version and its emergency', async () => {
    const order = { kind: 'ACTIVATE', emergency: { id: 'e', number: 1 }, expires_at: '2026-11-22T08:00:00Z' };
    const read = async (change: object) => readOrder(await by('butik-order', { ...order, ...change }), pin, US, NOW);
    for (const kind of ['ACTIVATE', 'RELEASE', 'RECOVERED']) await expect(read({ kind })).resolves.toMatchObject({ kind });
    await expect(read({ store: null })).resolves.toMatchObject({ store: null });
    for (const kind of ['RELEASE', 'RECOVERED']) expect(await refusal(read({ kind, store: null }))).toEqual(['UNREADABLE', `order ${kind}`]);
    expect(await refusal(read({ kind: 'PAUSE' }))).toEqual(['UNREADABLE', 'order PAUSE']);
    expect(await refusal(read({ version: 1.5 }))).toEqual(['UNREADABLE', 'order ACTIVATE']);
    for (const emergency of [{ id: 7, number: 1 }, { id: 'e', number: 'one' }]) expect(await refusal(read({ emergency }))).toEqual(['UNREADABLE', 'order of no emergency']);
    expect(await refusal(read({ store: 'x' }))).toEqual(['WRONG_STORE', 'order of another store']);
    expect(await refusal(read({ expires_at: '2026-11-01T00:00:00Z' }))).toEqual(['EXPIRED', 'order expired 2026-11-01T00:00:00Z']);
  });

  it('an assignment is for this device and its key, in this emergency, with a series of its own', async () => {
    const own = { key: toBase64url(key.publicKey), emergency: { id: 'e' }, series: { label: 'E1' } };
    const read = async (change: object) => readAssignment(await by('butik-assignment', { ...own, ...change }), pin, US, key, 'e');
    for (const label of ['E1', 'E9', 'E12', 'E100']) await expect(read({ series: { label } })).resolves.toMatchObject({ device: 'd' });
    for (const label of ['E0', 'E01', 'N1', 'E', 'E1x', 'xE1', 'E1 ', 'Ex']) expect(await refusal(read({ series: { label } }))).toEqual(['UNREADABLE', `series ${label}`]);
    for (const change of [{ device: 'x' }, { key: toBase64url(root.publicKey) }]) expect(await refusal(read(change))).toEqual(['WRONG_STORE', 'assignment of another device']);
    expect(await refusal(read({ emergency: { id: 'x' } }))).toEqual(['WRONG_STORE', 'assignment of another emergency']);
    expect(await refusal(read({ store: 'x' }))).toEqual(['WRONG_STORE', 'assignment of another store']);
  });

  it('a price file is of a backup', async () => {
    const read = async (change: object) =>
      readEmergencyPrices(await by('butik-prices', { format: 'butik-prices/1', expires_at: '2026-12-21T08:00:00Z', backup: 'b', ...change }), pin, US, NOW, 0);
    await expect(read({})).resolves.toMatchObject({ backup: 'b', version: 5 });
    for (const backup of ['', null, undefined]) expect(await refusal(read({ backup }))).toEqual(['UNREADABLE', 'of no backup']);
  });

  it('nothing is believed that the store signed', async () => {
    const payload = { ...US, version: 5, staff: [] };
    await expect(readEmergencyStaff(await signDocument(root, 'butik-staff', payload), pin, US, 0)).resolves.toMatchObject({ version: 5 });
    expect(await refusal(readEmergencyStaff(await signDocument(key, 'butik-staff', payload), pin, US, 0))).toEqual(['BAD_SIGNATURE', 'signed by another key']);
  });
});

/** What a device believes: the root it was enrolled with, the key that the root introduces, and what that key signs. */
import type { Certificate, Enrolment, PriceManifest, StaffList } from '../shop/documents';
import { fromBase64url } from './base64url';
import { BadDocument, keyId, openDocument, payloadOf, verifyDocument } from './jws';

export type RefusalCode = 'BAD_SIGNATURE' | 'WRONG_STORE' | 'OLDER_VERSION' | 'EXPIRED' | 'BAD_HASH' | 'UNREADABLE' | 'OTHER_ROOT';

/** A document that is not obeyed. What the device had before stays in force. */
export class Refused extends Error {
  override name = 'Refused';
  constructor(
    readonly code: RefusalCode,
    detail: string,
  ) {
    super(detail);
  }
}

export interface Root {
  kid: string;
  key: string;
}

/** Whose a document must be. */
export interface Owner {
  org: string;
  chain: string;
  store: string;
}

export interface Trust extends Owner {
  root: Root;
  certificate: string;
}

/** Which device an enrolment must name. A device that is just being enrolled has a key and no id yet. */
export interface Named {
  id?: string;
  kid: string;
}

const DAY = 86_400_000;

/** What a reader stumbles over is the document's fault: it is refused like any other, and stops nothing behind it. */
export async function judge<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof Refused) throw error;
    const code = error instanceof BadDocument ? 'BAD_SIGNATURE' : 'UNREADABLE';
    throw new Refused(code, error instanceof Error ? error.message : String(error));
  }
}

/** The key that the pinned root introduces for this store. `now` is the device's corrected clock. */
async function storeKey(trust: Trust, now: number): Promise<{ certificate: Certificate; key: Uint8Array<ArrayBuffer> }> {
  const certificate = await verifyDocument<Certificate>(trust.certificate, 'butik-key', fromBase64url(trust.root.key));
  requireOwner(certificate, trust, 'certificate');
  if (certificate.use !== 'store') throw new Refused('WRONG_STORE', `certificate for ${certificate.use}`);
  notExpired(certificate.expires_at, now, 'certificate');
  return { certificate, key: fromBase64url(certificate.key) };
}

/** A key that was replaced stays replaced: an older certificate does not bring it back, nor a second one of one version. */
export function neverOlder(has: Trust, comes: Trust, now: number): Promise<void> {
  return judge(async () => {
    if (has.certificate === comes.certificate) return;
    const { certificate } = await storeKey(comes, now);
    // Our own may have run out meanwhile; its version still counts.
    const own = claims(has.certificate);
    notOlder(certificate.version, own.version);
    if (certificate.version === own.version && certificate.key !== own.key)
      throw new Refused('OLDER_VERSION', `version ${own.version} again, with another key`);
  });
}

/** Not every document names the chain; what one names must be ours. */
export function requireOwner(said: { org: string; chain?: string; store: string }, us: Owner, what: string): void {
  if (said.org !== us.org || said.store !== us.store || (said.chain ?? us.chain) !== us.chain)
    throw new Refused('WRONG_STORE', `${what} of another store`);
}

/** Clocks lie: whatever expires does so a day late. */
export function notExpired(moment: string, now: number, what: string): void {
  const end = Date.parse(moment);
  if (Number.isNaN(end) || end + DAY < now) throw new Refused('EXPIRED', `${what} expired ${moment}`);
}

export function readEnrolment(document: string, trust: Trust, now: number, seen: number, named: Named): Promise<Enrolment> {
  return judge(async () => {
    const { key } = await storeKey(trust, now);
    const enrolment = await verifyDocument<Enrolment>(document, 'butik-enrolment', key);
    const { org, chain, store, device, service } = enrolment;
    requireOwner({ org, chain: chain.id, store: store.id }, trust, 'enrolment');
    if (device.kid !== named.kid || (named.id ?? device.id) !== device.id) throw new Refused('WRONG_STORE', 'enrolment of another device');
    // A proof made for another service would be good there.
    if (service.audience !== `store/${trust.store}`) throw new Refused('WRONG_STORE', `enrolment for ${service.audience}`);
    notOlder(enrolment.version, seen);
    return enrolment;
  });
}

export function readStaff(document: string, trust: Trust, now: number, seen: number): Promise<StaffList> {
  return judge(async () => {
    const { key } = await storeKey(trust, now);
    return checkStaff(await verifyDocument<StaffList>(document, 'butik-staff', key), trust, seen);
  });
}

/** Whoever signed it: the list is ours, not an older one, and somebody can sign in by it. */
export function checkStaff(list: StaffList, us: Owner, seen: number): StaffList {
  requireOwner(list, us, 'staff');
  notOlder(list.version, seen);
  for (const { number, pin } of list.staff) {
    if (typeof number !== 'string' || pin.alg !== 'PBKDF2-SHA256') throw new Refused('UNREADABLE', `PIN of ${String(number)}: ${pin.alg}`);
  }
  return list;
}

export function readManifest(document: string, trust: Trust, now: number, has: number): Promise<PriceManifest> {
  return judge(async () => {
    const { key } = await storeKey(trust, now);
    return checkManifest(await verifyDocument<PriceManifest>(document, 'butik-prices', key), trust, now, has);
  });
}

export function checkManifest(manifest: PriceManifest, us: Owner, now: number, has: number): PriceManifest {
  requireOwner(manifest, us, 'price file');
  if (manifest.format !== 'butik-prices/1') throw new Refused('UNREADABLE', `format ${manifest.format}`);
  notOlder(manifest.version, has);
  notExpired(manifest.expires_at, now, 'price file');
  return manifest;
}

export function notOlder(version: number, seen: number): void {
  if (!Number.isSafeInteger(version)) throw new Refused('UNREADABLE', `version ${String(version)}`);
  if (version < seen) throw new Refused('OLDER_VERSION', `version ${version}, has ${seen}`);
}

/** First contact: does the root fit its key id, and the one that the QR bore (null: typed, trust on first use)? */
export async function checkRoot(root: Root, expectedKid: string | null): Promise<void> {
  const kid = await keyId(fromBase64url(root.key));
  if (kid !== root.kid || (expectedKid !== null && expectedKid !== kid))
    throw new Refused('BAD_SIGNATURE', 'another root key than the code says');
}

/** What a certificate says of itself. Believed only after `storeKey`. */
export function claims(certificate: string): Certificate {
  return payloadOf<Certificate>(openDocument(certificate, 'butik-key'));
}

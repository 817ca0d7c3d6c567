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

export interface Trust {
  root: Root;
  certificate: string;
  store: string;
}

const DAY = 86_400_000;

/** The key that the pinned root introduces for this store. `now` is the device's corrected clock. */
export async function storeKey(trust: Trust, now: number): Promise<{ certificate: Certificate; key: Uint8Array<ArrayBuffer> }> {
  const certificate = await signedBy<Certificate>(trust.certificate, 'butik-key', fromBase64url(trust.root.key));
  if (certificate.store !== trust.store || certificate.use !== 'store') throw new Refused('WRONG_STORE', 'certificate of another store');
  notExpired(certificate.expires_at, now, 'certificate');
  return { certificate, key: fromBase64url(certificate.key) };
}

/** A key that was replaced stays replaced: an older certificate does not bring it back. */
export async function neverOlder(has: Trust, comes: Trust, now: number): Promise<void> {
  if (has.certificate === comes.certificate) return;
  const { certificate } = await storeKey(comes, now);
  // Our own may have run out meanwhile; its version still counts.
  notOlder(certificate.version, claims(has.certificate).version);
}

/** The payload, if this key signed it as this type. */
export async function signedBy<T>(document: string, typ: Parameters<typeof verifyDocument>[1], key: Uint8Array<ArrayBuffer>): Promise<T> {
  try {
    return await verifyDocument<T>(document, typ, key);
  } catch (error) {
    if (error instanceof BadDocument) throw new Refused('BAD_SIGNATURE', error.message);
    throw error;
  }
}

/** Clocks lie: whatever expires does so a day late. */
export function notExpired(moment: string, now: number, what: string): void {
  const end = Date.parse(moment);
  if (Number.isNaN(end) || end + DAY < now) throw new Refused('EXPIRED', `${what} expired ${moment}`);
}

export async function readEnrolment(document: string, trust: Trust, now: number, seen: number): Promise<Enrolment> {
  const { key } = await storeKey(trust, now);
  const enrolment = await signedBy<Enrolment>(document, 'butik-enrolment', key);
  if (enrolment.store.id !== trust.store) throw new Refused('WRONG_STORE', 'enrolment of another store');
  notOlder(enrolment.version, seen);
  return enrolment;
}

export async function readStaff(document: string, trust: Trust, now: number, seen: number): Promise<StaffList> {
  const { key } = await storeKey(trust, now);
  const staff = await signedBy<StaffList>(document, 'butik-staff', key);
  if (staff.store !== trust.store) throw new Refused('WRONG_STORE', 'staff of another store');
  notOlder(staff.version, seen);
  return staff;
}

export async function readManifest(document: string, trust: Trust, now: number, has: number): Promise<PriceManifest> {
  const { key } = await storeKey(trust, now);
  const manifest = await signedBy<PriceManifest>(document, 'butik-prices', key);
  if (manifest.store !== trust.store) throw new Refused('WRONG_STORE', 'price file of another store');
  if (manifest.format !== 'butik-prices/1') throw new Refused('UNREADABLE', `format ${manifest.format}`);
  notOlder(manifest.version, has);
  notExpired(manifest.expires_at, now, 'price file');
  return manifest;
}

export function notOlder(version: number, seen: number): void {
  if (!(version >= seen)) throw new Refused('OLDER_VERSION', `version ${version}, has ${seen}`);
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

/** What a device believes of the emergency cloud: the chain's root vouches for its root once, and that signs the rest. */
import type { Assignment, Enrolment, Order, Pairing, PriceManifest, StaffList } from '../shop/documents';
import { fromBase64url, toBase64url } from './base64url';
import { type DeviceKey, type DocumentType, keyId, verifyDocument } from './jws';
import { checkManifest, checkStaff, judge, notExpired, notOlder, type Owner, Refused, requireOwner, type Root } from './trust';

/** The emergency cloud as this device has pinned it. */
export interface EmergencyPin {
  root: Root;
  url: string;
  version: number;
}

/** Whose documents are for us. */
export interface Addressee extends Owner {
  device: string;
}

/** Read a pairing by the chain's pinned root. A root that differs from the pinned one is refused for good. */
export function readPairing(document: string, root: Root, us: Omit<Owner, 'store'>, pinned: EmergencyPin | null): Promise<EmergencyPin> {
  return judge(async () => {
    const pairing = await verifyDocument<Pairing>(document, 'butik-emergency', fromBase64url(root.key));
    if (pairing.chain !== us.chain || pairing.org !== us.org) throw new Refused('WRONG_STORE', 'emergency cloud of another chain');
    const kid = await keyId(fromBase64url(pairing.key));
    if (pinned && pinned.root.kid !== kid) throw new Refused('OTHER_ROOT', `emergency root ${kid}, pinned ${pinned.root.kid}`);
    notOlder(pairing.version, pinned?.version ?? 0);
    return { root: { kid, key: pairing.key }, url: pairing.url.replace(/\/+$/, ''), version: pairing.version };
  });
}

const KINDS = new Set(['ACTIVATE', 'RELEASE', 'RECOVERED']);

/** Its version is compared where it is obeyed. `now` is the emergency cloud's time as this device knows it. */
export function readOrder(document: string, pin: EmergencyPin, us: Addressee, now: number): Promise<Order> {
  return judge(async () => {
    const order = await byEmergency<Order>(document, 'butik-order', pin);
    requireOwner({ ...order, store: order.store ?? us.store }, us, 'order');
    if (!KINDS.has(order.kind) || !Number.isSafeInteger(order.version) || (order.kind !== 'ACTIVATE' && order.store === null))
      throw new Refused('UNREADABLE', `order ${String(order.kind)}`);
    if (typeof order.emergency.id !== 'string' || !Number.isSafeInteger(order.emergency.number))
      throw new Refused('UNREADABLE', 'order of no emergency');
    notExpired(order.expires_at, now, 'order');
    return order;
  });
}

export function readAssignment(
  document: string,
  pin: EmergencyPin,
  us: Addressee,
  key: DeviceKey,
  emergency: string,
): Promise<Assignment> {
  return judge(async () => {
    const assignment = await byEmergency<Assignment>(document, 'butik-assignment', pin);
    requireOwner(assignment, us, 'assignment');
    if (assignment.device !== us.device || assignment.key !== toBase64url(key.publicKey))
      throw new Refused('WRONG_STORE', 'assignment of another device');
    if (assignment.emergency.id !== emergency) throw new Refused('WRONG_STORE', 'assignment of another emergency');
    if (!/^E[1-9][0-9]*$/.test(assignment.series.label)) throw new Refused('UNREADABLE', `series ${assignment.series.label}`);
    return assignment;
  });
}

export function readEmergencyPrices(
  document: string,
  pin: EmergencyPin,
  us: Addressee,
  now: number,
  seen: number,
): Promise<PriceManifest & { backup: string }> {
  return judge(async () => {
    const manifest = checkManifest(await byEmergency<PriceManifest>(document, 'butik-prices', pin), us, now, seen);
    const { backup } = manifest;
    if (!backup) throw new Refused('UNREADABLE', 'of no backup');
    return { ...manifest, backup };
  });
}

export function readEmergencyStaff(document: string, pin: EmergencyPin, us: Addressee, seen: number): Promise<StaffList> {
  return judge(async () => checkStaff(await byEmergency<StaffList>(document, 'butik-staff', pin), us, seen));
}

/** By the emergency cloud's root alone: what a store signs is worth nothing here. */
function byEmergency<T>(document: string, typ: DocumentType, pin: EmergencyPin): Promise<T> {
  return verifyDocument<T>(document, typ, fromBase64url(pin.root.key));
}

/** What an enrolment says of the emergency cloud, pinned. A pairing that is refused leaves what the device had. */
export async function pinEmergency(
  enrolment: Enrolment,
  root: Root,
  pinned: EmergencyPin | undefined,
): Promise<{ emergency: EmergencyPin | undefined; refused: Refused | null }> {
  if (!enrolment.emergency) return { emergency: pinned, refused: null };
  const us = { org: enrolment.org, chain: enrolment.chain.id };
  try {
    return { emergency: await readPairing(enrolment.emergency, root, us, pinned ?? null), refused: null };
  } catch (error) {
    if (error instanceof Refused) return { emergency: pinned, refused: error };
    throw error;
  }
}

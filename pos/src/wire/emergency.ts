/** What a device believes of the emergency cloud: the chain's root vouches for its root once, and that signs the rest. */
import type { Assignment, Enrolment, Order, Pairing, PriceManifest, StaffList } from '../shop/documents';
import { fromBase64url, toBase64url } from './base64url';
import { type DeviceKey, keyId } from './jws';
import { notExpired, notOlder, Refused, type Root, signedBy } from './trust';

/** The emergency cloud as this device has pinned it. */
export interface EmergencyPin {
  root: Root;
  url: string;
  version: number;
}

/** Whose documents are for us. */
export interface Addressee {
  org: string;
  chain: string;
  store: string;
  device: string;
}

/** Read a pairing by the chain's pinned root. A root that differs from the pinned one is refused for good. */
export async function readPairing(document: string, root: Root, chain: string, pinned: EmergencyPin | null): Promise<EmergencyPin> {
  const pairing = await signedBy<Pairing>(document, 'butik-emergency', fromBase64url(root.key));
  if (pairing.chain !== chain) throw new Refused('WRONG_STORE', 'emergency cloud of another chain');
  const kid = await keyId(fromBase64url(pairing.key));
  if (pinned && pinned.root.kid !== kid) throw new Refused('OTHER_ROOT', `emergency root ${kid}, pinned ${pinned.root.kid}`);
  notOlder(pairing.version, pinned?.version ?? 0);
  return { root: { kid, key: pairing.key }, url: pairing.url.replace(/\/+$/, ''), version: pairing.version };
}

const KINDS = new Set(['ACTIVATE', 'RELEASE', 'RECOVERED']);

/** Its version is compared where it is obeyed. `now` is the emergency cloud's time as this device knows it. */
export async function readOrder(document: string, pin: EmergencyPin, us: Addressee, now: number): Promise<Order> {
  const order = await signedBy<Order>(document, 'butik-order', fromBase64url(pin.root.key));
  if (order.chain !== us.chain || order.org !== us.org) throw new Refused('WRONG_STORE', 'order to another chain');
  if (order.store !== null && order.store !== us.store) throw new Refused('WRONG_STORE', 'order to another store');
  if (!KINDS.has(order.kind) || !Number.isInteger(order.version) || (order.kind !== 'ACTIVATE' && order.store === null))
    throw new Refused('UNREADABLE', `order ${String(order.kind)}`);
  notExpired(order.expires_at, now, 'order');
  return order;
}

export async function readAssignment(
  document: string,
  pin: EmergencyPin,
  us: Addressee,
  key: DeviceKey,
  emergency: string,
): Promise<Assignment> {
  const assignment = await signedBy<Assignment>(document, 'butik-assignment', fromBase64url(pin.root.key));
  if (assignment.store !== us.store || assignment.device !== us.device || assignment.key !== toBase64url(key.publicKey))
    throw new Refused('WRONG_STORE', 'assignment of another device');
  if (assignment.emergency.id !== emergency) throw new Refused('WRONG_STORE', 'assignment of another emergency');
  return assignment;
}

export async function readEmergencyPrices(
  document: string,
  pin: EmergencyPin,
  us: Addressee,
  now: number,
  seen: number,
): Promise<PriceManifest & { backup: string }> {
  const manifest = await signedBy<PriceManifest>(document, 'butik-prices', fromBase64url(pin.root.key));
  if (manifest.store !== us.store) throw new Refused('WRONG_STORE', 'price file of another store');
  const { backup } = manifest;
  if (manifest.format !== 'butik-prices/1' || !backup) throw new Refused('UNREADABLE', `format ${manifest.format}`);
  notOlder(manifest.version, seen);
  notExpired(manifest.expires_at, now, 'price file');
  return { ...manifest, backup };
}

export async function readEmergencyStaff(document: string, pin: EmergencyPin, us: Addressee, seen: number): Promise<StaffList> {
  const staff = await signedBy<StaffList>(document, 'butik-staff', fromBase64url(pin.root.key));
  if (staff.store !== us.store) throw new Refused('WRONG_STORE', 'staff of another store');
  notOlder(staff.version, seen);
  return staff;
}

/** What an enrolment says of the emergency cloud, pinned. A pairing that is refused leaves what the device had. */
export async function pinEmergency(
  enrolment: Enrolment,
  root: Root,
  pinned: EmergencyPin | undefined,
): Promise<{ emergency: EmergencyPin | undefined; refused: Refused | null }> {
  if (!enrolment.emergency) return { emergency: pinned, refused: null };
  try {
    return { emergency: await readPairing(enrolment.emergency, root, enrolment.chain.id, pinned ?? null), refused: null };
  } catch (error) {
    if (error instanceof Refused) return { emergency: pinned, refused: error };
    throw error;
  }
}

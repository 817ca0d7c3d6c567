/** Fetch what the store has new: prices, staff, enrolment. What does not convince is refused and the old one stays. */
import type { Enrolment, PriceManifest, StaffList } from '../shop/documents';
import { PriceList } from '../shop/price-list';
import { BadPriceFile, type PriceFile } from '../shop/price-file';
import { toHex } from './base64url';
import type { CallOptions, Service } from './service';
import { neverOlder, readEnrolment, readManifest, readStaff, Refused, type Trust } from './trust';

export interface ServiceState {
  server_time: number;
  prices: { version: number; sha256: string } | null;
  staff: { version: number };
  enrolment: { version: number };
  minimum_app: string;
  /** Of the series that was asked about; null when the service does not know it. */
  series?: SeriesStanding | null;
}

/** How far the service has got with a series of this device. */
export interface SeriesStanding {
  id: string;
  counter: number;
  hash: string;
  sales: number;
  passed_on: number;
}

/** The newest certificate comes with the enrolment: the root introduces a store's next key by it. */
export async function pullEnrolment(
  service: Service,
  trust: Trust,
  now: number,
  seen: number,
): Promise<{ enrolment: Enrolment; enrolmentDocument: string; certificate: string }> {
  const answer = await service.json<{ enrolment: string; certificate: string }>('/enrolment');
  const newest = { ...trust, certificate: answer.certificate };
  await neverOlder(trust, newest, now);
  const { device, key } = service.identity;
  const enrolment = await readEnrolment(answer.enrolment, newest, now, seen, { id: device, kid: key.kid });
  return { enrolment, enrolmentDocument: answer.enrolment, certificate: answer.certificate };
}

export async function pullStaff(service: Service, trust: Trust, now: number, seen: number): Promise<StaffList> {
  const { staff } = await service.json<{ staff: string }>('/staff');
  return readStaff(staff, trust, now, seen);
}

export interface PulledPrices {
  manifest: PriceManifest;
  bytes: ArrayBuffer;
  list: PriceList;
}

/** Null when the device has the current file already. */
export async function pullPrices(
  service: Service,
  trust: Trust,
  now: number,
  has: { version: number; sha256: string },
): Promise<PulledPrices | null> {
  const { prices } = await service.json<{ prices: string }>('/prices');
  const manifest = await readManifest(prices, trust, now, has.version);
  if (manifest.version === has.version) {
    if (manifest.sha256 === has.sha256) return null;
    throw new Refused('OLDER_VERSION', `version ${manifest.version} again, with another content`);
  }
  const bytes = await pullPriceFile(service, manifest);
  return { manifest, bytes, list: await readPriceList(bytes, manifest.articles) };
}

/** The bytes that a manifest names. */
export async function pullPriceFile(service: Service, manifest: PriceManifest, options: CallOptions = {}): Promise<ArrayBuffer> {
  const bytes = await service.bytes(`/prices/${manifest.sha256}`, options);
  const sha256 = toHex(await crypto.subtle.digest('SHA-256', bytes));
  if (bytes.byteLength !== manifest.size || sha256 !== manifest.sha256)
    throw new Refused('BAD_HASH', 'the bytes are not those of the manifest');
  return bytes;
}

export async function readPriceList(bytes: ArrayBuffer, articles?: number): Promise<PriceList> {
  try {
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
    const list = new PriceList((await new Response(stream).json()) as PriceFile);
    if (articles !== undefined && list.count !== articles) throw new BadPriceFile(`${list.count} articles, manifest says ${articles}`);
    return list;
  } catch (error) {
    throw new Refused('UNREADABLE', error instanceof Error ? error.message : String(error));
  }
}

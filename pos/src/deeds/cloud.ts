/** What a device asks its emergency cloud. */
import { currentAssignment } from '../shop/emergency';
import type { DeviceRow } from '../store/schema';
import { toBase64url } from '../wire/base64url';
import type { SeriesStanding } from '../wire/pull';
import type { Service } from '../wire/service';
import { noteTime } from './clock';
import { compare, type KnownVersions, ourSeries, statePath } from './compare';
import type { Till } from './till';

export interface CloudState {
  server_time: number;
  /** The newest order that concerns this device. */
  order: string | null;
  prices: { version: number; sha256: string } | null;
  minimum_app?: string;
  series?: SeriesStanding | null;
}

/** Show who we are. So the emergency cloud comes to know this device, and says what would be there for it. */
export function askReady(till: Till, device: DeviceRow, cloud: Service): Promise<CloudState> {
  const body = {
    enrolment: device.enrolmentDocument ?? '',
    certificate: device.certificate,
    key: toBase64url(device.key.publicKey),
    app: till.app,
    holds: till.emergency.value?.held?.sha256 ?? '',
    known: knownVersions(till),
  };
  return timed(till, () => cloud.json<CloudState>('/ready', { method: 'POST', body }));
}

export async function askState(till: Till, cloud: Service): Promise<CloudState> {
  const ours = await ourSeries(till, currentAssignment(till.emergency.value)?.series.id);
  const state = await timed(till, () => cloud.json<CloudState>(statePath(ours, knownVersions(till))));
  await compare(till, ours, state.series);
  return state;
}

/** What this device has seen of the emergency cloud's own papers. */
export function knownVersions(till: Till): KnownVersions {
  const { held = null, staffVersion = 0 } = till.emergency.value ?? {};
  return { prices: held?.version ?? 0, staff: staffVersion };
}

async function timed(till: Till, ask: () => Promise<CloudState>): Promise<CloudState> {
  const before = till.steady();
  const state = await ask();
  noteTime(till, 'CLOUD', state.server_time * 1000 + (till.steady() - before) / 2);
  return state;
}

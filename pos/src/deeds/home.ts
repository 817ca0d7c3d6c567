/** After an emergency: the same device under a new enrolment, and what its former self still has to send. */
import { START } from '../shop/connection';
import { modeOf } from '../shop/emergency';
import type { OpeningDocument } from '../shop/documents';
import { comeHome, forgetFormer, readFormer } from '../store/emergency';
import { waiting } from '../store/journal';
import type { DeviceRow } from '../store/schema';
import { isSignedBy, pushAll } from '../wire/push';
import { cloudOf } from './service';
import { changeEmergency } from './emergency';
import type { Till } from './till';

/** Who this device was in the emergency that ends with a new enrolment; null when it enrols for the first time. */
export function formerSelf(till: Till): DeviceRow | null {
  return modeOf(till.emergency.value) === 'RECOVERED' ? till.device.value : null;
}

/** The old identity gives way in the very transaction that makes the new one. */
export async function arriveHome(till: Till, device: DeviceRow, former: DeviceRow, opening: OpeningDocument): Promise<void> {
  await changeEmergency(till, async (state) => {
    // Orders that were seen stay seen: none of them can be played to this device again.
    const home = { ...state, home: true, fresh: false, assignment: null, series: 'NONE' as const, kept: '', readyAt: null };
    await comeHome(till.database, device, former, home, opening);
    return home;
  });
  till.storeLine = new AbortController();
  till.connection.value = START;
  till.member.value = null;
  till.staff.value = null;
  till.prices.value = null;
  till.nextPrices = null;
  till.warning.value = null;
}

/** Send what the former self has signed. It never holds up the records of the present one. True while there is any. */
export async function pushFormer(till: Till): Promise<boolean> {
  const former = await readFormer(till.database);
  if (!former) return false;
  const line = cloudOf(till, former);
  if (line) await pushAll(line, till.database, former.key.kid).catch(() => undefined);
  const left = (await waiting(till.database)).some((row) => isSignedBy(row, former.key.kid));
  if (!left) await forgetFormer(till.database);
  return left;
}

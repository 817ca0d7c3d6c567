/** Normal days: would this device be ready if the emergency came tonight? */
import { isoMoment } from '../shop/clock';
import { writeEmergency } from '../store/emergency';
import type { Service } from '../wire/service';
import type { CloudState } from './cloud';
import { storeNow } from './clock';
import { changeEmergency, takeEmergencyPrices } from './emergency';
import { isAtStore } from './service';
import type { Till } from './till';

/** Keep beside the store's prices those that an emergency would begin with. Only what differs is fetched. */
export async function prefetch(till: Till, cloud: Service, prices: CloudState['prices']): Promise<void> {
  if (!isAtStore(till)) return;
  if (!prices) {
    till.unready.value = 'NO_BACKUP';
    return;
  }
  if (!isHeld(till, prices)) await takeEmergencyPrices(till, cloud, (await cloud.json<{ prices: string }>('/prices')).prices);
  till.unready.value = isHeld(till, prices) ? null : 'REFUSED';
}

function isHeld(till: Till, prices: NonNullable<CloudState['prices']>): boolean {
  const held = till.emergency.value?.held;
  return held?.sha256 === prices.sha256 && held.version >= prices.version;
}

/** A check was answered: worth remembering over a restart, so that the settings can say when. */
export function noteReady(till: Till): Promise<void> {
  const readyAt = isoMoment(storeNow(till));
  return changeEmergency(till, async (state) => {
    const next = { ...state, readyAt };
    await writeEmergency(till.database, next);
    return next;
  });
}

/** Make this browser a device of a store. */
import { uuid7 } from '../shop/uuid7';
import type { OpeningDocument } from '../shop/documents';
import { openSeries } from '../store/journal';
import type { DeviceRow } from '../store/schema';
import { enrol, type Invitation, isLoopback } from '../wire/enrol';
import { pinEmergency } from '../wire/emergency';
import { makeDeviceKey } from '../wire/jws';
import { arriveHome, formerSelf } from './home';
import { refuse } from './refresh';
import { clockAtEnrolment, readClock, serviceTime, storeNow } from './clock';
import { lineSays, originOf, refreshWaiting, report } from './service';
import { changeSettings } from './settings';
import type { Till } from './till';

export type Storage = 'PERSISTENT' | 'NOT_PERSISTENT';

/** Sales live in this browser until they are sent: ask it to keep them. */
export async function askForStorage(): Promise<Storage> {
  if (!navigator.storage?.persist) return 'NOT_PERSISTENT';
  return (await navigator.storage.persisted()) || (await navigator.storage.persist()) ? 'PERSISTENT' : 'NOT_PERSISTENT';
}

/** On this machine itself (trying it out) storage is allowed to be less than persistent. */
export function maySellWithout(host: string, acknowledged: boolean): boolean {
  return acknowledged || isLoopback(host);
}

export async function enrolDevice(till: Till, invitation: Invitation, name: string, storage: Storage): Promise<void> {
  const key = await makeDeviceKey();
  const done = await enrol(till.fetcher, invitation, key, name, till.app, till.steady);
  const { enrolment, enrolmentDocument, certificate, root, told } = done;
  clockAtEnrolment(till, certificate, told);
  const former = formerSelf(till);
  // The same chain has the same emergency cloud: its root was pinned for good.
  const before = former?.enrolment.chain.id === enrolment.chain.id ? former.emergency : undefined;
  const { emergency, refused } = await pinEmergency(enrolment, root, before);
  const device: DeviceRow = {
    id: 'device',
    key,
    root,
    certificate,
    enrolment,
    enrolmentDocument,
    ...(emergency ? { emergency } : {}),
    offset: Math.round(serviceTime(till, 'STORE') - till.now()),
    toldAt: Math.round(storeNow(till)),
  };
  const reading = readClock(till);
  const opening: OpeningDocument = {
    ...originOf(till, device, uuid7(till.now()), reading),
    kind: 'OPEN',
    series: enrolment.series.id,
    label: enrolment.series.label,
    reason: 'ENROLMENT',
    at: reading.moment,
  };
  if (former) await arriveHome(till, device, former, opening);
  else await openSeries(till.database, device, opening);
  till.device.value = device;
  if (refused) await refuse(till, 'EMERGENCY', 'ERROR', refused);
  lineSays(till, 'ACCEPTED');
  if (enrolment.language === 'da' || enrolment.language === 'en') await changeSettings(till, { language: enrolment.language });
  if (storage === 'NOT_PERSISTENT') await report(till, 'STORAGE_NOT_PERSISTENT', {});
  await refreshWaiting(till);
  till.screen.value = 'SIGN_IN';
  till.nudge();
}

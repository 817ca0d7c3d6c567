/** Make this browser a device of a store. */
import { uuid7 } from '../shop/uuid7';
import { openSeries } from '../store/journal';
import type { DeviceRow } from '../store/schema';
import { enrol, type Invitation, isLoopback } from '../wire/enrol';
import { makeDeviceKey } from '../wire/jws';
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
  const done = await enrol(till.fetcher, invitation, key, name, till.app, till.now);
  const { enrolment, certificate, root, offset } = done;
  const device: DeviceRow = { id: 'device', key, root, certificate, enrolment, offset };
  await openSeries(till.database, device, {
    ...originOf(till, device, uuid7(till.now())),
    kind: 'OPEN',
    series: enrolment.series.id,
    label: enrolment.series.label,
    reason: 'ENROLMENT',
    at: new Date(till.now()).toISOString(),
  });
  till.device.value = device;
  lineSays(till, 'ACCEPTED');
  if (enrolment.language === 'da' || enrolment.language === 'en') await changeSettings(till, { language: enrolment.language });
  if (storage === 'NOT_PERSISTENT') await report(till, 'STORAGE_NOT_PERSISTENT', {});
  await refreshWaiting(till);
  till.screen.value = 'SIGN_IN';
  till.nudge();
}

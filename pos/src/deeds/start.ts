/** Cold start: everything from the device's own database, nothing from the network. */
import { readDevice, readSettings, readStaffList } from '../store/rows';
import { currentAssignment, modeOf } from '../shop/emergency';
import { readEmergency } from '../store/emergency';
import { loadEmergencyPrices } from './emergency';
import { startClock } from './clock';
import { resumeDraft } from './draft';
import { loadStorePrices } from './prices';
import { isAtStore, refreshWaiting } from './service';
import { isBetweenSales, type Till } from './till';

export async function startTill(till: Till): Promise<void> {
  const { database } = till;
  const [settings, device, emergency] = await Promise.all([readSettings(database), readDevice(database), readEmergency(database)]);
  if (settings) till.settings.value = settings;
  till.emergency.value = emergency;
  const mode = modeOf(emergency);
  // Before anything could call it.
  if (mode !== 'NORMAL') till.storeLine.abort();
  const staff = currentAssignment(emergency) && mode !== 'NORMAL' ? await readStaffList(database, 'emergency') : undefined;
  till.staff.value = staff ?? (await readStaffList(database)) ?? null;
  till.device.value = device ?? null;
  if (device) startClock(till, device);
  if (device?.revoked) till.connection.value = { ...till.connection.value, revoked: true };
  await resumeDraft(till);
  await refreshWaiting(till);
  till.screen.value = device && (mode !== 'RECOVERED' || !isBetweenSales(till)) ? 'SIGN_IN' : 'ENROL';
}

/** Unpack the price file; the sign-in screen is there meanwhile. */
export async function loadPrices(till: Till): Promise<void> {
  // In an emergency nothing is sold from the store's prices.
  await (isAtStore(till) ? loadStorePrices(till) : loadEmergencyPrices(till));
  if (till.prices.value) performance.mark('prices-ready');
}

/** Cold start: everything from the device's own database, nothing from the network. */
import { readDevice, readPrices, readSettings, readStaffList } from '../store/rows';
import { readPriceList } from '../wire/pull';
import { resumeDraft } from './draft';
import { refreshWaiting, report } from './service';
import type { Till } from './till';

export async function startTill(till: Till): Promise<void> {
  const { database } = till;
  const [settings, device, staff] = await Promise.all([readSettings(database), readDevice(database), readStaffList(database)]);
  if (settings) till.settings.value = settings;
  till.staff.value = staff ?? null;
  till.device.value = device ?? null;
  if (device?.revoked) till.connection.value = { ...till.connection.value, revoked: true };
  await resumeDraft(till);
  await refreshWaiting(till);
  till.screen.value = device ? 'SIGN_IN' : 'ENROL';
}

/** Unpack the price file; the sign-in screen is there meanwhile. */
export async function loadPrices(till: Till): Promise<void> {
  const row = await readPrices(till.database);
  if (!row) return;
  try {
    const list = await readPriceList(row.bytes);
    till.prices.value = { list, version: row.version, sha256: row.sha256, issuedAt: row.issuedAt };
    performance.mark('prices-ready');
    setTimeout(() => list.warm(), 0);
  } catch (error) {
    await report(till, 'ERROR', { code: 'prices-unreadable', detail: String(error).slice(0, 200) });
  }
}

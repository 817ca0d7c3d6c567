/** End this device's life at its store: refused while anything waits, closed by a record of what it sold. */
import { closeSeries, countWaiting } from '../store/journal';
import { readSeries, StillWaiting, wipe, writeDevice } from '../store/rows';
import type { DeviceRow } from '../store/schema';
import { pushAll } from '../wire/push';
import { Problem } from '../wire/service';
import { closingOf, isAtStore, refreshWaiting, serviceOf } from './service';
import { clearSale } from './draft';
import { pushFormer } from './home';
import { isBetweenSales, type Till } from './till';

export async function unpair(till: Till): Promise<void> {
  const device = till.device.value;
  if (!device) return;
  // In an emergency the store is not there to be told, and the device is needed.
  if (!isBetweenSales(till) || !isAtStore(till)) throw new StillWaiting();
  const service = serviceOf(till, device);
  // A last chance for what waits; only an empty outbox lets go of the device.
  const former = await pushFormer(till);
  if ((await countWaiting(till.database)).records) await pushAll(service, till.database, former ? device.key.kid : undefined);
  await refreshWaiting(till);
  if (till.waiting.value.records) throw new StillWaiting();
  const closing = device.closing ?? (await signClosing(till, device));
  // From here on the store may have it although its answer is lost: the same record is sent again, and nothing is sold.
  await keepClosing(till, closing);
  try {
    await service.json('/unpair', { method: 'POST', body: { closing } });
  } catch (error) {
    // A clear refusal means that nothing was closed.
    if (error instanceof Problem && error.status < 500) await keepClosing(till, undefined);
    throw error;
  }
  await wipe(till.database);
  forget(till);
}

async function signClosing(till: Till, device: DeviceRow): Promise<string> {
  const series = await readSeries(till.database, device.enrolment.series.id);
  if (!series) throw new Error('no open series');
  return closeSeries(device, closingOf(till, device, series, 'UNPAIRED'));
}

async function keepClosing(till: Till, closing: string | undefined): Promise<void> {
  if (!till.device.value) return;
  const { closing: _, ...rest } = till.device.value;
  till.device.value = closing ? { ...rest, closing } : rest;
  await writeDevice(till.database, till.device.value);
}

function forget(till: Till): void {
  clearSale(till);
  till.device.value = null;
  till.emergency.value = null;
  till.member.value = null;
  till.staff.value = null;
  till.prices.value = null;
  till.nextPrices = null;
  till.warning.value = null;
  till.waiting.value = { records: 0, sales: 0 };
  till.screen.value = 'ENROL';
}

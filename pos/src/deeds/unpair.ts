/** End this device's life at its store: refused while anything waits, closed by a record of what it sold. */
import { closeSeries, countWaiting } from '../store/journal';
import { keepClosing, readSeries, StillWaiting, wipe, writeDevice } from '../store/rows';
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
  const closing = device.closing ?? (await signClosing(till));
  try {
    await service.json('/unpair', { method: 'POST', body: { closing } });
  } catch (error) {
    // A clear refusal means that nothing was closed.
    if (error instanceof Problem && error.status < 500) await forgetClosing(till);
    throw error;
  }
  await wipe(till.database);
  forget(till);
}

/**
 * Sign the closing record and keep it. From then on the store may have it although its answer is lost: the same record is
 * sent again, and nothing is sold. What came while it was signed belongs into it: then there is none yet.
 */
async function signClosing(till: Till): Promise<string> {
  const device = till.device.value;
  const series = device && (await readSeries(till.database, device.enrolment.series.id));
  if (!series) throw new Error('no open series');
  const said = closingOf(till, device, series, 'UNPAIRED');
  const closing = await closeSeries(device, said);
  if (!isBetweenSales(till) || !isAtStore(till)) throw new StillWaiting();
  // No await between the look and this: nothing can be rung up any more while it is being kept.
  till.device.value = { ...till.device.value!, closing };
  try {
    await keepClosing(till.database, till.device.value, said);
  } catch (error) {
    till.device.value = withoutClosing(till.device.value);
    throw error;
  }
  return closing;
}

async function forgetClosing(till: Till): Promise<void> {
  if (!till.device.value) return;
  till.device.value = withoutClosing(till.device.value);
  await writeDevice(till.database, till.device.value);
}

function withoutClosing({ closing: _, ...rest }: DeviceRow): DeviceRow {
  return rest;
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

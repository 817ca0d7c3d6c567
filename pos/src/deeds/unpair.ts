/** End this device's life at its store: refused while anything waits, closed by a record of what it sold. */
import type { ClosingDocument } from '../shop/documents';
import { closeSeries, countWaiting } from '../store/journal';
import { readSeries, StillWaiting, wipe } from '../store/rows';
import { pushAll } from '../wire/push';
import { originOf, refreshWaiting, serviceOf } from './service';
import { clearSale } from './draft';
import { isBetweenSales, type Till } from './till';

export async function unpair(till: Till): Promise<void> {
  const device = till.device.value;
  if (!device) return;
  if (!isBetweenSales(till)) throw new StillWaiting();
  const service = serviceOf(till, device);
  // A last chance for what waits; only an empty outbox lets go of the device.
  if ((await countWaiting(till.database)).records) await pushAll(service, till.database);
  await refreshWaiting(till);
  if (till.waiting.value.records) throw new StillWaiting();
  const series = await readSeries(till.database, device.enrolment.series.id);
  if (!series) throw new Error('no open series');
  const { sales, total, by_vat, by_tender, counter, prev, id, label } = series;
  const closing: ClosingDocument = {
    ...originOf(till, device),
    kind: 'CLOSE',
    series: id,
    label,
    reason: 'UNPAIRED',
    at: new Date(till.now()).toISOString(),
    prev,
    last_counter: counter,
    sales,
    total,
    by_vat,
    by_tender,
  };
  await service.json('/unpair', { method: 'POST', body: { closing: await closeSeries(device, closing) } });
  await wipe(till.database);
  clearSale(till);
  till.device.value = null;
  till.member.value = null;
  till.staff.value = null;
  till.prices.value = null;
  till.warning.value = null;
  await refreshWaiting(till);
  till.screen.value = 'ENROL';
}

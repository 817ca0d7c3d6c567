/** From a paid basket to a fact: signed, durable, then shown. */
import type { SaleDocument } from '../shop/documents';
import { isoMoment } from '../shop/clock';
import { localDate } from '../shop/receipt';
import { roundingOf, saleLines, vatOf } from '../shop/sale';
import { ChainMoved, commitSale } from '../store/journal';
import { readSeries } from '../store/rows';
import type { DeviceRow, SeriesRow } from '../store/schema';
import { play } from '../parts/sound';
import { clearSale, saveDraft } from './draft';
import { keepTime, readClock, type Reading } from './clock';
import { originOf, refreshWaiting, seriesOf } from './service';
import { ringUpNext } from './ring-up';
import { type Till, troubleOf } from './till';

/** Another tab may have sold between reading and writing; once more is enough unless something is badly wrong. */
const TRIES = 3;

export async function finishSale(till: Till): Promise<void> {
  const device = till.device.value;
  if (!device || till.committing || !till.basket.value.lines.length) return;
  if (!seriesOf(till)) {
    // Paid, and the emergency series is not there yet: finished as soon as it is.
    till.trouble.value = { kind: 'SALE_WAITS' };
    return saveDraft(till);
  }
  till.committing = true;
  try {
    const receipt = await committed(till, device);
    clearSale(till);
    till.receipt.value = { ...receipt, copy: false };
    till.screen.value = 'RECEIPT';
    play(till, 'sold');
    void keepTime(till);
  } catch (error) {
    // The sale is still open and still paid: it is finished from the pay screen, never paid again.
    till.trouble.value = troubleOf(error);
  } finally {
    till.committing = false;
  }
  ringUpNext(till);
  till.nudge();
  await refreshWaiting(till);
}

async function committed(till: Till, device: DeviceRow): Promise<{ number: string; sale: SaleDocument; hash: string }> {
  for (let attempt = 1; ; attempt++) {
    const series = await readSeries(till.database, seriesOf(till) ?? '');
    if (!series) throw new Error('no open series');
    const sale = saleDocument(till, device, series);
    try {
      const { number, hash } = await commitSale(till.database, device, sale, device.enrolment.store.number);
      return { number, sale, hash };
    } catch (error) {
      if (!(error instanceof ChainMoved) || attempt === TRIES) throw error;
    }
  }
}

function saleDocument(till: Till, device: DeviceRow, series: SeriesRow): SaleDocument {
  const { enrolment } = device;
  const lines = saleLines(till.basket.value.lines);
  const total = lines.reduce((sum, line) => sum + line.amount, 0);
  const reading = readClock(till);
  const date = localDate(new Date(reading.now), enrolment.store.timezone);
  return {
    ...originOf(till, device, till.saleId, reading),
    series: series.id,
    label: series.label,
    counter: series.counter + 1,
    prev: series.prev,
    // A session is one business day. When the day turns out to be another one, earlier or later, the next session begins.
    session: date === series.businessDate ? series.session : series.session + 1,
    business_date: date,
    staff: till.member.value?.id ?? '',
    staff_number: till.member.value?.number ?? '',
    started_at: startOf(till, reading),
    completed_at: reading.moment,
    currency: enrolment.currency,
    lines,
    vat: vatOf(lines).vat,
    total,
    rounding: roundingOf(total, till.payments.value),
    payments: till.payments.value,
  };
}

/** The basket knows its beginning in the store's time, the document in the device's: what went by in between is the same. */
function startOf(till: Till, { moment, now }: Reading): string {
  const { startedAt } = till.basket.value;
  const lasted = startedAt ? Math.max(0, now - Date.parse(startedAt)) : 0;
  return isoMoment(Date.parse(moment) - lasted);
}

import { ownClockOff, storeNow } from '../deeds/clock';
import { isBetweenSales, type Till } from '../deeds/till';
import { isoMoment } from '../shop/clock';
import type { Texts } from '../texts/en';
import { type Formats, useFormats, useTexts, useTill } from './context';
import { useTicks } from './ticks';

/** What somebody should know, though it stops nothing. */
export function Notices() {
  const till = useTill();
  const t = useTexts();
  const warning = till.warning.value;
  const update = till.update.value;
  const what = {
    PRICES: t.warningPrices,
    STAFF: t.warningStaff,
    ENROLMENT: t.warningEnrolment,
    EMERGENCY: t.warningEmergency,
    EMERGENCY_PRICES: t.warningEmergencyPrices,
  };
  const tooOld = isOlder(till.app, till.minimumApp.value);
  return (
    <>
      {warning && (
        <p class="notice" role="status" data-testid="warning">
          ▲ {warning.what === 'ORDER' ? t.warningOrder(warning.code) : t.warning(what[warning.what], warning.code)}
        </p>
      )}
      <ClockNotice />
      {update && till.screen.value === 'SIGN_IN' && isBetweenSales(till) && (
        <p class="notice" role="status">
          {t.updateReady}{' '}
          <button type="button" class="second" onClick={update}>
            {t.update}
          </button>
        </p>
      )}
      {tooOld && (
        <p class="notice" role="status">
          ▲ {t.updateTooOld}
        </p>
      )}
    </>
  );
}

/** Whose clock is wrong, and what receipts bear instead. */
function ClockNotice() {
  const till = useTill();
  const t = useTexts();
  const formats = useFormats();
  useTicks();
  const said = clockWords(till, t, formats);
  return (
    said && (
      <p class="notice" role="status" data-testid="clock-notice">
        {said}
      </p>
    )
  );
}

function clockWords(till: Till, t: Texts, { moment }: Formats): string | null {
  const wrong = till.serviceClockWrong.value;
  if (till.clock.value?.basis === 'UNKNOWN') return `▲ ${t.clockUnknown(moment(isoMoment(storeNow(till))))}`;
  if (wrong !== null) return `▲ ${t.serviceClockWrong(moment(isoMoment(wrong)))}`;
  const off = ownClockOff(till);
  return off === null ? null : t.ownClockOff(off);
}

function isOlder(version: string, minimum: string): boolean {
  const parts = (text: string) => text.split('.').map(Number);
  const [mine, least] = [parts(version), parts(minimum)];
  for (let i = 0; i < 3; i++) {
    const difference = (mine[i] ?? 0) - (least[i] ?? 0);
    if (difference) return difference < 0;
  }
  return false;
}

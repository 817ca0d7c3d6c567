import { storeNow } from '../deeds/clock';
import type { Till } from '../deeds/till';
import type { Texts } from '../texts/en';
import { useFormats, useTexts, useTill } from './context';
import { useTicks } from './ticks';

/** Where we are, who sells, what the clock says, and a quiet word about the line. */
export function StatusLine() {
  const till = useTill();
  const t = useTexts();
  const { clock } = useFormats();
  useTicks();
  const now = new Date(storeNow(till));
  const enrolment = till.device.value?.enrolment;
  const { reach, revoked } = till.connection.value;
  return (
    <p class="status">
      {enrolment && <span class="status-store">{`${enrolment.store.name} · ${enrolment.pos.number}`}</span>}
      {till.member.value && <span data-testid="assistant">{till.member.value.name}</span>}
      <span data-testid="clock">{clock(now)}</span>
      <span class={`line line-${revoked ? 'revoked' : reach.toLowerCase()}`} data-testid="network">
        {lineWord(till, t)}
      </span>
    </p>
  );
}

function lineWord(till: Till, t: Texts): string {
  const { reach, revoked } = till.connection.value;
  const { sales } = till.waiting.value;
  if (revoked) return t.revoked;
  if (reach === 'OFFLINE') return sales ? t.offlineWaiting(sales) : t.offline;
  if (sales) return t.onlineWaiting(sales);
  return reach === 'ONLINE' ? t.online : '';
}

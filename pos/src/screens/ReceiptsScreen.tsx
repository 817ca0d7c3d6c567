import { useEffect, useState } from 'preact/hooks';
import { type Found, reprint, searchOwn, searchStore } from '../deeds/receipts';
import { isAtStore } from '../deeds/service';
import { homeScreen } from '../deeds/till';
import { useFormats, useTexts, useTill } from '../parts/context';
import { Page } from '../parts/Page';
import { OUTAGES } from '../shop/bounds';

export function ReceiptsScreen() {
  const till = useTill();
  const t = useTexts();
  if (isAtStore(till)) return <ReceiptSearch />;
  return (
    <Page title={t.receipts} onBack={() => (till.screen.value = homeScreen(till))}>
      <p data-testid="receipts-off">{t.receiptsOff}</p>
      <p>{t.outagesTitle}</p>
      <ul data-testid="outages">
        {OUTAGES.map((each) => (
          <li key={each}>{t.outages[each]}</li>
        ))}
      </ul>
    </Page>
  );
}

/** Receipts of the own store; without a line those of this device. */
function ReceiptSearch() {
  const till = useTill();
  const t = useTexts();
  const { money, moment } = useFormats();
  const [query, setQuery] = useState({ q: '', from: '', to: '' });
  const [found, setFound] = useState<Found[] | null>(null);
  const [more, setMore] = useState(false);
  const [own, setOwn] = useState(false);
  const [error, setError] = useState('');

  async function search(): Promise<void> {
    // A line that is known to be down is not waited for.
    if (till.connection.value.reach === 'ONLINE') {
      try {
        const answer = await searchStore(till, query);
        setOwn(false);
        setFound(answer.receipts);
        return setMore(answer.more);
      } catch {
        // Fall back to what the device has itself.
      }
    }
    setOwn(true);
    setMore(false);
    setFound(await searchOwn(till, query));
  }

  async function showMore(): Promise<void> {
    const last = found?.at(-1);
    if (!last) return;
    const answer = await searchStore(till, { ...query, before: last.id });
    setFound([...(found ?? []), ...answer.receipts]);
    setMore(answer.more);
  }

  useEffect(() => {
    const calm = setTimeout(() => void search(), 200);
    return () => clearTimeout(calm);
  }, [query]);

  const set = (change: Partial<typeof query>) => setQuery((before) => ({ ...before, ...change }));
  return (
    <Page title={t.receipts} onBack={() => (till.screen.value = homeScreen(till))}>
      <form class="filters" role="search" onSubmit={(event) => event.preventDefault()}>
        <input
          type="search"
          name="q"
          aria-label={t.receiptsSearch}
          placeholder={t.receiptsSearch}
          value={query.q}
          onInput={(event) => set({ q: event.currentTarget.value })}
        />
        <label>
          {t.from}
          <input type="date" name="from" value={query.from} onInput={(event) => set({ from: event.currentTarget.value })} />
        </label>
        <label>
          {t.to}
          <input type="date" name="to" value={query.to} onInput={(event) => set({ to: event.currentTarget.value })} />
        </label>
      </form>
      {own && <p class="notice">{t.receiptsOwn}</p>}
      {error && (
        <p class="alert" role="alert">
          {error}
        </p>
      )}
      {found?.length === 0 && <p class="quiet">{t.receiptsNone}</p>}
      <ul class="rows">
        {found?.map((one) => (
          <li key={one.id}>
            <button
              type="button"
              data-testid="receipt-row"
              onClick={() => void reprint(till, one).catch(() => setError(t.receiptNoAnswer))}
            >
              <span class="tabular">{one.number}</span>
              <span class="quiet">
                {moment(one.completedAt)}
                {one.unsent ? ` · ${t.receiptUnsent}` : ''}
                {one.asideBecause === undefined ? '' : ` · ▲ ${t.receiptAside} ${one.asideBecause}`}
              </span>
              <span class="tabular row-amount">{money(one.total)}</span>
            </button>
          </li>
        ))}
      </ul>
      {more && (
        <button type="button" class="second" onClick={() => void showMore()}>
          {t.receiptsMore}
        </button>
      )}
    </Page>
  );
}

import { useEffect, useState } from 'preact/hooks';
import { NotARescueFile, rescueFile, type UnsentSale, unsentSales, uploadRescue } from '../deeds/unsent';
import { isAtStore } from '../deeds/service';
import { homeScreen } from '../deeds/till';
import { useFormats, useTexts, useTill } from '../parts/context';
import { Page } from '../parts/Page';

/** Sales that only this device has: why, and what can be done. */
export function UnsentScreen() {
  const till = useTill();
  const t = useTexts();
  const { money, moment } = useFormats();
  const [sales, setSales] = useState<UnsentSale[]>([]);
  const [kept, setKept] = useState(0);
  const [message, setMessage] = useState('');
  const waiting = till.waiting.value;

  useEffect(() => {
    void unsentSales(till).then(setSales);
    void till.database.count('journal').then(setKept);
  }, [waiting]);

  async function upload(input: HTMLInputElement): Promise<void> {
    const file = input.files?.[0];
    if (!file) return;
    try {
      const { BOOKED, KNOWN, QUARANTINED } = await uploadRescue(till, await file.text());
      setMessage(t.rescueDone(BOOKED, KNOWN, QUARANTINED));
    } catch (error) {
      setMessage(error instanceof NotARescueFile ? t.rescueBad : t.reason('no-answer', !isAtStore(till)));
    }
    input.value = '';
  }

  const others = waiting.records - waiting.sales;
  return (
    <Page title={t.unsent} onBack={() => (till.screen.value = homeScreen(till))}>
      <p data-testid="unsent-summary">{sales.length ? t.unsentHelp : t.unsentNone}</p>
      {others > 0 && <p class="quiet">{t.unsentOthers(others)}</p>}
      <ul class="rows">
        {sales.map((sale) => (
          <li key={sale.id} class="row" data-testid="unsent-sale">
            <span class="tabular">{sale.number}</span>
            <span class="quiet">
              {moment(sale.completedAt)} · {t.reason(sale.reason, !isAtStore(till))}
            </span>
            <span class="tabular row-amount">{money(sale.total)}</span>
          </li>
        ))}
      </ul>
      <div class="actions">
        <button type="button" class="second" disabled={!waiting.records} onClick={() => till.nudge()}>
          {t.retry}
        </button>
        <button type="button" class="second" disabled={!kept} onClick={() => void rescueFile(till).then(download)}>
          {t.rescueExport}
        </button>
        <label class="second file">
          {t.rescueUpload}
          <input
            type="file"
            accept=".json,application/json"
            data-testid="rescue-upload"
            onChange={(event) => void upload(event.currentTarget)}
          />
        </label>
      </div>
      <p class="quiet">{t.rescueHelp}</p>
      <p role="status" data-testid="rescue-result">
        {message}
      </p>
    </Page>
  );
}

function download({ name, content }: { name: string; content: string }): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([content], { type: 'application/json' }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

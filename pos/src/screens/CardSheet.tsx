import { useState } from 'preact/hooks';
import { askTerminal, cancelCard, resolveByHand } from '../deeds/pay';
import { useFormats, useTexts, useTill } from '../parts/context';
import { Sheet } from '../parts/Sheet';

/** A card is being charged, or nobody knows whether it was. It goes away only when the terminal has answered. */
export function CardSheet() {
  const till = useTill();
  const t = useTexts();
  const { money } = useFormats();
  const [dead, setDead] = useState(false);
  const card = till.card.value;
  if (!card) return null;
  const unknown = card.state === 'UNKNOWN';
  return (
    <Sheet label={unknown ? t.cardUnknown : t.cardSent} onClose={() => undefined}>
      <p class="total-amount" data-testid="card-amount">
        {money(card.amount)}
      </p>
      <p role="status" data-testid="card-state" data-state={card.state}>
        {unknown ? t.cardUnknownHelp : t.cardSentHelp}
      </p>
      <div class="sheet-list">
        {unknown && (
          <button type="button" class="main" onClick={() => void askTerminal(till)}>
            {t.askTerminal}
          </button>
        )}
        <button type="button" class="second" onClick={() => void cancelCard(till)}>
          {t.stopCard}
        </button>
        {unknown && !dead && (
          <button type="button" class="plain" onClick={() => setDead(true)}>
            {t.terminalDead}
          </button>
        )}
        {unknown && dead && (
          <>
            <p>{t.terminalDeadHelp}</p>
            <button type="button" class="second" onClick={() => void resolveByHand(till, true)}>
              {t.terminalSaysPaid}
            </button>
            <button type="button" class="second" onClick={() => void resolveByHand(till, false)}>
              {t.terminalSaysNot}
            </button>
          </>
        )}
      </div>
    </Sheet>
  );
}

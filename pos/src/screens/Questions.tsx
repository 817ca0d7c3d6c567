import { useState } from 'preact/hooks';
import { mostOf } from '../shop/basket';
import type { Unit } from '../shop/documents';
import { answerClock, storeNow } from '../deeds/clock';
import { answerCash, answerCode } from '../deeds/pay';
import { answerAge, answerWeight, cancelSale, readQuantity, refuse } from '../deeds/ring-up';
import { useFormats, useTexts, useTill } from '../parts/context';
import { Sheet } from '../parts/Sheet';
import { isoMoment } from '../shop/clock';

/** What must be answered before the scan goes on. */
export function Questions() {
  const till = useTill();
  const t = useTexts();
  const question = till.question.value;
  if (!question) return null;
  if (question.kind === 'WEIGHT') return <WeightSheet text={question.text} unit={question.unit} />;
  if (question.kind === 'CASH') {
    return question.code === null ? <CashSheet {...question} /> : <CashOrCodeSheet tendered={question.tendered} code={question.code} />;
  }
  if (question.kind === 'AGE') {
    return (
      <Sheet label={t.askAge(question.years)} onClose={() => answerAge(till, false)}>
        <p>{question.text}</p>
        <div class="sheet-list">
          <button type="button" class="main" onClick={() => answerAge(till, true)}>
            {t.oldEnough(question.years)}
          </button>
          <button type="button" class="second" onClick={() => answerAge(till, false)}>
            {t.tooYoung}
          </button>
        </div>
      </Sheet>
    );
  }
  if (question.kind === 'CLOCK') return <ClockSheet guess={question.guess} isAhead={question.isAhead} />;
  const stay = () => (till.question.value = null);
  return (
    <Sheet label={t.cancelSaleAsk(till.basket.value.lines.length)} onClose={stay}>
      <div class="sheet-list">
        <button type="button" class="second danger" onClick={() => void cancelSale(till)}>
          {t.cancelSale}
        </button>
        <button type="button" class="second" onClick={stay}>
          {t.back}
        </button>
      </div>
    </Sheet>
  );
}

/** The device's clock says what cannot be, or what only a person can know. Either answer leads to selling. */
function ClockSheet({ guess, isAhead }: { guess: number; isAhead: boolean }) {
  const till = useTill();
  const t = useTexts();
  const { moment } = useFormats();
  const [says, known] = [moment(isoMoment(guess)), moment(isoMoment(storeNow(till)))];
  return (
    <Sheet label={isAhead ? t.askClock(says) : t.clockWrong(says)} onClose={() => answerClock(till, false)}>
      <p>{isAhead ? t.askClockHelp(known) : t.clockWrongHelp(known)}</p>
      <div class="sheet-list">
        {isAhead && (
          <button type="button" class="second" onClick={() => answerClock(till, true)}>
            {t.clockIsRight}
          </button>
        )}
        <button type="button" class={isAhead ? 'second' : 'main'} onClick={() => answerClock(till, false)}>
          {isAhead ? t.clockIsWrong : t.goOn}
        </button>
      </div>
    </Sheet>
  );
}

/** Above what anybody hands over: asked, for it may be a code that was keyed as an amount. */
function CashSheet({ tendered, change }: { tendered: number; change: number }) {
  const till = useTill();
  const t = useTexts();
  const { money } = useFormats();
  return (
    <Sheet label={t.cashAsk(money(tendered))} onClose={() => void answerCash(till, false)}>
      <p>{t.cashChange(money(change))}</p>
      <div class="sheet-list">
        <button type="button" class="main" onClick={() => void answerCash(till, false)}>
          {t.cashSlip}
        </button>
        <button type="button" class="second" onClick={() => void answerCash(till, true)}>
          {t.cashRight(money(tendered))}
        </button>
      </div>
    </Sheet>
  );
}

/** A few digits that came as fast as a scanner types, while money is awaited. */
function CashOrCodeSheet({ tendered, code }: { tendered: number; code: string }) {
  const till = useTill();
  const t = useTexts();
  const { money } = useFormats();
  return (
    <Sheet label={t.cashOrCode(money(tendered))} onClose={() => void answerCash(till, false)}>
      <p>{t.cashOrCodeHelp}</p>
      <div class="sheet-list">
        <button type="button" class="second" onClick={() => answerCode(till)}>
          {t.itIsCode(code)}
        </button>
        <button type="button" class="second" onClick={() => void answerCash(till, true)}>
          {t.cashAmount(money(tendered))}
        </button>
        <button type="button" class="plain" onClick={() => void answerCash(till, false)}>
          {t.neither}
        </button>
      </div>
    </Sheet>
  );
}

function WeightSheet({ text, unit }: { text: string; unit: Unit }) {
  const till = useTill();
  const t = useTexts();
  const [entry, setEntry] = useState('');
  const read = readQuantity(entry);
  const quantity = read !== null && read <= mostOf(unit) ? read : null;
  return (
    <Sheet label={t.askWeight(text)} onClose={() => answerWeight(till, null)} hasField>
      <form
        class="sheet-list"
        onSubmit={(event) => {
          event.preventDefault();
          if (quantity === null) refuse(till);
          else answerWeight(till, quantity);
        }}
      >
        <label>
          {t.weightHint[unit]}
          <input
            name="weight"
            inputMode="decimal"
            autoComplete="off"
            autofocus
            value={entry}
            onInput={(event) => setEntry(event.currentTarget.value)}
          />
        </label>
        <button type="submit" class="main">
          {t.add}
        </button>
        <button type="button" class="second" onClick={() => answerWeight(till, null)}>
          {t.cancel}
        </button>
      </form>
    </Sheet>
  );
}

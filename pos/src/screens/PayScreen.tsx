import { backToSale, due, payCard, payCash, payKeyed, terminalOf } from '../deeds/pay';
import { finishSale } from '../deeds/finish';
import { clear, eraseDigit, keyDigits } from '../deeds/ring-up';
import { useFormats, useTexts, useTill } from '../parts/context';
import { Keypad } from '../parts/Keypad';
import { MainButton } from '../parts/MainButton';
import { quickAmounts } from '../shop/sale';
import { CardSheet } from './CardSheet';
import { InfoLine } from './InfoLine';
import { Journal } from './Journal';
import { Questions } from './Questions';

export function PayScreen() {
  const till = useTill();
  const t = useTexts();
  const { money, readMoney } = useFormats();
  const open = due(till);
  const keyed = till.entry.value ? readMoney(till.entry.value) : null;
  const isAmount = !till.entry.value || keyed !== null;
  const terminal = terminalOf(till);
  const cash = keyed ?? open.cash;
  const cardAmount = keyed !== null && keyed < open.left ? keyed : open.left;
  // A sale that is paid but could not be written (a full disk) is finished from here, not paid again.
  const main = open.paid
    ? { label: t.finish, press: () => finishSale(till) }
    : terminal
      ? { label: t.payCard(money(cardAmount)), press: () => payCard(till, cardAmount) }
      : { label: t.cashAmount(money(cash)), press: () => payCash(till, cash) };
  return (
    <main class="till" data-testid="pay-screen">
      <h1 class="sr-only">{t.toPay}</h1>
      <InfoLine />
      <Journal fixed />
      <div class="total pay-total">
        {till.payments.value.map((payment) => (
          <p key={payment.id} class="quiet">
            {t.paid}: {payment.tender === 'CASH' ? t.cash : t.card} <span class="tabular">{money(payment.amount)}</span>
          </p>
        ))}
        {open.cash !== open.left && (
          <p class="quiet">
            {t.inCash}{' '}
            <output class="tabular" data-testid="cash-due">
              {money(open.cash)}
            </output>
          </p>
        )}
        {!terminal && <p class="quiet">{t.noTerminal}</p>}
        <p class="pay-due">
          <span>{t.toPay}</span>
          <output class="total-amount" data-testid="due">
            {money(open.left)}
          </output>
        </p>
      </div>
      <div class="menu menu-pay" role="group" aria-label={t.cash}>
        <button type="button" class="menu-key" onClick={() => backToSale(till)}>
          {t.back}
        </button>
        <button type="button" class="menu-key strong" disabled={open.paid || !isAmount} onClick={() => void payCash(till, cash)} data-testid="cash">
          {t.cashAmount(money(cash))}
        </button>
        {quickAmounts(open.cash).map((amount) => (
          <button
            type="button"
            key={amount}
            class="menu-key tabular"
            disabled={open.paid}
            onClick={() => void payCash(till, amount)}
            data-testid="quick-amount"
          >
            {money(amount)}
          </button>
        ))}
      </div>
      <Keypad
        onDigits={(digits) => keyDigits(till, digits)}
        onClear={() => clear(till)}
        onErase={() => eraseDigit(till)}
        onEnter={() => (till.entry.value ? payKeyed(till, keyed) : void payCash(till, cash))}
        enterLabel={t.cash}
      />
      <MainButton onPress={() => void main.press()}>{main.label}</MainButton>
      <CardSheet />
      <Questions />
    </main>
  );
}

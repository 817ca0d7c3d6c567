import { useEffect } from 'preact/hooks';
import { goToPay } from '../deeds/pay';
import { clear, changeQuantity, eraseDigit, keyDigits, keyQuantity, removeLine, scan, totalOf } from '../deeds/ring-up';
import { signOut } from '../deeds/sign-in';
import type { Screen } from '../deeds/till';
import { useFormats, useTexts, useTill } from '../parts/context';
import { Keypad } from '../parts/Keypad';
import { MainButton } from '../parts/MainButton';
import { Sheet } from '../parts/Sheet';
import { InfoLine } from './InfoLine';
import { Journal } from './Journal';
import { Questions } from './Questions';
import { SearchSheet } from './SearchSheet';

/** Reads no basket itself: a scan draws the line, the total and the information line, and leaves the keys alone. */
export function SaleScreen() {
  const till = useTill();
  const t = useTexts();
  const open = till.sheet.value;
  const close = () => (till.sheet.value = null);
  useEffect(() => () => void close(), []);
  return (
    <main class="till" data-testid="sale-screen">
      <h1 class="sr-only">{t.name}</h1>
      <InfoLine />
      <Journal />
      <Total />
      <SaleMenu onSearch={() => (till.sheet.value = 'SEARCH')} onMenu={() => (till.sheet.value = 'MENU')} />
      <Keypad
        onDigits={(digits) => keyDigits(till, digits)}
        onClear={() => clear(till)}
        onErase={() => eraseDigit(till)}
        onTimes={() => keyQuantity(till)}
        onEnter={() => scan(till, till.entry.value)}
      />
      <PayButton />
      {open === 'SEARCH' && <SearchSheet onClose={close} />}
      {open === 'MENU' && <MoreSheet onClose={close} />}
      <Questions />
    </main>
  );
}

function Total() {
  const till = useTill();
  const t = useTexts();
  const { money } = useFormats();
  const { length } = till.basket.value.lines;
  const total = money(totalOf(till));
  return (
    <div class="total">
      <span>{t.total}</span>
      <span class="quiet line-count">{length ? t.lines(length) : ''}</span>
      <output class="total-amount" data-testid="total">
        {/* A number that grows is another element: replaced, nothing moves. */}
        <span key={total}>{total}</span>
      </output>
    </div>
  );
}

function PayButton() {
  const till = useTill();
  const t = useTexts();
  const { money } = useFormats();
  const { length } = till.basket.value.lines;
  const total = length ? money(totalOf(till)) : '';
  return (
    <MainButton onPress={() => goToPay(till)} disabled={!length}>
      <span class="main-amount">
        {t.pay}{' '}
        <span class="tabular" key={total}>
          {total}
        </span>
      </span>
    </MainButton>
  );
}

/** What the menu offers depends on whether a line is selected. */
function SaleMenu({ onSearch, onMenu }: { onSearch: () => void; onMenu: () => void }) {
  const till = useTill();
  const t = useTexts();
  const { lines } = till.basket.value;
  const selected = lines.find((line) => line.id === till.selected.value);
  const target = selected ?? lines.at(-1);
  if (selected) {
    const change = (by: number) => changeQuantity(till, selected.id, selected.quantity + by);
    return (
      <div class="menu" role="group" aria-label={t.menu}>
        <button type="button" class="menu-key" aria-label={`−1, ${t.fewer}`} disabled={selected.quantity <= 1000} onClick={() => change(-1000)}>
          −1
        </button>
        <button type="button" class="menu-key" aria-label={`+1, ${t.more}`} onClick={() => change(1000)}>
          +1
        </button>
        <button type="button" class="menu-key danger" onClick={() => removeLine(till, selected.id)}>
          {t.deleteLine}
        </button>
        <button type="button" class="menu-key" onClick={() => (till.selected.value = null)}>
          {t.back}
        </button>
      </div>
    );
  }
  return (
    <div class="menu" role="group" aria-label={t.menu}>
      <button type="button" class="menu-key" onClick={onSearch}>
        {t.search}
      </button>
      <button
        type="button"
        class="menu-key"
        disabled={!target}
        onClick={() => target && removeLine(till, target.id)}
        title={t.deleteLast}
      >
        {t.deleteLine}
      </button>
      <button type="button" class="menu-key" aria-haspopup="dialog" onClick={onMenu}>
        {t.menu}
      </button>
    </div>
  );
}

function MoreSheet({ onClose }: { onClose: () => void }) {
  const till = useTill();
  const t = useTexts();
  const go = (screen: Screen) => () => (till.screen.value = screen);
  const { lines } = till.basket.value;
  const waiting = till.waiting.value.sales;
  return (
    <Sheet label={t.menu} onClose={onClose}>
      <div class="sheet-list">
        <button
          type="button"
          class="second"
          disabled={!lines.length}
          onClick={() => ((till.question.value = { kind: 'CANCEL_SALE' }), onClose())}
        >
          {t.cancelSale}
        </button>
        <button type="button" class="second" onClick={go('RECEIPTS')}>
          {t.receipts}
        </button>
        <button type="button" class="second" onClick={go('UNSENT')}>
          {t.unsent}
          {waiting ? ` (${waiting})` : ''}
        </button>
        <button type="button" class="second" onClick={go('SETTINGS')}>
          {t.settings}
        </button>
        <button type="button" class="second" onClick={() => void signOut(till)}>
          {t.signOut}
        </button>
        <button type="button" class="plain" onClick={onClose}>
          {t.close}
        </button>
      </div>
    </Sheet>
  );
}

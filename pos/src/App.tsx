import { useEffect } from 'preact/hooks';
import { clear, eraseDigit, keyDigits, keyQuantity, scan } from './deeds/ring-up';
import { goToPay, payCash, due } from './deeds/pay';
import type { Till } from './deeds/till';
import { formatsOf, textsOf, TillProvider } from './parts/context';
import { EmergencyFrame } from './parts/EmergencyFrame';
import { Wedge } from './parts/scanner';
import { EnrolScreen } from './screens/EnrolScreen';
import { PayScreen } from './screens/PayScreen';
import { ReceiptScreen } from './screens/ReceiptScreen';
import { ReceiptsScreen } from './screens/ReceiptsScreen';
import { SaleScreen } from './screens/SaleScreen';
import { SettingsScreen } from './screens/SettingsScreen';
import { SignInScreen } from './screens/SignInScreen';
import { UnsentScreen } from './screens/UnsentScreen';

const SCREENS = {
  ENROL: EnrolScreen,
  SIGN_IN: SignInScreen,
  SALE: SaleScreen,
  PAY: PayScreen,
  RECEIPT: ReceiptScreen,
  RECEIPTS: ReceiptsScreen,
  UNSENT: UnsentScreen,
  SETTINGS: SettingsScreen,
};

export function App({ till }: { till: Till }) {
  const { language, theme } = till.settings.value;
  useEffect(() => {
    document.documentElement.lang = language;
    document.documentElement.dataset['theme'] = theme;
  }, [language, theme]);
  useEffect(() => {
    const wedge = new Wedge();
    const listener = (event: KeyboardEvent) => onKey(till, wedge, event);
    addEventListener('keydown', listener, { capture: true });
    return () => removeEventListener('keydown', listener, { capture: true });
  }, [till]);
  const Current = SCREENS[till.screen.value];
  return (
    <TillProvider value={till}>
      <EmergencyFrame>
        <Current />
      </EmergencyFrame>
    </TillProvider>
  );
}

/** Keys that mean the same wherever the focus is: the scanner's, and the keypad's on the two screens that have one. */
function onKey(till: Till, wedge: Wedge, event: KeyboardEvent): void {
  if (!till.member.value || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  const field = event.target instanceof HTMLInputElement ? event.target : null;
  const code = wedge.key(event.key, event.timeStamp);
  if (code) return scanned(till, code, field, event);
  const screen = till.screen.value;
  // An open dialog and a field have their own keys.
  if (field || till.question.value || document.querySelector('dialog[open]') || (screen !== 'SALE' && screen !== 'PAY')) return;
  if (handled(till, event, screen)) event.preventDefault();
}

/** A scan in the middle of typing: what the scanner typed into a field is taken out again. */
function scanned(till: Till, code: string, field: HTMLInputElement | null, event: KeyboardEvent): void {
  event.preventDefault();
  event.stopPropagation();
  if (field) {
    field.value = field.value.endsWith(code) ? field.value.slice(0, -code.length) : field.value;
    field.dispatchEvent(new Event('input', { bubbles: true }));
  } else if (till.entry.value.endsWith(code)) {
    till.entry.value = till.entry.value.slice(0, -code.length);
  }
  scan(till, code);
}

function handled(till: Till, event: KeyboardEvent, screen: 'SALE' | 'PAY'): boolean {
  const { key } = event;
  if (/^[0-9]$/.test(key)) keyDigits(till, key);
  else if (key === ',' || key === '.') keyDigits(till, ',');
  else if (/^[A-Za-z-]$/.test(key) && screen === 'SALE' && (till.entry.value || (key !== 'c' && key !== 'C' && key !== 'x')))
    keyDigits(till, key);
  else if (key === 'Escape' || key === 'c' || key === 'C') clear(till);
  else if (key === 'Backspace') eraseDigit(till);
  else if ((key === '*' || key === 'x') && screen === 'SALE') keyQuantity(till);
  else if (key === 'Enter') return entered(till, event, screen);
  else return false;
  return true;
}

/** Enter adds what was keyed; on a focused button it presses that button, as everywhere. */
function entered(till: Till, event: KeyboardEvent, screen: 'SALE' | 'PAY'): boolean {
  if (!till.entry.value) {
    if (event.target instanceof HTMLButtonElement) return false;
    if (screen === 'SALE') goToPay(till);
    return true;
  }
  if (screen === 'SALE') scan(till, till.entry.value);
  else {
    const { locale } = textsOf(till.settings.value.language);
    const amount = formatsOf(locale, till.device.value?.enrolment.currency ?? 'DKK').readMoney(till.entry.value);
    if (amount !== null && !due(till).paid) void payCash(till, amount);
  }
  return true;
}

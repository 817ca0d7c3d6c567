import { useEffect, useRef, useState } from 'preact/hooks';
import { signIn } from '../deeds/sign-in';
import { useTexts, useTill } from '../parts/context';
import { Keypad } from '../parts/Keypad';
import { MainButton } from '../parts/MainButton';
import { Notices } from '../parts/Notices';
import { StatusLine } from '../parts/StatusLine';
import { StrayCode } from '../parts/StrayCode';

export function SignInScreen() {
  const till = useTill();
  const t = useTexts();
  const [number, setNumber] = useState('');
  const [pin, setPin] = useState('');
  const [error, setError] = useState('');
  const [busy, setBusy] = useState(false);
  const numberField = useRef<HTMLInputElement>(null);
  const pinField = useRef<HTMLInputElement>(null);
  const [field, setField] = useState<'number' | 'pin'>('number');

  useEffect(() => numberField.current?.focus(), []);

  async function submit(): Promise<void> {
    if (busy) return;
    if (!number) return numberField.current?.focus();
    if (!pin) return pinField.current?.focus();
    setBusy(true);
    const answer = await signIn(till, number, pin);
    setBusy(false);
    if (answer.kind === 'IN') return;
    setPin('');
    setError(answer.kind === 'BLOCKED' ? t.pinBlocked : answer.kind === 'NO_PIN' ? t.noPin : t.wrongPin(answer.left));
    pinField.current?.focus();
  }

  function key(digits: string): void {
    setError('');
    if (field === 'pin') setPin((before) => before + digits.replace(',', ''));
    else setNumber((before) => before + digits.replace(',', ''));
  }

  function erase(): void {
    if (field === 'pin') setPin((before) => before.slice(0, -1));
    else setNumber((before) => before.slice(0, -1));
  }

  function clearAll(): void {
    setError('');
    if (field === 'pin') setPin('');
    else setNumber('');
  }

  return (
    <main class="till">
      <header class="info">
        <StatusLine />
        <h1 class="info-line">{t.signInTitle}</h1>
        <Notices />
      </header>
      <form
        class="journal sign-in"
        aria-label={t.signInTitle}
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        <div class="sign-in-fields">
          <label>
            {t.staffNumber}
            <input
              ref={numberField}
              name="staff"
              inputMode="none"
              autoComplete="off"
              value={number}
              onFocus={() => setField('number')}
              onInput={(event) => setNumber(event.currentTarget.value)}
            />
          </label>
          <label>
            {t.pin}
            <input
              ref={pinField}
              name="pin"
              type="password"
              inputMode="none"
              autoComplete="off"
              value={pin}
              onFocus={() => setField('pin')}
              onInput={(event) => setPin(event.currentTarget.value)}
            />
          </label>
        </div>
        <StrayCode />
        {till.trouble.value?.kind === 'SALE_DROPPED' && <p class="notice">{t.saleDropped(till.trouble.value.lines)}</p>}
        {!till.staff.value && <p class="notice">{t.noStaff}</p>}
        <p class={error ? 'alert' : 'alert-place'} role="alert" data-testid="sign-in-error">
          {error}
        </p>
        {/* Enter submits a form only when it has a button of its own. */}
        <button type="submit" hidden />
      </form>
      <div class="menu">
        <button type="button" class="menu-key" onClick={() => (till.screen.value = 'UNSENT')}>
          {t.unsent}
        </button>
        <button type="button" class="menu-key" onClick={() => (till.screen.value = 'SETTINGS')}>
          {t.settings}
        </button>
      </div>
      <Keypad onDigits={key} onErase={erase} onClear={clearAll} onEnter={() => void submit()} enterLabel={t.signIn} />
      <MainButton onPress={() => void submit()} disabled={busy}>
        {t.signIn}
      </MainButton>
    </main>
  );
}

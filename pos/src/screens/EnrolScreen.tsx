import { useEffect, useState } from 'preact/hooks';
import { askForStorage, enrolDevice, maySellWithout, type Storage } from '../deeds/enrol';
import { useTexts, useTill } from '../parts/context';
import { Page } from '../parts/Page';
import { modeOf } from '../shop/emergency';
import type { Texts } from '../texts/en';
import { isLoopback, type Invitation, normaliseAddress, readInvitation } from '../wire/enrol';
import { NoAnswer, Problem } from '../wire/service';
import { Refused } from '../wire/trust';
import { canScanQr, QrScanner } from './QrScanner';

export function EnrolScreen() {
  const till = useTill();
  const t = useTexts();
  const [invited, setInvited] = useState<Invitation | null>(() => readInvitation(location.hash));
  const [address, setAddress] = useState(invited?.url ?? '');
  const [code, setCode] = useState(invited?.code ?? '');
  const [name, setName] = useState('');
  const [storage, setStorage] = useState<Storage | null>(null);
  const [accepted, setAccepted] = useState(false);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState('');
  const [scanning, setScanning] = useState(false);

  useEffect(() => {
    const look = () => {
      const found = readInvitation(location.hash);
      if (!found) return;
      invite(found);
      // The code works once: it should not stay in the address for the next reader.
      history.replaceState(null, '', location.pathname + location.search);
    };
    // Listen first, then look: an address may have come since the first drawing.
    addEventListener('hashchange', look);
    look();
    return () => removeEventListener('hashchange', look);
  }, []);

  function invite(found: Invitation | null): void {
    if (!found) return;
    setInvited(found);
    setAddress(found.url);
    setCode(found.code);
    setScanning(false);
  }

  async function connect(event: Event): Promise<void> {
    event.preventDefault();
    setError('');
    let url: string;
    try {
      url = normaliseAddress(address);
    } catch {
      return setError(t.enrolBadAddress);
    }
    setBusy(true);
    try {
      const kept = await askForStorage();
      setStorage(kept);
      if (kept === 'NOT_PERSISTENT' && !maySellWithout(location.hostname, accepted)) return;
      // The root's key id belongs to the QR's own address; another address is trusted on first use.
      const root = invited && invited.url === url ? invited.root : null;
      await enrolDevice(till, { url, code, root }, name.trim() || t.enrolNameExample, kept);
    } catch (failure) {
      setError(await explain(failure, t));
    } finally {
      setBusy(false);
    }
  }

  const again = modeOf(till.emergency.value) === 'RECOVERED';
  const waiting = till.waiting.value.records;
  const mustAccept = storage === 'NOT_PERSISTENT' && !isLoopback(location.hostname);
  return (
    <Page title={again ? t.homeTitle : t.enrolTitle}>
      <form class="form" onSubmit={(event) => void connect(event)}>
        <p>{again ? t.homeHelp : t.enrolHelp}</p>
        {again && waiting > 0 && (
          <p class="notice">
            {t.homeWaiting(waiting)}{' '}
            <button type="button" class="second" onClick={() => (till.screen.value = 'UNSENT')}>
              {t.unsent}
            </button>
          </p>
        )}
        {scanning && <QrScanner onFound={(text) => invite(readInvitation(text))} onClose={() => setScanning(false)} />}
        {canScanQr() && !scanning && (
          <button type="button" class="second" onClick={() => setScanning(true)}>
            {t.enrolScan}
          </button>
        )}
        <label>
          {t.enrolAddress}
          <input
            name="address"
            inputMode="url"
            autoComplete="off"
            autoCapitalize="none"
            spellcheck={false}
            required
            value={address}
            onInput={(event) => setAddress(event.currentTarget.value)}
          />
        </label>
        <label>
          {t.enrolCode}
          <input
            name="code"
            class="code"
            autoComplete="off"
            autoCapitalize="characters"
            spellcheck={false}
            required
            value={code}
            onInput={(event) => setCode(event.currentTarget.value)}
          />
        </label>
        <label>
          {t.enrolName}
          <input
            name="name"
            maxLength={64}
            autoComplete="off"
            placeholder={t.enrolNameExample}
            value={name}
            onInput={(event) => setName(event.currentTarget.value)}
          />
        </label>
        <p class="quiet">{invited?.root ? t.enrolByQr : t.enrolTyped}</p>
        {mustAccept && (
          <div class="alert" role="alert">
            <p>{t.enrolStorage}</p>
            <label class="check">
              <input type="checkbox" checked={accepted} onChange={(event) => setAccepted(event.currentTarget.checked)} />{' '}
              {t.enrolStorageAccept}
            </label>
          </div>
        )}
        {error && (
          <p class="alert" role="alert">
            {error}
          </p>
        )}
        <button type="submit" class="main" disabled={busy} data-testid="enrol">
          {busy ? t.enrolBusy : t.enrolDo}
        </button>
      </form>
    </Page>
  );
}

async function explain(failure: unknown, t: Texts): Promise<string> {
  if (failure instanceof Problem) return failure.type === 'bad-code' ? t.enrolBadCode : t.enrolFailed(failure.detail || failure.type);
  if (failure instanceof Refused) return t.enrolRefused(failure.code);
  if (failure instanceof NoAnswer) return (await isNetworkDenied()) ? t.enrolNetworkDenied : t.enrolNoAnswer;
  return t.enrolFailed(failure instanceof Error ? failure.message : String(failure));
}

/** Chromium asks before a public page may call a private address; a "no" looks like a dead line until it is asked about. */
async function isNetworkDenied(): Promise<boolean> {
  for (const name of ['local-network-access', 'local-network']) {
    try {
      const answer = await navigator.permissions.query({ name: name as PermissionName });
      if (answer.state === 'denied') return true;
    } catch {
      // This browser does not know the permission by this name.
    }
  }
  return false;
}

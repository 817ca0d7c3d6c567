import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { storeNow } from '../deeds/clock';
import { changeSettings } from '../deeds/settings';
import { unpair } from '../deeds/unpair';
import { isAtStore } from '../deeds/service';
import { homeScreen, isBetweenSales, type Till } from '../deeds/till';
import { useFormats, useTexts, useTill } from '../parts/context';
import { Page } from '../parts/Page';
import { currentAssignment } from '../shop/emergency';
import type { Texts } from '../texts/en';
import { KEEP_FOR_STORE, KEEP_SENT } from '../shop/bounds';
import { StillWaiting } from '../store/rows';

export function SettingsScreen() {
  const till = useTill();
  const t = useTexts();
  const settings = till.settings.value;
  const update = till.update.value;
  return (
    <Page title={t.settings} onBack={() => (till.screen.value = homeScreen(till))}>
      {update && (
        <p class="notice">
          {isBetweenSales(till) ? t.updateReady : t.updateAfterSale}{' '}
          <button type="button" class="second" disabled={!isBetweenSales(till)} onClick={update}>
            {t.update}
          </button>
        </p>
      )}
      <section class="choices">
        <Choice
          label={t.language}
          value={settings.language}
          options={[
            ['da', 'Dansk'],
            ['en', 'English'],
          ]}
          onChoose={(language) => void changeSettings(till, { language })}
        />
        <Choice
          label={t.look}
          value={settings.theme}
          options={[
            ['system', t.lookSystem],
            ['light', t.lookLight],
            ['dark', t.lookDark],
          ]}
          onChoose={(theme) => void changeSettings(till, { theme })}
        />
        <Choice
          label={t.sounds}
          value={settings.muted ? 'off' : 'on'}
          options={[
            ['on', t.soundsOn],
            ['off', t.soundsOff],
          ]}
          onChoose={(choice) => void changeSettings(till, { muted: choice === 'off' })}
        />
      </section>
      <About />
      {till.device.value && (isAtStore(till) ? <Unpair /> : <p class="quiet">{t.unpairOff}</p>)}
    </Page>
  );
}

interface ChoiceProps<T extends string> {
  label: string;
  value: T;
  options: [T, ComponentChildren][];
  onChoose: (value: T) => void;
}

function Choice<T extends string>({ label, value, options, onChoose }: ChoiceProps<T>) {
  return (
    <fieldset class="choice">
      <legend>{label}</legend>
      {options.map(([option, word]) => (
        <label key={option} class="choice-option">
          <input type="radio" name={label} checked={option === value} onChange={() => onChoose(option)} />
          <span>{word}</span>
        </label>
      ))}
    </fieldset>
  );
}

function About() {
  const till = useTill();
  const t = useTexts();
  const { moment, count } = useFormats();
  const [persisted, setPersisted] = useState(false);
  useEffect(() => {
    void navigator.storage?.persisted?.().then(setPersisted);
  }, []);
  const enrolment = till.device.value?.enrolment;
  const prices = till.prices.value;
  const rows: [string, string][] = [
    [t.version, till.app],
    ...(enrolment
      ? ([
          [t.store, `${enrolment.store.number} ${enrolment.store.name}`],
          [t.pos, `${enrolment.pos.number} ${enrolment.pos.name}`],
          [t.series, currentAssignment(till.emergency.value)?.series.label ?? enrolment.series.label],
          [t.emergency, readiness(till, t, moment)],
        ] as [string, string][])
      : []),
    [t.priceFile, prices ? t.priceFileOf(prices.version, count(prices.list.count), moment(prices.issuedAt)) : t.none],
    [t.staffList, till.staff.value ? t.versionOf(till.staff.value.version) : t.none],
    [t.storage, persisted ? t.storagePersistent : t.storageNot],
    [t.keeps, t.keepsOf(count(KEEP_SENT), count(KEEP_FOR_STORE))],
    [t.clockOffset, till.clock.value ? t.clockOffsetOf(till.now() - storeNow(till)) : t.none],
  ];
  return (
    <section>
      <h2>{t.about}</h2>
      <dl class="facts">
        {rows.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

function readiness(till: Till, t: Texts, moment: (iso: string) => string): string {
  const state = till.emergency.value;
  const why = till.device.value?.emergency ? till.unready.value : 'NO_CLOUD';
  if (!state?.held || why === 'NO_CLOUD' || why === 'NO_BACKUP') return t.readyNot + t.unready[why ?? 'NOT_ASKED'];
  const ready = t.readyWith(moment(state.held.issuedAt));
  if (!why || !isAtStore(till)) return ready;
  return `${ready}; ${t.unready[why]}${state.readyAt ? `, ${t.readyUnreached(moment(state.readyAt))}` : ''}`;
}

function Unpair() {
  const till = useTill();
  const t = useTexts();
  const [typed, setTyped] = useState('');
  const [error, setError] = useState('');
  async function go(): Promise<void> {
    setError('');
    try {
      await unpair(till);
    } catch (failure) {
      setError(failure instanceof StillWaiting ? t.unpairWaiting : t.unpairOffline);
    }
  }
  return (
    <section class="danger-zone">
      <h2>{t.unpair}</h2>
      <p>{t.unpairHelp}</p>
      <label>
        {t.unpairType(t.unpairWord)}
        <input name="unpair" autoComplete="off" value={typed} onInput={(event) => setTyped(event.currentTarget.value)} />
      </label>
      <button type="button" class="second danger" disabled={typed.trim().toUpperCase() !== t.unpairWord} onClick={() => void go()}>
        {t.unpair}
      </button>
      {error && (
        <p class="alert" role="alert">
          {error}
        </p>
      )}
    </section>
  );
}

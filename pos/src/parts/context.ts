/** What every screen needs: the till, its language, and how money and time look in it. */
import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { Till } from '../deeds/till';
import { zoneOf } from '../shop/receipt';
import { da } from '../texts/da';
import { en, type Texts } from '../texts/en';

const TillContext = createContext<Till | null>(null);
export const TillProvider = TillContext.Provider;

export function useTill(): Till {
  const till = useContext(TillContext);
  if (!till) throw new Error('no till');
  return till;
}

export function useTexts(): Texts {
  return textsOf(useTill().settings.value.language);
}

export function textsOf(language: 'da' | 'en'): Texts {
  return language === 'da' ? da : en;
}

export interface Formats {
  /** Without the currency: it is said once. */
  money(minor: number): string;
  quantity(thousandths: number): string;
  percent(hundredths: number): string;
  moment(iso: string): string;
  /** "20 Nov". */
  day(iso: string): string;
  clock(at: Date): string;
  /** Minor units from what was keyed: `50`, `49,5`. */
  readMoney(entry: string): number | null;
  count(n: number): string;
}

const made = new Map<string, Formats>();

/** Formatters are costly to make and cheap to use: one set for each language, currency and store's time zone. */
export function formatsOf(locale: string, currency: string, timezone?: string): Formats {
  const key = `${locale} ${currency} ${timezone}`;
  const known = made.get(key);
  if (known) return known;
  const digits = new Intl.NumberFormat(locale, { style: 'currency', currency }).resolvedOptions().maximumFractionDigits ?? 2;
  const money = new Intl.NumberFormat(locale, { minimumFractionDigits: digits, maximumFractionDigits: digits });
  const number = new Intl.NumberFormat(locale, { maximumFractionDigits: 3 });
  const zone = zoneOf(timezone);
  const moment = new Intl.DateTimeFormat(locale, { ...zone, dateStyle: 'short', timeStyle: 'short' });
  const day = new Intl.DateTimeFormat(locale, { ...zone, day: 'numeric', month: 'short' });
  const clock = new Intl.DateTimeFormat(locale, { ...zone, hour: '2-digit', minute: '2-digit' });
  const unit = 10 ** digits;
  const formats: Formats = {
    money: (minor) => money.format(minor / unit),
    quantity: (thousandths) => number.format(thousandths / 1000),
    percent: (hundredths) => `${number.format(hundredths / 100)} %`,
    moment: (iso) => moment.format(new Date(iso)),
    // It stands before a full stop; "22. nov." has one of its own.
    day: (iso) => day.format(new Date(iso)).replace(/\.$/, ''),
    clock: (at) => clock.format(at),
    count: (n) => number.format(n),
    readMoney: (entry) => {
      const match = /^(\d{1,7})(?:[.,](\d*))?$/.exec(entry);
      if (!match || (match[2] ?? '').length > digits) return null;
      return Number(match[1]) * unit + Number((match[2] ?? '').padEnd(digits, '0'));
    },
  };
  made.set(key, formats);
  return formats;
}

export function useFormats(): Formats {
  const till = useTill();
  const enrolment = till.device.value?.enrolment;
  return formatsOf(useTexts().locale, enrolment?.currency ?? 'DKK', enrolment?.store.timezone);
}

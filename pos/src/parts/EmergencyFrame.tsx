import type { ComponentChildren } from 'preact';
import { useEffect } from 'preact/hooks';
import { isBetweenSales, type Till } from '../deeds/till';
import { currentAssignment, modeOf, standstill } from '../shop/emergency';
import type { Texts } from '../texts/en';
import { useFormats, useTexts, useTill } from './context';

const COLOUR = { emergency: '#5a2d91', normal: '#1f6f54' };

/** In an emergency every screen stands in a frame of its own colour, with the word and what it means. It keeps its height. */
export function EmergencyFrame({ children }: { children: ComponentChildren }) {
  const till = useTill();
  const t = useTexts();
  const { day } = useFormats();
  const on = modeOf(till.emergency.value) !== 'NORMAL';
  const meaning = on ? meaningOf(till, t, day) : '';
  useEffect(() => {
    // The frame goes on around the page: the bar of the app's window, and the name of its tab.
    document.querySelector('meta[name=theme-color]')?.setAttribute('content', on ? COLOUR.emergency : COLOUR.normal);
    document.title = on ? `${t.emergencyWord} · ${t.name}` : t.name;
  }, [on, t]);
  return (
    <div class={on ? 'frame frame-emergency' : 'frame'}>
      {on && (
        <aside class="band" aria-label={t.emergencyWord} data-testid="emergency">
          <strong>{t.emergencyWord}</strong>
          <span>{meaning}</span>
        </aside>
      )}
      {/* There before its words are, and changed only with them: heard once. */}
      <p class="sr-only" role="status" data-testid="emergency-announcer">
        {on ? `${t.emergencyWord}. ${meaning}` : ''}
      </p>
      {children}
    </div>
  );
}

function meaningOf(till: Till, t: Texts, day: (iso: string) => string): string {
  const state = till.emergency.value;
  switch (standstill(state)) {
    case 'ENTERING':
      return t.emergencyEntering;
    case 'FETCHING':
      return t.emergencyFetching;
    case 'NO_BACKUP':
      return t.emergencyNoBackup;
    case 'RELEASED':
      return isBetweenSales(till) ? t.emergencyReleased : t.emergencyFinish;
    case 'RECOVERED':
      return t.emergencyRecovered;
    case null:
      return t.emergencyPrices(day(currentAssignment(state)?.backup?.made_at ?? ''));
  }
}

import type { ComponentChildren } from 'preact';
import { StatusLine } from './StatusLine';
import { StrayCode } from './StrayCode';
import { useTexts } from './context';

/** A screen beside selling: a way back on top, and room to scroll. */
export function Page({ title, onBack, children }: { title: string; onBack?: () => void; children: ComponentChildren }) {
  const t = useTexts();
  return (
    <div class="page">
      <header class="page-head">
        {onBack && (
          <button type="button" class="plain" onClick={onBack}>
            ← {t.back}
          </button>
        )}
        <h1>{title}</h1>
        <StatusLine />
      </header>
      <main class="page-body">
        <StrayCode />
        {children}
      </main>
    </div>
  );
}

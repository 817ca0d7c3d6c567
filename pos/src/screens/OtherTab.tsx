import { textsOf } from '../parts/context';

/** Shown without a till, so without its settings: the browser's language has to do. */
function texts() {
  return textsOf(navigator.language.startsWith('da') ? 'da' : 'en');
}

export function OtherTab({ onTake }: { onTake: () => void }) {
  const t = texts();
  return (
    <main class="page-body alone">
      <h1>{t.otherTab}</h1>
      <p>{t.otherTabHelp}</p>
      <button type="button" class="main" onClick={onTake}>
        {t.takeOver}
      </button>
    </main>
  );
}

export function Outdated() {
  const t = texts();
  return (
    <main class="page-body alone">
      <h1>{t.outdated}</h1>
      <button type="button" class="main" onClick={() => location.reload()}>
        {t.reload}
      </button>
    </main>
  );
}

export function StartFailed({ detail }: { detail: string }) {
  const t = texts();
  return (
    <main class="page-body alone">
      <h1>{t.startFailed(detail)}</h1>
      <button type="button" class="main" onClick={() => location.reload()}>
        {t.reload}
      </button>
    </main>
  );
}

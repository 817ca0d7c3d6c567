import { useMemo, useState } from 'preact/hooks';
import { refuse, scan } from '../deeds/ring-up';
import { useFormats, useTexts, useTill } from '../parts/context';
import { Sheet } from '../parts/Sheet';
import type { Article } from '../shop/price-list';

/** Find an article by its words. Enter takes the first. */
export function SearchSheet({ onClose }: { onClose: () => void }) {
  const till = useTill();
  const t = useTexts();
  const { money } = useFormats();
  const [query, setQuery] = useState('');
  const list = till.prices.value?.list;
  const hits = useMemo(() => list?.search(query) ?? [], [list, query]);
  const take = (article: Article) => {
    onClose();
    scan(till, article.number);
  };
  /** Enter: the first that was found, or what a slow scanner typed. */
  const enter = () => {
    if (hits[0]) return take(hits[0]);
    if (!list || typeof list.find(query) === 'string') return refuse(till);
    onClose();
    scan(till, query);
  };
  return (
    <Sheet label={t.searchArticles} onClose={onClose} hasField>
      <form
        class="search"
        role="search"
        onSubmit={(event) => {
          event.preventDefault();
          enter();
        }}
      >
        <input
          type="search"
          name="query"
          aria-label={t.searchArticles}
          placeholder={t.searchHint}
          autoComplete="off"
          autofocus
          value={query}
          onInput={(event) => setQuery(event.currentTarget.value)}
        />
        <button type="button" class="plain" onClick={onClose}>
          {t.close}
        </button>
      </form>
      <ul class="hits">
        {hits.map((article) => (
          <li key={article.index}>
            <button type="button" data-testid="hit" disabled={article.blocked} onClick={() => take(article)}>
              <span>{article.text}</span>
              <span class="quiet">{article.number}</span>
              <span class="tabular">{money(article.price)}</span>
            </button>
          </li>
        ))}
      </ul>
      {query.trim() && !hits.length && <p class="quiet">{t.noHits}</p>}
    </Sheet>
  );
}

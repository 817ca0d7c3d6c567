import { Component } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import type { BasketLine } from '../shop/basket';
import { standstill } from '../shop/emergency';
import { scanIsShown } from '../parts/timing';
import { type Formats, useFormats, useTexts, useTill } from '../parts/context';

/** Lines are drawn in bundles, and a bundle is drawn again only when one of its own lines changes: the thousandth scan costs what the first did. */
const BUNDLE = 40;
const BOTTOM = 1_000_000;

/** `fixed`: to look at only, while the customer pays. */
export function Journal({ fixed = false }: { fixed?: boolean }) {
  const till = useTill();
  const t = useTexts();
  const { lines } = till.basket.value;
  const list = useRef<HTMLDivElement>(null);
  const formats = useFormats();
  const selected = till.selected.value;
  const lastArticle = lines.findLast((line) => line.linkedTo === null)?.id ?? null;

  useLayoutEffect(() => {
    // With the frame that shows it the newest line comes into sight; asking for the layout before would cost it twice.
    // Further than any journal is long, and by scrolling, so nothing that stands is moved (no layout shift).
    requestAnimationFrame(() => list.current?.scrollTo(0, BOTTOM));
    scanIsShown();
  }, [lines]);

  const bundles: (readonly BasketLine[])[] = [];
  for (let start = 0; start < lines.length; start += BUNDLE) bundles.push(lines.slice(start, start + BUNDLE));
  const why = standstill(till.emergency.value);
  const pick = (id: number) => (till.selected.value = till.selected.value === id ? null : id);
  return (
    <section class="journal" aria-label={t.journal} ref={list} {...(fixed ? { tabIndex: 0 } : {})}>
      {lines.length === 0 && <p class="journal-empty">{why ? t.standstillHelp[why] : t.emptyJournal}</p>}
      <div class="journal-lines" role="list" data-testid="journal">
        {bundles.map((bundle, place) => {
          const mine = bundle.some((line) => line.id === selected) ? selected : null;
          const last = place === bundles.length - 1 || bundle.some((line) => line.id === lastArticle) ? lastArticle : null;
          return <Bundle key={place} lines={bundle} selected={mine} last={last} formats={formats} pick={fixed ? null : pick} />;
        })}
      </div>
    </section>
  );
}

interface BundleProps {
  lines: readonly BasketLine[];
  selected: number | null;
  last: number | null;
  formats: Formats;
  pick: ((id: number) => void) | null;
}

class Bundle extends Component<BundleProps> {
  override shouldComponentUpdate(next: BundleProps): boolean {
    const { lines, selected, last, formats } = this.props;
    const same = selected === next.selected && last === next.last && formats === next.formats && lines.length === next.lines.length;
    return !same || lines.some((line, place) => line !== next.lines[place]);
  }

  override render({ lines, selected, last, formats, pick }: BundleProps) {
    return (
      <div role="presentation" class="bundle">
        {lines.map((line) => (
          <Line key={line.id} line={line} selected={line.id === selected} last={line.id === last} formats={formats} pick={pick} />
        ))}
      </div>
    );
  }
}

function Line({
  line,
  selected,
  last,
  formats,
  pick,
}: {
  line: BasketLine;
  selected: boolean;
  last: boolean;
  formats: Formats;
  pick: BundleProps['pick'];
}) {
  const single = line.quantity === 1000 && line.unit === 'PCS';
  return (
    <div role="listitem" class={`journal-line${last ? ' last' : ''}${line.linkedTo === null ? '' : ' linked'}`} data-testid="journal-line">
      <button type="button" disabled={!pick} aria-pressed={selected} onClick={() => pick?.(line.id)}>
        <span class="line-words">
          <span class="line-text">{line.text}</span>
          {!single && (
            <span class="line-quantity">{`${formats.quantity(line.quantity)}${unitWord(line.unit)} × ${formats.money(line.unitPrice)}`}</span>
          )}
        </span>
        <span class="line-amount">{formats.money(line.amount)}</span>
      </button>
    </div>
  );
}

export function unitWord(unit: BasketLine['unit']): string {
  return unit === 'PCS' ? '' : ` ${unit.toLowerCase()}`;
}

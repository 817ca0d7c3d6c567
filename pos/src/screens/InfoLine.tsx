import type { Trouble } from '../deeds/till';
import { type Formats, useFormats, useTexts, useTill } from '../parts/context';
import { Notices } from '../parts/Notices';
import { StatusLine } from '../parts/StatusLine';
import type { BasketLine } from '../shop/basket';
import { standstill } from '../shop/emergency';
import type { Texts } from '../texts/en';
import { unitWord } from './Journal';

/** The loudest place on the screen: what was just scanned, what is being keyed, or what is wrong. It never changes its height. */
export function InfoLine() {
  const till = useTill();
  const t = useTexts();
  const formats = useFormats();
  const trouble = till.trouble.value;
  const quantity = till.quantity.value;
  const keyed = `${quantity === null ? '' : `${formats.quantity(quantity)} × `}${till.entry.value}${till.incoming.value}`;
  const last = till.basket.value.lines.findLast((line) => line.linkedTo === null);
  return (
    <header class="info">
      <StatusLine />
      <div class={`info-line${trouble ? ' info-trouble' : ''}`}>
        <p role="alert" class="trouble" data-testid="trouble">
          {trouble ? `▲ ${troubleText(trouble, t)}` : ''}
        </p>
        {!trouble && keyed && (
          <output class="entry" aria-label={t.entry} data-testid="entry">
            {keyed}
          </output>
        )}
        {!trouble && !keyed && (last ? <LastLine key={`${last.id} ${last.amount}`} line={last} formats={formats} /> : <p class="quiet">{standstill(till.emergency.value) ? t.notSelling : t.ready}</p>)}
      </div>
      <p class="sr-only" aria-live="polite" data-testid="announcer">
        {/* The number of lines makes two equal scans two announcements. */}
        {last
          ? `${t.scanned(`${formats.quantity(last.quantity)} ${last.text}`, formats.money(last.amount))}. ${t.lines(till.basket.value.lines.length)}`
          : ''}
      </p>
      <Notices />
    </header>
  );
}

function LastLine({ line, formats }: { line: BasketLine; formats: Formats }) {
  const single = line.quantity === 1000 && line.unit === 'PCS';
  return (
    <p class="just-scanned" aria-hidden="true">
      <span class="just-text">{single ? line.text : `${formats.quantity(line.quantity)}${unitWord(line.unit)} × ${line.text}`}</span>
      <span class="tabular">{formats.money(line.amount)}</span>
    </p>
  );
}

export function troubleText(trouble: Trouble, t: Texts): string {
  switch (trouble.kind) {
    case 'UNKNOWN':
      return t.unknownArticle(trouble.code);
    case 'MISREAD':
      return t.misread(trouble.code);
    case 'NOT_GOODS':
      return t.notGoods;
    case 'BY_THE_PIECE':
      return t.byThePiece(trouble.text);
    case 'OTHER_UNIT':
      return t.otherUnit(trouble.text);
    case 'EMPTY_LABEL':
      return t.emptyLabel(trouble.text);
    case 'FOREIGN_PRICE':
      return t.foreignPrice(trouble.text);
    case 'BAD_AMOUNT':
      return t.badAmount;
    case 'PART_PAID':
      return t.partPaid;
    case 'BLOCKED':
      return t.blockedArticle(trouble.text);
    case 'QUANTITY':
      return t.badQuantity;
    case 'FULL':
      return t.saleFull;
    case 'CLOSING':
      return t.closing;
    case 'NO_PRICES':
      return t.noPrices;
    case 'REVOKED':
      return t.deviceRevoked;
    case 'SALE_DROPPED':
      return t.saleDropped(trouble.lines);
    case 'SALE_KEPT':
      return t.saleKept;
    case 'SALE_WAITS':
      return t.saleWaits;
    case 'STANDSTILL':
      return t.standstill[trouble.why];
    case 'UNREADABLE':
      return t.unreadable(trouble.what);
    case 'DISK_FULL':
      return t.diskFull;
    case 'CARD_DECLINED':
      return t.cardDeclined;
    case 'FAILED':
      return t.failed(trouble.detail);
  }
}

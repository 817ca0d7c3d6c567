import { useFormats, useTexts, useTill } from '../parts/context';
import { Qr } from '../parts/Qr';
import { correctedMoment } from '../shop/clock';
import { type Receipt, receiptQr } from '../shop/receipt';
import { unitWord } from './Journal';

/** The receipt itself: the same on the screen and on paper. */
export function ReceiptPaper({ receipt }: { receipt: Receipt }) {
  const till = useTill();
  const t = useTexts();
  const { money, quantity, percent, moment } = useFormats();
  const { sale, number, copy, hash } = receipt;
  const enrolment = till.device.value?.enrolment;
  return (
    <article class="paper" aria-label={`${t.receipt} ${number}`} data-testid="receipt">
      <header>
        <strong>{enrolment?.store.name}</strong>
        <span>{enrolment?.store.address}</span>
        <span>
          {enrolment?.company.name} {enrolment?.company.vat_number}
        </span>
        {copy && <strong class="copy-mark">*** {t.copy} ***</strong>}
      </header>
      <table class="paper-lines">
        <tbody>
          {sale.lines.map((line) => (
            <tr key={line.n}>
              <td>
                {line.text}
                {(line.quantity !== 1000 || line.unit !== 'PCS') && (
                  <small>
                    {quantity(line.quantity)}
                    {unitWord(line.unit)} × {money(line.unit_price)}
                  </small>
                )}
              </td>
              <td>{money(line.amount)}</td>
            </tr>
          ))}
        </tbody>
        <tfoot>
          <tr class="paper-total">
            <td>
              {t.total} {sale.currency}
            </td>
            <td>{money(sale.total)}</td>
          </tr>
          {sale.rounding !== 0 && (
            <tr>
              <td>{t.rounding}</td>
              <td>{money(sale.rounding)}</td>
            </tr>
          )}
          {sale.payments.map((payment) => (
            <tr key={payment.id}>
              <td>
                {payment.tender === 'CASH' ? t.cash : t.card} <small>{payment.reference}</small>
              </td>
              <td>{money(payment.tendered)}</td>
            </tr>
          ))}
          {sale.payments.some((payment) => payment.change) && (
            <tr>
              <td>{t.change}</td>
              <td>{money(sale.payments.reduce((sum, payment) => sum + payment.change, 0))}</td>
            </tr>
          )}
        </tfoot>
      </table>
      <table class="paper-vat" data-testid="receipt-vat">
        <thead>
          <tr>
            <th>{t.vatRate}</th>
            <th>{t.vatGross}</th>
            <th>{t.vatAmount}</th>
          </tr>
        </thead>
        <tbody>
          {sale.vat.map((sum) => (
            <tr key={sum.rate}>
              <td>{percent(sum.rate)}</td>
              <td>{money(sum.gross)}</td>
              <td>{money(sum.vat)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <footer>
        <span data-testid="receipt-number">{number}</span>
        <span data-testid="receipt-moment">{moment(correctedMoment(sale.completed_at, sale.offset_ms))}</span>
        {sale.offset_ms === null && <small>{t.momentUncertain}</small>}
        <span>
          {t.servedBy} {sale.staff_number}
        </span>
        <Qr text={receiptQr(number, sale, hash)} label={t.qrLabel} />
        <span>{t.thanks}</span>
      </footer>
    </article>
  );
}

import { homeScreen } from '../deeds/till';
import { useFormats, useTexts, useTill } from '../parts/context';
import { MainButton } from '../parts/MainButton';
import { StatusLine } from '../parts/StatusLine';
import { changeOf } from '../shop/receipt';
import { ReceiptPaper } from './ReceiptPaper';

export function ReceiptScreen() {
  const till = useTill();
  const t = useTexts();
  const { money } = useFormats();
  const receipt = till.receipt.value;
  if (!receipt) return null;
  const change = changeOf(receipt.sale);
  const leave = () => {
    till.receipt.value = null;
    till.screen.value = homeScreen(till);
  };
  return (
    <main class="till till-receipt" data-testid="receipt-screen">
      <header class="info">
        <StatusLine />
        <h1 class="info-line">{receipt.copy ? t.copy : `${t.receipt} ${receipt.number}`}</h1>
      </header>
      <div class="journal receipt-place" tabIndex={0}>
        <ReceiptPaper receipt={receipt} />
      </div>
      <div class="total">
        <span>{change ? t.change : t.total}</span>
        <output class="total-amount" data-testid={change ? 'change' : 'receipt-total'}>
          {money(change || receipt.sale.total)}
        </output>
      </div>
      <div class="menu">
        <button type="button" class="menu-key" onClick={() => print()}>
          {t.print}
        </button>
        <button type="button" class="menu-key" onClick={() => ((till.receipt.value = null), (till.screen.value = 'RECEIPTS'))}>
          {t.receipts}
        </button>
      </div>
      <MainButton onPress={leave}>{t.newSale}</MainButton>
    </main>
  );
}

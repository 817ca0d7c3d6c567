import { useEffect } from 'preact/hooks';
import type { Till } from './deeds/till';
import { TillProvider } from './parts/context';
import { EmergencyFrame } from './parts/EmergencyFrame';
import { listenToKeys } from './parts/keyboard';
import { EnrolScreen } from './screens/EnrolScreen';
import { PayScreen } from './screens/PayScreen';
import { ReceiptScreen } from './screens/ReceiptScreen';
import { ReceiptsScreen } from './screens/ReceiptsScreen';
import { SaleScreen } from './screens/SaleScreen';
import { SettingsScreen } from './screens/SettingsScreen';
import { SignInScreen } from './screens/SignInScreen';
import { UnsentScreen } from './screens/UnsentScreen';

const SCREENS = {
  ENROL: EnrolScreen,
  SIGN_IN: SignInScreen,
  SALE: SaleScreen,
  PAY: PayScreen,
  RECEIPT: ReceiptScreen,
  RECEIPTS: ReceiptsScreen,
  UNSENT: UnsentScreen,
  SETTINGS: SettingsScreen,
};

export function App({ till }: { till: Till }) {
  const { language, theme } = till.settings.value;
  useEffect(() => {
    document.documentElement.lang = language;
    document.documentElement.dataset['theme'] = theme;
  }, [language, theme]);
  useEffect(() => listenToKeys(till), [till]);
  const Current = SCREENS[till.screen.value];
  return (
    <TillProvider value={till}>
      <EmergencyFrame>
        <Current />
      </EmergencyFrame>
    </TillProvider>
  );
}

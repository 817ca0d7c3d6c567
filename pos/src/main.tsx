import { render } from 'preact';
import { App } from './App';
import { oneTab } from './deeds/one-tab';
import { loadPrices, startTill } from './deeds/start';
import { startSync } from './deeds/sync';
import { newTill } from './deeds/till';
import { startWatch } from './deeds/watch';
import { watchErrors } from './deeds/errors';
import { offerUpdates } from './deeds/update';
import { OtherTab, Outdated, StartFailed } from './screens/OtherTab';
import { openDatabase } from './store/open';
import './style.css';

const root = document.getElementById('app')!;

async function start(): Promise<void> {
  let stop = () => undefined as void;
  const give = (screen: 'OTHER_TAB' | 'OUTDATED') => {
    stop();
    render(screen === 'OUTDATED' ? <Outdated /> : <OtherTab onTake={() => void start()} />, root);
  };
  if (!(await oneTab(() => give('OTHER_TAB')))) return give('OTHER_TAB');
  const database = await openDatabase(undefined, undefined, () => give('OUTDATED'));
  const till = newTill(database, (input, init) => fetch(input, init), __APP_VERSION__);
  await startTill(till);
  render(<App till={till} />, root);
  performance.mark('started');
  // What is here comes before what may be newer, or the same file would be fetched again.
  await loadPrices(till);
  watchErrors(till);
  const stops = [startSync(till), startWatch(till)];
  stop = () => stops.forEach((each) => each());
  offerUpdates(till);
}

start().catch((error: unknown) => render(<StartFailed detail={String(error)} />, root));

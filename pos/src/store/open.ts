import { openDB } from 'idb';
import { type ButikDatabase, type ButikSchema, DATABASE, STEPS, VERSION } from './schema';

/**
 * Open the database and bring it to `version`. A tab with older code steps aside, so that an update never waits for it;
 * `outdated` is then called: that tab can only reload.
 */
export function openDatabase(name = DATABASE, version = VERSION, outdated: () => void = () => undefined): Promise<ButikDatabase> {
  return openDB<ButikSchema>(name, version, {
    upgrade(database, from, to, transaction) {
      for (let step = from; step < (to ?? version); step++) STEPS[step]?.(database, transaction);
    },
    blocking(_current, _blocked, event) {
      (event.target as IDBDatabase).close();
      outdated();
    },
  });
}

/** A till on a fresh fake database, enrolled at a fake store. */
import { IDBFactory } from 'fake-indexeddb';
import { enrolDevice } from '../src/deeds/enrol';
import { refresh } from '../src/deeds/refresh';
import { serviceOf } from '../src/deeds/service';
import { signIn } from '../src/deeds/sign-in';
import { newTill, type Till } from '../src/deeds/till';
import { openDatabase } from '../src/store/open';
import { pushAll } from '../src/wire/push';
import { FakeStore } from './fake-store';

let count = 0;

export async function emptyTill(store: FakeStore, now?: () => number, steady?: () => number): Promise<Till> {
  globalThis.indexedDB ??= new IDBFactory();
  const till = newTill(await openDatabase(`butik-${++count}`), store.fetch, '0.1.0', now, steady);
  till.settings.value = { language: 'en', theme: 'system', muted: true };
  return till;
}

export async function enrolledTill(store: FakeStore, now?: () => number, steady?: () => number): Promise<Till> {
  const till = await emptyTill(store, now, steady);
  await enrolDevice(till, { url: store.url, code: store.code, root: store.root.kid }, 'Test', 'PERSISTENT');
  await refresh(till, serviceOf(till, till.device.value!));
  return till;
}

export async function signedInTill(store: FakeStore): Promise<Till> {
  const till = await enrolledTill(store);
  await signIn(till, '101', '1234');
  return till;
}

export function push(till: Till) {
  return pushAll(serviceOf(till, till.device.value!), till.database);
}

export { FakeStore };

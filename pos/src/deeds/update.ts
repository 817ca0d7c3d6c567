/** App updates: fetched quietly, offered, taken between two sales. They never touch the database's unsent sales. */
import { effect } from '@preact/signals';
import { isBetweenSales, type Till } from './till';

const LOOK_AGAIN = 30 * 60_000;

export function offerUpdates(till: Till): void {
  if (!('serviceWorker' in navigator) || !import.meta.env.PROD) return;
  // The very first worker serves what is on the screen already; each later one brings other files.
  let isServed = Boolean(navigator.serviceWorker.controller);
  navigator.serviceWorker.addEventListener('controllerchange', () => {
    if (isServed) location.reload();
    isServed = true;
  });
  void navigator.serviceWorker.register('sw.js', { updateViaCache: 'none' }).then((registration) => {
    const look = () => {
      const { waiting } = registration;
      till.update.value = waiting && navigator.serviceWorker.controller ? () => waiting.postMessage('take-over') : null;
    };
    look();
    registration.addEventListener('updatefound', () => registration.installing?.addEventListener('statechange', look));
    setInterval(() => void registration.update().catch(() => undefined), LOOK_AGAIN);
  });
  updateAtSignOut(till);
}

/** Somebody has just signed out and no sale is open: the best moment there is. Who is about to sign in is not disturbed. */
export function updateAtSignOut(till: Till): () => void {
  let before = till.screen.peek();
  return effect(() => {
    const now = till.screen.value;
    const signedOut = now === 'SIGN_IN' && before !== now;
    before = now;
    if (signedOut && isBetweenSales(till)) till.update.peek()?.();
  });
}

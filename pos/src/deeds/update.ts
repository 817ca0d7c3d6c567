/** App updates: fetched quietly, offered, taken between two sales. They never touch the database's unsent sales. */
import { effect } from '@preact/signals';
import { isBetweenSales, type Till } from './till';

const LOOK_AGAIN = 30 * 60_000;

export function offerUpdates(till: Till): void {
  if (!('serviceWorker' in navigator) || !import.meta.env.PROD) return;
  const hadOne = Boolean(navigator.serviceWorker.controller);
  navigator.serviceWorker.addEventListener('controllerchange', () => {
    if (hadOne) location.reload();
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
  // Nobody is signed in and no sale is open: the best moment there is.
  effect(() => {
    if (till.screen.value === 'SIGN_IN' && till.update.value && isBetweenSales(till)) till.update.value();
  });
}

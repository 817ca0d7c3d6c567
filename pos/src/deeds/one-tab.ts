/** One active till: two tabs must not count in the same series. */

const LOCK = 'butik-till';
let taken = false;

/**
 * Become the active tab; false when another one is. Asked again after that (the assistant chose this tab), it takes the
 * till over, and the other tab is told by `lost`. What the other tab was writing stays whole: see `commitSale`.
 */
export function oneTab(lost: () => void): Promise<boolean> {
  const steal = taken;
  taken = true;
  return new Promise((answer) => {
    const options = steal ? { steal: true } : { ifAvailable: true };
    navigator.locks
      .request(LOCK, options, (lock) => {
        answer(lock !== null);
        // Held for as long as the tab lives.
        return lock ? new Promise<void>(() => undefined) : undefined;
      })
      .catch(lost);
  });
}

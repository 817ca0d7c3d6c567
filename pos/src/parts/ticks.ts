/** Draw again every few seconds: for what changes by the mere passing of time. */
import { useEffect, useState } from 'preact/hooks';

const EVERY = 5_000;

export function useTicks(): void {
  const [, setTick] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => setTick((before) => before + 1), EVERY);
    return () => clearInterval(timer);
  }, []);
}

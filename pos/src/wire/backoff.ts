/** How long to wait before try number `failures` + 1: doubling to a ceiling, and spread, so that a chain's tills do not return in step. */
export function backoff(failures: number, random: number = Math.random(), floor = 1_000, ceiling = 60_000): number {
  const full = Math.min(ceiling, floor * 2 ** Math.max(0, failures - 1));
  return Math.round(full / 2 + (full / 2) * random);
}

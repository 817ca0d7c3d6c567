/** A power cut before the n-th durable write: from then on the database takes nothing more, until the power is back. */
import type { ButikDatabase } from '../src/store/schema';

const SINGLE = new Set<string | symbol>(['put', 'add', 'delete']);

export interface Power {
  /** How many writes there have been. */
  writes: number;
  isOff: boolean;
}

/** `power.isOff = false` switches on again. Counts strict transactions, and with `all` every single write too. */
export function underPower(database: ButikDatabase, cut: number, power: Power, all = false): ButikDatabase {
  const step = (): void => {
    if (++power.writes === cut) power.isOff = true;
  };
  const need = (): void => {
    if (power.isOff) throw new Error('power cut');
  };
  return new Proxy(database, {
    get(target, name) {
      const value = Reflect.get(target, name) as unknown;
      if (typeof value !== 'function') return value;
      if (name === 'transaction') {
        return (...given: Parameters<ButikDatabase['transaction']>) => {
          const isStrict = (given[2] as IDBTransactionOptions | undefined)?.durability === 'strict';
          if (isStrict || (all && given[1] === 'readwrite')) step();
          need();
          return target.transaction(...given);
        };
      }
      return (...given: unknown[]) => {
        if (all && SINGLE.has(name)) {
          step();
          need();
        }
        return (value as (...given: unknown[]) => unknown).apply(target, given);
      };
    },
  });
}

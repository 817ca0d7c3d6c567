import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { divideRounded, lineAmount, roundToCoin, vatWithin } from '../../src/shop/money';

const amount = fc.integer({ min: -1_000_000_000, max: 1_000_000_000 });

describe('rounding', () => {
  it('goes half away from zero', () => {
    expect(lineAmount(1, 500)).toBe(1);
    expect(lineAmount(-1, 500)).toBe(-1);
    expect(lineAmount(499, 34)).toBe(17);
    expect(vatWithin(1295, 2500)).toBe(259);
  });

  it('is exact for everything a till can meet', () => {
    fc.assert(
      fc.property(amount, fc.integer({ min: 1, max: 20_000 }), (numerator, denominator) => {
        const exact = BigInt(divideRounded(numerator, denominator)) * 2n * BigInt(denominator) - 2n * BigInt(numerator);
        expect(exact < 0n ? -exact : exact).toBeLessThanOrEqual(BigInt(denominator));
      }),
    );
  });

  it('treats both signs alike', () => {
    fc.assert(
      fc.property(amount, fc.integer({ min: 1, max: 20_000 }), (n, d) => {
        expect(divideRounded(-n, d) + divideRounded(n, d)).toBe(0);
      }),
    );
  });

  it('finds the nearest coin', () => {
    expect([24, 25, 74, 75, -25].map((n) => roundToCoin(n, 50))).toEqual([0, 50, 50, 100, -50]);
    expect(roundToCoin(1234, 0)).toBe(1234);
  });
});

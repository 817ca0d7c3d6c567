/** Money is whole minor units, quantities are thousandths, VAT rates are hundredths of a percent. No fractions anywhere. */

/** `numerator / denominator`, rounded half away from zero to a whole number. */
export function divideRounded(numerator: number, denominator: number): number {
  const whole = Math.trunc(numerator / denominator);
  const rest = Math.abs(numerator - whole * denominator);
  // Twice the rest is compared, so that a half is found without a fraction.
  const up = rest * 2 >= Math.abs(denominator) ? 1 : 0;
  return whole + up * Math.sign(numerator) * Math.sign(denominator) || 0;
}

/** The price of a line: unit price × thousandths, rounded once. */
export function lineAmount(unitPrice: number, quantity: number): number {
  return divideRounded(unitPrice * quantity, 1000);
}

/** The VAT that a price with VAT contains. */
export function vatWithin(gross: number, rate: number): number {
  return divideRounded(gross * rate, 10000 + rate);
}

/** What cash can pay of `amount` when `coin` is the smallest coin (0: no rounding). */
export function roundToCoin(amount: number, coin: number): number {
  return coin > 0 ? divideRounded(amount, coin) * coin : amount;
}

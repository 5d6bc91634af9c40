/** What a stored bias is worth. */

import { absolute, compare, divide, integer, multiply, rational, type Rational } from './rational.js';

/** Scales that float32 arithmetic made from the same factors agree this well. */
const tolerance: Rational = { numerator: 1n, denominator: 1n << 20n };

function agree(scale: Rational, unit: Rational): boolean {
  if (unit.numerator === 0n) return false;
  const ratio = divide(scale, unit);
  return compare(absolute({ numerator: ratio.numerator - ratio.denominator, denominator: ratio.denominator }), tolerance) <= 0;
}

/**
 * The exact real value of a bias. `scale` null: a float. An integer whose scale is, up to float32 error, the
 * accumulator's own unit (input scale x weight scale) counts in exactly those units: that is what its writer meant
 * and what every integer kernel computes.
 */
export function realBias(stored: number, scale: number | null, unit: Rational): Rational {
  if (scale === null) return rational(stored);
  const own = rational(scale);
  return multiply(integer(stored), agree(own, unit) ? unit : own);
}

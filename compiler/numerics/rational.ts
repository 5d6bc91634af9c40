/** Exact rational numbers. Every float32 and float64 is one, so a real scale of a model is exactly such a number. */

export interface Rational {
  readonly numerator: bigint;
  /** > 0; not necessarily in lowest terms. */
  readonly denominator: bigint;
}

export const integer = (n: bigint | number): Rational => ({ numerator: BigInt(n), denominator: 1n });

const scratch = new DataView(new ArrayBuffer(8));

/** The exact value of a finite double. Throws RangeError on NaN and infinities. */
export function rational(x: number): Rational {
  if (!Number.isFinite(x)) throw new RangeError(`${x} is not a rational number`);
  if (Number.isSafeInteger(x)) return integer(x);
  scratch.setFloat64(0, x);
  const bits = scratch.getBigUint64(0);
  const exponentBits = Number((bits >> 52n) & 0x7ffn);
  const fraction = bits & 0xfffffffffffffn;
  let mantissa = exponentBits === 0 ? fraction : fraction | 0x10000000000000n;
  let exponent = Math.max(exponentBits, 1) - 1075;
  // float32 values have 29 trailing zeros here: dropping them keeps products short.
  if ((mantissa & 0x1fffffffn) === 0n) {
    mantissa >>= 29n;
    exponent += 29;
  }
  if (x < 0) mantissa = -mantissa;
  return exponent >= 0
    ? { numerator: mantissa << BigInt(exponent), denominator: 1n }
    : { numerator: mantissa, denominator: 1n << BigInt(-exponent) };
}

export const multiply = (a: Rational, b: Rational): Rational => ({
  numerator: a.numerator * b.numerator,
  denominator: a.denominator * b.denominator,
});

/** a / b; throws RangeError when b is 0. */
export function divide(a: Rational, b: Rational): Rational {
  if (b.numerator === 0n) throw new RangeError('division by zero');
  const sign = b.numerator < 0n ? -1n : 1n;
  return { numerator: sign * a.numerator * b.denominator, denominator: sign * a.denominator * b.numerator };
}

export function add(a: Rational, b: Rational): Rational {
  if (a.denominator === b.denominator) return { numerator: a.numerator + b.numerator, denominator: a.denominator };
  // Sums of floats have powers of two below them: keep the larger instead of the product.
  const [small, large] = a.denominator < b.denominator ? [a, b] : [b, a];
  if (large.denominator % small.denominator === 0n) {
    return {
      numerator: large.numerator + small.numerator * (large.denominator / small.denominator),
      denominator: large.denominator,
    };
  }
  return {
    numerator: a.numerator * b.denominator + b.numerator * a.denominator,
    denominator: a.denominator * b.denominator,
  };
}

export const negate = (a: Rational): Rational => ({ numerator: -a.numerator, denominator: a.denominator });

export const absolute = (a: Rational): Rational => (a.numerator < 0n ? negate(a) : a);

/** Negative, zero or positive as a is less than, equal to or greater than b. */
export function compare(a: Rational, b: Rational): number {
  const difference = a.numerator * b.denominator - b.numerator * a.denominator;
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

function gcd(a: bigint, b: bigint): bigint {
  while (b !== 0n) [a, b] = [b, a % b];
  return a;
}

/** The same number in lowest terms. */
export function reduce(a: Rational): Rational {
  const g = gcd(a.numerator < 0n ? -a.numerator : a.numerator, a.denominator);
  return g <= 1n ? a : { numerator: a.numerator / g, denominator: a.denominator / g };
}

/** The nearest double, up to a relative error of 2^-50. */
export function toNumber(a: Rational): number {
  const n = leading(a.numerator);
  const d = leading(a.denominator);
  // The exponent in two factors, so that neither over- or underflows where the result does not.
  const half = Math.trunc((n.exponent - d.exponent) / 2);
  return (n.value / d.value) * 2 ** half * 2 ** (n.exponent - d.exponent - half);
}

/** n = value * 2^exponent, up to 2^-52 of it, with a value that a double holds. */
function leading(n: bigint): { readonly value: number; readonly exponent: number } {
  const magnitude = n < 0n ? -n : n;
  if (magnitude < 0x20000000000000n) return { value: Number(n), exponent: 0 };
  const exponent = Math.max(0, magnitude.toString(16).length * 4 - 64);
  return { value: Number(n >> BigInt(exponent)), exponent };
}

/** Nearest integer to numerator / denominator (> 0), ties to even. */
export function divideHalfEven(numerator: bigint, denominator: bigint): bigint {
  let whole = numerator / denominator;
  let rest = numerator % denominator;
  if (rest < 0n) {
    whole -= 1n;
    rest += denominator;
  }
  const twice = rest * 2n;
  return twice > denominator || (twice === denominator && (whole & 1n) === 1n) ? whole + 1n : whole;
}

/** Nearest integer, ties to even. */
export const roundHalfEven = (a: Rational): bigint => divideHalfEven(a.numerator, a.denominator);

/** floor(a). */
export function floor(a: Rational): bigint {
  const whole = a.numerator / a.denominator;
  return a.numerator % a.denominator < 0n ? whole - 1n : whole;
}

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  add,
  compare,
  divide,
  divideHalfEven,
  floor,
  integer,
  multiply,
  negate,
  rational,
  reduce,
  roundHalfEven,
  toNumber,
} from '../../../compiler/numerics/rational.js';

describe('rational', () => {
  it('holds every double exactly', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (x) => {
        // mantissa / 2^k (or mantissa * 2^k): multiplying by a power of two recovers an integer without rounding.
        const r = rational(x);
        const back =
          r.denominator === 1n
            ? Number(r.numerator)
            : Number(r.numerator) *
              2 ** -Math.min(1000, r.denominator.toString(2).length - 1) *
              2 ** -Math.max(0, r.denominator.toString(2).length - 1 - 1000);
        expect(back + 0).toBe(x + 0);
        expect(Math.abs(toNumber(r) - x)).toBeLessThanOrEqual(Math.abs(x) * 2 ** -50);
      }),
    );
  });

  it('is exact on halves, tenths in binary, and subnormals', () => {
    expect(reduce(rational(0.5))).toEqual({ numerator: 1n, denominator: 2n });
    expect(reduce(rational(-0.75))).toEqual({ numerator: -3n, denominator: 4n });
    expect(reduce(rational(Math.fround(0.1)))).toEqual({ numerator: 13421773n, denominator: 134217728n });
    expect(reduce(rational(2 ** -1074))).toEqual({ numerator: 1n, denominator: 1n << 1074n });
    expect(rational(2 ** 100).numerator).toBe(1n << 100n);
  });

  it('refuses NaN and infinities', () => {
    expect(() => rational(NaN)).toThrow(RangeError);
    expect(() => rational(Infinity)).toThrow(RangeError);
    expect(() => divide(integer(1), integer(0))).toThrow(RangeError);
  });

  it('computes like fractions do', () => {
    const fraction = fc
      .tuple(fc.bigInt(-1000n, 1000n), fc.bigInt(1n, 1000n))
      .map(([numerator, denominator]) => ({ numerator, denominator }));
    fc.assert(
      fc.property(fraction, fraction, (a, b) => {
        const same = (x: ReturnType<typeof add>, n: bigint, d: bigint) =>
          expect(x.numerator * d).toBe(n * x.denominator);
        same(add(a, b), a.numerator * b.denominator + b.numerator * a.denominator, a.denominator * b.denominator);
        same(multiply(a, b), a.numerator * b.numerator, a.denominator * b.denominator);
        if (b.numerator !== 0n) {
          same(multiply(divide(a, b), b), a.numerator, a.denominator);
          expect(divide(a, b).denominator > 0n).toBe(true);
        }
        expect(Math.sign(compare(a, b))).toBe(-Math.sign(compare(b, a)) + 0);
        expect(compare(a, b) === 0).toBe(a.numerator * b.denominator === b.numerator * a.denominator);
      }),
    );
  });

  it('rounds to nearest with ties to even, and floors', () => {
    const cases: readonly [number, bigint, bigint][] = [
      [0.5, 0n, 0n],
      [1.5, 2n, 1n],
      [2.5, 2n, 2n],
      [-0.5, 0n, -1n],
      [-1.5, -2n, -2n],
      [-2.5, -2n, -3n],
      [2.4999, 2n, 2n],
      [-2.5001, -3n, -3n],
      [7, 7n, 7n],
      [-7, -7n, -7n],
    ];
    for (const [x, rounded, floored] of cases) {
      expect(roundHalfEven(rational(x))).toBe(rounded);
      expect(floor(rational(x))).toBe(floored);
      expect(roundHalfEven(negate(rational(x)))).toBe(-rounded);
    }
  });

  it('divides with ties to even as the definition says', () => {
    fc.assert(
      fc.property(fc.bigInt(-5000n, 5000n), fc.bigInt(1n, 40n), (n, d) => {
        const q = divideHalfEven(n, d);
        const twice = (n - q * d) * 2n;
        const distance = twice < 0n ? -twice : twice;
        expect(distance <= d).toBe(true);
        if (distance === d) expect(q % 2n).toBe(0n);
      }),
    );
  });
});

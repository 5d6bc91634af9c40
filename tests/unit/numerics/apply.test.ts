import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mulHigh, requantise, roundHalfEvenShift, roundHalfUpShift } from '../../../compiler/numerics/apply.js';

const int32 = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });

describe('the integer forms', () => {
  it('multiply to the high word, rounded down', () => {
    fc.assert(
      fc.property(int32, int32, (a, b) => {
        expect(BigInt(mulHigh(a, b))).toBe((BigInt(a) * BigInt(b)) >> 32n);
      }),
      {
        numRuns: 2000,
        examples: [
          [-(2 ** 31), -(2 ** 31)],
          [-1, 1],
          [-1, -1],
          [2 ** 31 - 1, -(2 ** 31)],
          [65536, 65536],
          [-65536, 65535],
        ],
      },
    );
  });

  it('round a shift half up, or half to even', () => {
    expect([-3, -2, -1, 0, 1, 2, 3, 5, 6, 7].map((t) => roundHalfUpShift(t, 1))).toEqual([
      -1, -1, 0, 0, 1, 1, 2, 3, 3, 4,
    ]);
    expect([-3, -2, -1, 0, 1, 2, 3, 5, 6, 7].map((t) => roundHalfEvenShift(t, 1))).toEqual([
      -2, -1, 0, 0, 0, 1, 2, 2, 3, 4,
    ]);
    fc.assert(
      fc.property(fc.integer({ min: -(2 ** 28), max: 2 ** 28 }), fc.integer({ min: 1, max: 22 }), (t, n) => {
        expect(roundHalfUpShift(t, n)).toBe(Math.floor(t / 2 ** n + 0.5));
        const even = roundHalfEvenShift(t, n);
        const distance = Math.abs(t / 2 ** n - even);
        expect(distance).toBeLessThanOrEqual(0.5);
        if (distance === 0.5) expect(Math.abs(even % 2)).toBe(0);
      }),
    );
  });

  it('are what the comment of ir/int8-graph.ts says', () => {
    const base = { multiplier: 3 << 28, leftShift: 1, shift: 4, zeroPoint: 10, clampMin: 0, clampMax: 20, exact: null };
    // (20 << 1) * 0.1875 = 7.5 -> t = 7; (7 + 8) >> 4 = 0.
    expect(requantise(20, { ...base, rounding: 'fixed' })).toBe(10);
    // (64 << 1) * 0.1875 = 24 -> 1.5: up, or to even, which is 2 both ways; -0.5 goes to 0 both ways; 0.5 does not.
    expect([64, -64 / 3 - 1 / 3, 22].map((acc) => requantise(Math.trunc(acc), { ...base, rounding: 'fixed' }))).toEqual(
      [12, 10, 11],
    );
    expect([64, 22].map((acc) => requantise(acc, { ...base, rounding: 'even' }))).toEqual([12, 10]);
    expect([1000, -1000].map((acc) => requantise(acc, { ...base, rounding: 'fixed' }))).toEqual([20, 0]);
    const exact = { numerator: 1n, denominator: 6n, accMin: -30, accMax: 30 };
    expect([3, 9, 15, -9, 1000, -1000].map((acc) => requantise(acc, { ...base, rounding: 'exact', exact }))).toEqual([
      10, 12, 12, 8, 15, 5,
    ]);
  });
});

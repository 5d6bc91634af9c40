import { describe, expect, it } from 'vitest';
import { floatExp } from '../../../compiler/numerics/float-exp.js';
import { Random } from '../../models/index.js';

/** Distance from the true value in units of the result's last place. */
function ulps(x: number): number {
  const exact = Math.exp(x);
  const last = 2 ** (Math.floor(Math.log2(exact)) - 23);
  return Math.abs(floatExp(x) - exact) / last;
}

describe('floatExp', () => {
  it('is within two units in the last place of e^x', () => {
    const random = new Random(3);
    const numbers = Array.from({ length: 40_000 }, () => random.uniform(-87.3, 88.7)).concat(
      Array.from({ length: 20_000 }, () => random.uniform(-1, 1)),
    );
    expect(Math.max(...numbers.map((x) => ulps(Math.fround(x))))).toBeLessThan(2);
  });

  it('never falls', () => {
    let last = 0;
    for (let x = -88; x < 89; x = Math.fround(x + 0.003)) {
      expect(floatExp(x)).toBeGreaterThanOrEqual(last);
      last = floatExp(x);
    }
    // Around whole powers of two, where the exponent changes.
    for (let k = -100; k < 120; k++) {
      const x = Math.fround(k * Math.LN2);
      const near = [-3, -2, -1, 0, 1, 2, 3].map((i) => floatExp(Math.fround(x + i * Math.abs(x) * 2 ** -23)));
      expect([...near].sort((a, b) => a - b)).toEqual(near);
    }
  });

  it('is exact at 0, 0 far below, and finite above', () => {
    expect([floatExp(0), floatExp(-0), floatExp(1e-40)]).toEqual([1, 1, 1]);
    expect([floatExp(-87.4), floatExp(-Infinity), floatExp(NaN)]).toEqual([0, 0, 0]);
    expect(floatExp(-87.3)).toBeGreaterThanOrEqual(2 ** -126);
    expect(floatExp(1e30)).toBe(floatExp(Math.fround(88.722)));
    expect(floatExp(Infinity)).toBeGreaterThan(3.39e38);
    expect(Number.isFinite(floatExp(Infinity))).toBe(true);
  });
});

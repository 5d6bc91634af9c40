import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planAdd, type Addend, type AddForm } from '../../../compiler/numerics/add.js';
import { addCodes } from '../../../compiler/numerics/apply.js';
import {
  add,
  divide,
  integer,
  multiply,
  rational,
  roundHalfEven,
  type Rational,
} from '../../../compiler/numerics/rational.js';
import type { OutputCodes } from '../../../compiler/numerics/requantise.js';

const wide: OutputCodes = { zeroPoint: 3, clampMin: -128, clampMax: 127 };
const everyCode = { min: -128, max: 127 };

/** The definition on one pair. */
function meaning(a: Addend, b: Addend, p: number, q: number, o: OutputCodes): number {
  const sum = add(multiply(a.ratio, integer(p - a.zeroPoint)), multiply(b.ratio, integer(q - b.zeroPoint)));
  return Math.min(Math.max(Number(roundHalfEven(sum)) + o.zeroPoint, o.clampMin), o.clampMax);
}

/** Pairs on which the form differs from the meaning; int32 intermediates are checked on the way. */
function wrongPairs(form: AddForm, a: Addend, b: Addend, step = 1): number {
  let wrong = 0;
  for (let p = a.min; p <= a.max; p += step) {
    for (let q = b.min; q <= b.max; q += step) {
      if (addCodes(form, p, q) !== meaning(a, b, p, q, form)) wrong++;
    }
  }
  return wrong;
}

function expectNoOverflow(form: AddForm): void {
  const terms = 128 * Math.abs(form.multiplierA) + 128 * Math.abs(form.multiplierB);
  // The addend cancels the zero points, so sums in any order stay within the terms and it.
  expect(Math.max(terms, Math.abs(form.addend))).toBeLessThan(2 ** 31);
  for (const p of [-128, 127]) {
    for (const q of [-128, 127]) {
      const sum = p * form.multiplierA + q * form.multiplierB + form.addend;
      for (const s of [
        p * form.multiplierA + form.addend,
        q * form.multiplierB + form.addend,
        sum,
        sum + form.zeroPoint * 2 ** form.shift + 2 ** (form.shift - 1),
      ]) {
        expect(Math.abs(s)).toBeLessThan(2 ** 31);
      }
    }
  }
}

const code = fc.integer({ min: -128, max: 127 });
const float32 = fc.double({ min: -4, max: 2, noNaN: true }).map((e) => Math.fround(2 ** e));
const ratioOf = (x: number, y: number): Rational => divide(rational(x), rational(y));

describe('planAdd', () => {
  it('is exact on every pair for generic scales, in 32 bits', () => {
    fc.assert(
      fc.property(
        float32,
        float32,
        float32,
        code,
        code,
        code,
        fc.boolean(),
        (x, w, y, zeroA, zeroB, zeroPoint, subtract) => {
          const a = { ratio: ratioOf(x, y), zeroPoint: zeroA, ...everyCode };
          const b = { ratio: ratioOf(subtract ? -w : w, y), zeroPoint: zeroB, ...everyCode };
          const form = planAdd(a, b, { ...wide, zeroPoint });
          expect(form.rounding).not.toBe('exact');
          expectNoOverflow(form);
          expect(wrongPairs(form, a, b, 3)).toBe(0);
        },
      ),
      { numRuns: 25 },
    );
  });

  it('rounds ties to even on power-of-two scales', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -6, max: 2 }),
        fc.integer({ min: -6, max: 2 }),
        code,
        code,
        (e, f, zeroA, zeroB) => {
          const a = { ratio: rational(2 ** e), zeroPoint: zeroA, ...everyCode };
          const b = { ratio: rational(2 ** f), zeroPoint: zeroB, ...everyCode };
          const form = planAdd(a, b, wide);
          expect(form.rounding).not.toBe('exact');
          expectNoOverflow(form);
          expect(wrongPairs(form, a, b, 3)).toBe(0);
        },
      ),
      { numRuns: 15 },
    );
  });

  it('rounds ties to even where only one operand brings them', () => {
    const a = { ratio: rational(0.5), zeroPoint: -7, ...everyCode };
    const b = { ratio: ratioOf(Math.fround(0.0371), Math.fround(0.0822)), zeroPoint: 12, ...everyCode };
    const form = planAdd(a, b, wide);
    expect(form.rounding).toBe('even');
    expect(wrongPairs(form, a, b)).toBe(0);
  });

  it('takes 64 bits for ties over an odd denominator', () => {
    const a = { ratio: { numerator: 1n, denominator: 6n }, zeroPoint: 0, ...everyCode };
    const b = { ratio: { numerator: 1n, denominator: 10n }, zeroPoint: 0, ...everyCode };
    const form = planAdd(a, b, wide);
    expect(form.rounding).toBe('exact');
    expect(form.deviations).toEqual({ off: 0, of: 65536 });
    expect(wrongPairs(form, a, b)).toBe(0);
  });

  it('counts what 64 bits cannot hold', () => {
    const a = { ratio: rational(0.5), zeroPoint: 0, ...everyCode };
    const b = { ratio: rational(Math.fround(1.1) * 2 ** -60), zeroPoint: 0, ...everyCode };
    const form = planAdd(a, b, wide);
    expect(wrongPairs(form, a, b)).toBe(form.deviations.off);
  });

  it('considers only reachable codes and the clamps', () => {
    // Ties are at odd codes of a; none is reachable.
    const a = { ratio: rational(0.5), zeroPoint: 0, min: 10, max: 10 };
    const b = { ratio: rational(1), zeroPoint: 0, ...everyCode };
    const form = planAdd(a, b, wide);
    expect(form.rounding).toBe('fixed');
    expect(form.deviations).toEqual({ off: 0, of: 256 });
    expect(wrongPairs(form, a, b)).toBe(0);
  });

  it('holds at any ratio that float32 scales can have', () => {
    const extreme = fc
      .tuple(fc.integer({ min: -120, max: 120 }), fc.integer({ min: 1, max: 2 ** 24 }), fc.boolean())
      .map(([e, m, negative]) => multiply(rational(2 ** e), rational(negative ? -m : m)));
    fc.assert(
      fc.property(extreme, extreme, fc.boolean(), code, code, (x, y, equal, zeroA, zeroB) => {
        const a = { ratio: x, zeroPoint: zeroA, ...everyCode };
        const b = { ratio: equal ? x : y, zeroPoint: zeroB, ...everyCode };
        const form = planAdd(a, b, wide);
        if (form.deviations.off === 0) expect(wrongPairs(form, a, b, 5)).toBe(0);
        else expect(wrongPairs(form, a, b)).toBe(form.deviations.off);
      }),
      { numRuns: 25 },
    );
  });

  it('handles ratios that overflow any shift', () => {
    const a = { ratio: rational(2 ** 40), zeroPoint: 0, ...everyCode };
    const b = { ratio: rational(1.5), zeroPoint: 0, ...everyCode };
    const form = planAdd(a, b, wide);
    expect(wrongPairs(form, a, b, 5)).toBe(form.deviations.off);
  });
});

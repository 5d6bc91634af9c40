import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { requantiseChannel } from '../../../compiler/numerics/apply.js';
import { divideHalfEven, multiply, divide, rational, type Rational } from '../../../compiler/numerics/rational.js';
import {
  planRequant,
  type ChannelRange,
  type OutputCodes,
  type RequantPlan,
} from '../../../compiler/numerics/requantise.js';

const clamp = (q: number, o: OutputCodes): number => Math.min(Math.max(q, o.clampMin), o.clampMax);

/** The definition, in exact arithmetic. */
const meaning = (acc: number, scale: Rational, o: OutputCodes): number =>
  clamp(Number(divideHalfEven(BigInt(acc) * scale.numerator, scale.denominator)) + o.zeroPoint, o);

const codes: OutputCodes = { zeroPoint: -5, clampMin: -128, clampMax: 127 };
const keep = { encodeConstants: false };

/** Every reachable accumulator of every channel: how many deviate, and by how much at most. */
function bruteForce(
  plan: RequantPlan,
  channels: readonly ChannelRange[],
  o: OutputCodes,
): { off: number; most: number } {
  let off = 0;
  let most = 0;
  channels.forEach((channel, c) => {
    for (let acc = channel.lo; acc <= channel.hi; acc++) {
      const constant = plan.constants[c];
      const got = requantiseChannel(constant ?? acc, plan, c);
      const distance = Math.abs(got - meaning(acc, channel.scale, o));
      if (distance > 0) off++;
      most = Math.max(most, distance);
    }
  });
  return { off, most };
}

/** Nothing that the kernels compute may leave int32. */
function expectNoOverflow(plan: RequantPlan, channels: readonly ChannelRange[]): void {
  if (plan.rounding === 'exact') return;
  channels.forEach((channel, c) => {
    for (const reach of [channel.lo, channel.hi]) {
      const acc = plan.constants[c] ?? reach;
      const shifted = BigInt(acc) << BigInt(plan.leftShift);
      const t = (shifted * BigInt(plan.multipliers[c])) >> 32n;
      const sum = t + (BigInt(plan.zeroPoint) << BigInt(plan.shift)) + (1n << BigInt(plan.shift - 1));
      for (const value of [BigInt(acc), shifted, t, sum]) expect(BigInt.asIntN(32, value)).toBe(value);
    }
  });
  expect(plan.shift).toBeGreaterThanOrEqual(1);
  expect(plan.shift).toBeLessThanOrEqual(22);
  expect(plan.leftShift).toBeGreaterThanOrEqual(0);
}

const float32 = (min: number, max: number) =>
  fc.double({ min: Math.log2(min), max: Math.log2(max), noNaN: true }).map((e) => Math.fround(2 ** e));
const outputCodes = fc
  .tuple(fc.integer({ min: -128, max: 127 }), fc.integer({ min: -128, max: 127 }), fc.integer({ min: -128, max: 127 }))
  .map(([zeroPoint, a, b]) => ({ zeroPoint, clampMin: Math.min(a, b), clampMax: Math.max(a, b) }));
const range = (most: number) =>
  fc
    .tuple(fc.integer({ min: -most, max: most }), fc.integer({ min: 0, max: most }))
    .map(([lo, span]) => ({ lo, hi: lo + span }));

/** Scales as models have them: generic, powers of two, and simple fractions that make ties reachable. */
const scales: fc.Arbitrary<Rational> = fc.oneof(
  fc
    .tuple(float32(1e-3, 10), float32(1e-4, 1), float32(1e-3, 10))
    .map(([x, w, y]) => divide(multiply(rational(x), rational(w)), rational(y))),
  fc.integer({ min: -14, max: 3 }).map((e) => rational(2 ** e)),
  fc
    .tuple(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 300 }))
    .map(([n, d]) => ({ numerator: BigInt(n), denominator: BigInt(d) })),
  fc.tuple(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 1, max: 12 })).map(([p, j]) => rational(p / 2 ** j)),
);
const signed = fc
  .tuple(scales, fc.boolean())
  .map(([s, negative]) => (negative ? { numerator: -s.numerator, denominator: s.denominator } : s));

describe('planRequant', () => {
  it('counts exactly the accumulators that deviate, never by more than a step, without overflow', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.tuple(signed, range(3000)).map(([scale, r]) => ({ scale, ...r })),
          { minLength: 1, maxLength: 5 },
        ),
        outputCodes,
        fc.boolean(),
        (channels, output, encodeConstants) => {
          const plan = planRequant(channels, output, { encodeConstants });
          const { off, most } = bruteForce(plan, channels, output);
          expect(off).toBe(plan.deviations.off);
          expect(most).toBeLessThanOrEqual(1);
          expect(plan.deviations.of).toBe(channels.reduce((n, c) => n + c.hi - c.lo + 1, 0));
          expectNoOverflow(plan, channels);
        },
      ),
      { numRuns: 400 },
    );
  });

  it('counts as brute force does where the precision is low enough to deviate', () => {
    // One channel's scale forces a small shift on the others.
    let deviating = 0;
    fc.assert(
      fc.property(float32(1e-7, 1e-5), float32(0.1, 0.24), range(400000), (small, large, r) => {
        const channels = [
          { scale: rational(small), lo: r.lo * 100, hi: r.lo * 100 + 60000 },
          { scale: rational(large), lo: -1000, hi: 1000 },
        ];
        const plan = planRequant(channels, codes, keep);
        const { off, most } = bruteForce(plan, channels, codes);
        expect(off).toBe(plan.deviations.off);
        expect(most).toBeLessThanOrEqual(1);
        deviating += off;
      }),
      { numRuns: 60 },
    );
    expect(deviating).toBeGreaterThan(0);
  });

  it('rounds power-of-two scales exactly, ties to even', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 14 }), { minLength: 1, maxLength: 6 }),
        outputCodes,
        (exponents, output) => {
          const channels = exponents.map((e) => ({ scale: rational(2 ** -e), lo: -20000, hi: 20000 }));
          const plan = planRequant(channels, output, keep);
          expect(plan.rounding).not.toBe('exact');
          expect(plan.deviations.off).toBe(0);
          expect(bruteForce(plan, channels, output)).toEqual({ off: 0, most: 0 });
        },
      ),
      { numRuns: 40 },
    );
    const plan = planRequant([{ scale: rational(2 ** -8), lo: -20000, hi: 20000 }], codes, keep);
    expect(plan.rounding).toBe('even');
    expect([128, 384, -128, -384, 640].map((acc) => requantiseChannel(acc, plan, 0) - codes.zeroPoint)).toEqual([
      0, 2, 0, -2, 2,
    ]);
  });

  it('keeps fixed rounding where the clamps hide every tie', () => {
    // Ties are at odd multiples of 128, and all of them saturate.
    const plan = planRequant([{ scale: rational(2 ** -8), lo: 40000, hi: 60000 }], codes, keep);
    expect(plan.rounding).toBe('fixed');
    expect(plan.deviations.off).toBe(0);
  });

  it('takes 64-bit arithmetic for ties over a denominator that no shift holds', () => {
    // Mean of 36: ties at odd multiples of 18, on both sides of zero.
    const channels = [{ scale: { numerator: 1n, denominator: 36n }, lo: -36 * 127, hi: 36 * 127 }];
    const plan = planRequant(channels, { zeroPoint: 0, clampMin: -128, clampMax: 127 }, keep);
    expect(plan.rounding).toBe('exact');
    expect(bruteForce(plan, channels, codes).most).toBeGreaterThan(0);
    expect(bruteForce(plan, channels, { zeroPoint: 0, clampMin: -128, clampMax: 127 })).toEqual({ off: 0, most: 0 });
    // On one side only, an upper multiplier and ties to even are enough.
    const positive = [{ ...channels[0], lo: 0 }];
    const cheap = planRequant(positive, { zeroPoint: -128, clampMin: -128, clampMax: 127 }, keep);
    expect(cheap.rounding).toBe('even');
    expect(bruteForce(cheap, positive, { zeroPoint: -128, clampMin: -128, clampMax: 127 })).toEqual({
      off: 0,
      most: 0,
    });
  });

  it('encodes a channel of a single result exactly, whatever its scale and bias', () => {
    const channels = [
      { scale: rational(4e-10), lo: 2 ** 30 - 50, hi: 2 ** 30 + 50 },
      { scale: rational(Math.fround(0.003)), lo: -40000, hi: 30000 },
      { scale: rational(-3.5), lo: 1000, hi: 2 ** 31 - 1 },
      { scale: rational(1e30), lo: 5, hi: 6 },
    ];
    const plan = planRequant(channels, codes, { encodeConstants: true });
    expect(plan.rounding).toBe('fixed');
    expect(plan.constants.map((c) => c !== null)).toEqual([true, false, true, true]);
    expect([0, 2, 3].map((c) => requantiseChannel(plan.constants[c] ?? NaN, plan, c))).toEqual([-5, -128, 127]);
    expectNoOverflow(plan, channels);
  });

  it('gives the zero point for a scale of zero', () => {
    const plan = planRequant([{ scale: rational(0), lo: -255, hi: 0 }], codes, keep);
    expect([-255, -1, 0].map((acc) => requantiseChannel(acc, plan, 0))).toEqual([-5, -5, -5]);
  });

  it('shifts accumulators left where a scale is a quarter or more', () => {
    const channels = [
      { scale: rational(Math.fround(3.3)), lo: -2000, hi: 2000 },
      { scale: rational(Math.fround(0.7)), lo: -2000, hi: 2000 },
    ];
    const plan = planRequant(channels, codes, keep);
    expect(plan.leftShift).toBeGreaterThan(0);
    expect(bruteForce(plan, channels, codes)).toEqual({
      off: plan.deviations.off,
      most: plan.deviations.off > 0 ? 1 : 0,
    });
    expectNoOverflow(plan, channels);
  });

  it('falls back to 64 bits where 32 would overflow', () => {
    const channels = [{ scale: rational(0.75), lo: -(2 ** 31), hi: 2 ** 31 - 1 }];
    const plan = planRequant(channels, codes, keep);
    expect(plan.rounding).toBe('exact');
    expect(plan.deviations.off).toBe(0);
    for (const acc of [-(2 ** 31), -171, -170, -2, -1, 0, 1, 2, 3, 169, 170, 2 ** 31 - 1]) {
      expect(requantiseChannel(acc, plan, 0)).toBe(meaning(acc, rational(0.75), codes));
    }
  });

  it('holds at any scale that float32 can write', () => {
    const extreme = fc
      .tuple(fc.integer({ min: -240, max: 240 }), fc.integer({ min: 1, max: 2 ** 24 }))
      .map(([e, m]) => multiply(rational(2 ** e), rational(m)));
    fc.assert(
      fc.property(
        fc.array(extreme, { minLength: 1, maxLength: 3 }),
        outputCodes,
        fc.boolean(),
        (list, output, encodeConstants) => {
          const channels = list.map((s) => ({ scale: s, lo: -300, hi: 200 }));
          const plan = planRequant(channels, output, { encodeConstants });
          expect(bruteForce(plan, channels, output)).toEqual({
            off: plan.deviations.off,
            most: Math.min(1, plan.deviations.off),
          });
          for (const form of plan.exact ?? []) {
            expect(BigInt.asIntN(64, form.numerator * BigInt(Math.max(-form.accMin, form.accMax)) * 2n)).toBe(
              form.numerator * BigInt(Math.max(-form.accMin, form.accMax)) * 2n,
            );
            expect(BigInt.asIntN(64, form.denominator * 2n)).toBe(form.denominator * 2n);
          }
        },
      ),
      { numRuns: 200 },
    );
  });

  it('counts what rounds otherwise without going through the accumulators, here five hundred thousand million', () => {
    const channels = Array.from({ length: 1280 }, (_, i) => ({
      scale: divide(
        multiply(rational(Math.fround(0.0235 + i * 1e-6)), rational(Math.fround(0.001 + i * 3e-6))),
        rational(Math.fround(0.0471)),
      ),
      lo: -200_000_000 - i,
      hi: 210_000_000 + i,
    }));
    const plan = planRequant(channels, codes, keep);
    expect(plan.deviations.of).toBeGreaterThan(5e11);
    expect(plan.deviations.off / plan.deviations.of).toBeLessThan(1e-6);
  });
});

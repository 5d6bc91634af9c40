import { describe, expect, it } from 'vitest';
import { evaluate } from '../../../compiler/ir/evaluate.js';
import { evaluateInterval } from '../../../compiler/ir/evaluate-interval.js';
import type { Expr } from '../../../compiler/ir/expr.js';
import { identityExpr } from '../../../compiler/ir/expr-algebra.js';
import { codeAt, codeSteps } from '../../../compiler/lower/real/breakpoints.js';
import { compileReal } from '../../../compiler/lower/real/compile.js';
import type { RealOp, SumChannel } from '../../../compiler/lower/real/program.js';
import { zero } from '../../../compiler/lower/real/program.js';
import { quantiseExact } from '../../../compiler/ir/codes.js';
import { resultOf, runStages } from '../../../compiler/numerics/epilogue.js';
import { integer, multiply, rational, toNumber } from '../../../compiler/numerics/rational.js';
import { Random } from '../../models/random.js';

const x = identityExpr;
const silu: Expr = { fn: 'mul', a: x, b: { fn: 'sigmoid', a: x } };
const functions: readonly Expr[] = [
  { fn: 'relu', a: x },
  { fn: 'leakyRelu', a: x, alpha: 0.1 },
  { fn: 'leakyRelu', a: x, alpha: -0.3 },
  { fn: 'clip', a: x, min: -1, max: 6 },
  { fn: 'sigmoid', a: x },
  { fn: 'tanh', a: x },
  { fn: 'hardSwish', a: x },
  { fn: 'hardSigmoid', a: x, alpha: 0.2, beta: 0.5 },
  { fn: 'gelu', a: x },
  { fn: 'mish', a: x },
  { fn: 'elu', a: x, alpha: 1 },
  { fn: 'abs', a: x },
  { fn: 'softplus', a: x },
  { fn: 'mul', a: x, b: x },
  {
    fn: 'sub',
    a: { fn: 'constant', value: 1 },
    b: {
      fn: 'div',
      a: { fn: 'constant', value: 2 },
      b: { fn: 'add', a: { fn: 'exp', a: x }, b: { fn: 'constant', value: 1 } },
    },
  },
  silu,
];

describe('evaluateInterval', () => {
  it('holds every value between its ends', () => {
    const random = new Random(1);
    for (const f of functions) {
      for (let i = 0; i < 200; i++) {
        const [a, b] = [random.uniform(-9, 9), random.uniform(-9, 9)];
        const [lo, hi] = [Math.min(a, b), Math.max(a, b)];
        const bounds = evaluateInterval(f, { lo, hi });
        for (let k = 0; k <= 20; k++) {
          const y = evaluate(f, lo + ((hi - lo) * k) / 20);
          expect(y, `${f.fn} over [${lo}, ${hi}]`).toBeGreaterThanOrEqual(bounds.lo - 1e-9);
          expect(y, `${f.fn} over [${lo}, ${hi}]`).toBeLessThanOrEqual(bounds.hi + 1e-9);
        }
      }
    }
  });
});

describe('codeSteps', () => {
  it('finds every change of a code, and no other', () => {
    const output = { scale: Math.fround(0.03), zeroPoint: -11 };
    for (const f of functions) {
      const { breakpoints, codes } = codeSteps(f, -9, 9, output)!;
      expect(codes).toHaveLength(breakpoints.length + 1);
      let at = 0;
      for (let i = 0; i <= 9000; i++) {
        const v = -9 + (18 * i) / 9000;
        while (at < breakpoints.length && breakpoints[at] < v) at++;
        const near = [at - 1, at].some((k) => Math.abs((breakpoints[k] ?? Infinity) - v) < 1e-9);
        if (!near) expect(codes[at], `${f.fn} at ${v}`).toBe(codeAt(f, v, output));
      }
    }
  });
});

/** Sums of channels with scales of their own, one of them negative. */
const channels: readonly SumChannel[] = [0.0031, 0.0019, -0.0024, 2 ** -9].map((s) => ({
  scale: rational(Math.fround(s)),
  shift: zero,
  lo: -3000,
  hi: 3000,
}));
const output = { scale: Math.fround(0.041), zeroPoint: 7 };

describe('compileReal', () => {
  it('gives a function of the sum alone its exact code on every sum', () => {
    for (const f of functions) {
      const { epilogue, deviations } = compileReal(channels, [{ kind: 'function', expr: f }], output);
      const wrong = channels.flatMap(({ scale, lo, hi }, c) => {
        const found: string[] = [];
        for (let sum = lo; sum <= hi; sum++) {
          const code = resultOf(
            epilogue.result,
            runStages(epilogue.stages, sum, c, () => 0),
            c,
          );
          const real = multiply(integer(sum), scale);
          if (code !== codeAt(f, toNumber(real), output)) found.push(`${f.fn} of ${sum} in channel ${c}`);
        }
        return found;
      });
      expect(wrong).toEqual([]);
      expect(deviations.off).toBe(0);
    }
  });

  it('counts the sums that thresholds of all channels cannot tell apart', () => {
    // A channel so fine that its neighbours share a fixed-point value.
    const fine = { scale: rational(2 ** -14), shift: zero, lo: -(2 ** 24), hi: 2 ** 24 };
    const wide = { scale: rational(2 ** -3), shift: zero, lo: -(2 ** 17), hi: 2 ** 17 };
    const tiny = { scale: 2 ** -2, zeroPoint: 0 };
    const { deviations } = compileReal([fine, wide], [{ kind: 'function', expr: silu }], tiny);
    expect(deviations.off).toBeGreaterThan(0);
  });

  it('adds a residual before the clamp, ties to even where they are met', () => {
    const [scale, residual] = [2 ** -7, 2 ** -5];
    const sums = [{ scale: rational(scale), shift: zero, lo: -2000, hi: 2000 }];
    const even = { scale: 2 ** -4, zeroPoint: -3 };
    const ops: RealOp[] = [
      { kind: 'add', operand: { id: 1, scale: rational(residual), zeroPoint: 5, min: -128, max: 127 }, sign: 1 },
      { kind: 'function', expr: { fn: 'relu', a: x } },
    ];
    const { epilogue } = compileReal(sums, ops, even);
    expect(epilogue.result.kind).toBe('shift');
    for (let sum = -2000; sum <= 2000; sum += 7) {
      for (let code = -128; code <= 127; code += 3) {
        const real = Math.max(0, sum * scale + (code - 5) * residual);
        const got = resultOf(
          epilogue.result,
          runStages(epilogue.stages, sum, 0, () => code),
          0,
        );
        expect(got).toBe(quantiseExact(rational(real), even));
      }
    }
  });

  it('keeps the sums as they are where they are wanted, and their mean is exact', () => {
    const raw = compileReal(channels, [], { terms: 64, uniform: false });
    expect(raw.epilogue).toEqual({ stages: [], result: { kind: 'sums' } });
    expect(raw.channels).toEqual(channels);
    // Of one unit where one is asked for.
    const uniform = compileReal(channels, [], { terms: 1, uniform: true });
    const [{ scale }] = uniform.channels;
    for (const [c, channel] of channels.entries()) {
      for (const sum of [-3000, -1, 0, 17, 3000]) {
        const v = runStages(uniform.epilogue.stages, sum, c, () => 0);
        expect(Math.abs(v * toNumber(scale) - sum * toNumber(channel.scale))).toBeLessThan(2 * toNumber(scale));
      }
    }
  });

  it('takes a smooth function in the middle of a chain closer than a step can tell', () => {
    const operand = { id: 1, scale: rational(Math.fround(0.02)), zeroPoint: 0, min: -128, max: 127 };
    for (const f of functions.filter((g) => g.fn !== 'mul' || g === silu)) {
      const { epilogue } = compileReal(
        channels,
        [
          { kind: 'function', expr: f },
          { kind: 'add', operand, sign: 1 },
        ],
        output,
      );
      for (let sum = -3000; sum <= 3000; sum += 11) {
        const real = evaluate(f, sum * toNumber(channels[0].scale)) + 0.02 * 31;
        const steps = real / output.scale;
        const got = resultOf(
          epilogue.result,
          runStages(epilogue.stages, sum, 0, () => 31),
          0,
        );
        const distance = Math.abs(steps - Math.floor(steps) - 0.5);
        if (distance > 1e-3)
          expect(got, `${f.fn} of ${sum}`).toBe(Math.min(127, Math.max(-128, Math.round(steps) + 7)));
      }
    }
  });
});

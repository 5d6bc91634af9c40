import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { erf, evaluate, evaluateExact, roundToEven } from '../../../compiler/ir/evaluate.js';
import type { BinaryFn, Expr, UnaryFn } from '../../../compiler/ir/expr.js';
import { rational, toNumber } from '../../../compiler/numerics/rational.js';

const x: Expr = { fn: 'x' };
const of = (fn: UnaryFn): Expr => ({ fn, a: x });

describe('evaluate', () => {
  it('knows the error function to double precision', () => {
    const known: readonly [number, number][] = [
      [0, 0],
      [0.1, 0.1124629160182849],
      [0.5, 0.5204998778130465],
      [1, 0.8427007929497149],
      [2, 0.9953222650189527],
      [3.5, 0.9999992569016276],
      [7, 1],
    ];
    for (const [at, value] of known) {
      expect(erf(at)).toBeCloseTo(value, 14);
      expect(erf(-at)).toBeCloseTo(-value, 14);
    }
  });

  it('knows every function of one variable', () => {
    const at2: Readonly<Record<UnaryFn, number>> = {
      relu: 2,
      sigmoid: 0.8807970779778823,
      tanh: 0.9640275800758169,
      hardSwish: 1.6666666865348816,
      exp: 7.38905609893065,
      log: 0.6931471805599453,
      sqrt: 1.4142135623730951,
      abs: 2,
      neg: -2,
      reciprocal: 0.5,
      softplus: 2.1269280110429727,
      softsign: 0.6666666666666666,
      erf: 0.9953222650189527,
      gelu: 1.9544997361036416,
      mish: 1.9439589595339946,
      floor: 2,
      ceil: 2,
      round: 2,
      sign: 1,
      sin: 0.9092974268256817,
      cos: -0.4161468365471424,
    };
    for (const [fn, value] of Object.entries(at2)) expect(evaluate(of(fn as UnaryFn), 2), fn).toBeCloseTo(value, 12);
    expect(evaluate(of('sigmoid'), -800)).toBe(0);
    expect(evaluate(of('softplus'), 800)).toBe(800);
    expect([-0.5, 0.5, 1.5, 2.5, -1.5, 2.4].map((v) => roundToEven(v) + 0)).toEqual([0, 0, 2, 2, -2, 2]);
  });

  it('knows the functions with parameters', () => {
    const cases: readonly [Expr, number, number][] = [
      [{ fn: 'clip', a: x, min: -1, max: 3 }, 5, 3],
      [{ fn: 'leakyRelu', a: x, alpha: 0.25 }, -2, -0.5],
      [{ fn: 'elu', a: x, alpha: 2 }, -1, -1.2642411176571153],
      [{ fn: 'celu', a: x, alpha: 2 }, -1, -0.7869386805747332],
      [{ fn: 'thresholdedRelu', a: x, alpha: 1 }, 1, 0],
      [{ fn: 'thresholdedRelu', a: x, alpha: 1 }, 1.5, 1.5],
      [{ fn: 'hardSigmoid', a: x, alpha: 0.25, beta: 0.5 }, 1, 0.75],
      [{ fn: 'selu', a: x, alpha: 1.5, gamma: 2 }, -1, -1.8963616764856731],
    ];
    for (const [expr, at, value] of cases) expect(evaluate(expr, at), expr.fn).toBeCloseTo(value, 12);
  });

  it('is exact wherever it claims to be', () => {
    const unary = fc.constantFrom<UnaryFn>(
      'relu',
      'abs',
      'neg',
      'reciprocal',
      'softsign',
      'floor',
      'ceil',
      'round',
      'sign',
      'hardSwish',
      'sigmoid',
      'tanh',
      'exp',
    );
    const binary = fc.constantFrom<BinaryFn>('add', 'sub', 'mul', 'div', 'min', 'max', 'pow');
    const expr = fc.letrec<{ e: Expr }>((tie) => ({
      e: fc.oneof(
        { maxDepth: 3 },
        fc.constant(x),
        fc.constantFrom(-2, 0, 0.5, 3).map((value): Expr => ({ fn: 'constant', value })),
        fc.tuple(unary, tie('e')).map(([fn, a]): Expr => ({ fn, a })),
        fc.tuple(binary, tie('e'), tie('e')).map(([fn, a, b]): Expr => ({ fn, a, b })),
        tie('e').map((a): Expr => ({ fn: 'clip', a, min: -1, max: 2 })),
        tie('e').map((a): Expr => ({ fn: 'leakyRelu', a, alpha: 0.125 })),
        tie('e').map((a): Expr => ({ fn: 'hardSigmoid', a, alpha: 0.25, beta: 0.5 })),
      ),
    })).e;
    let exactly = 0;
    fc.assert(
      fc.property(expr, fc.integer({ min: -64, max: 64 }), (e, n) => {
        const exact = evaluateExact(e, rational(n / 16));
        if (exact === null) return;
        exactly++;
        const approximate = evaluate(e, n / 16);
        // Steps (floor, sign ...) may amplify the rounding of doubles; compare only where those agree.
        if (Number.isFinite(approximate) && !/floor|ceil|round|sign/.test(JSON.stringify(e))) {
          expect(Math.abs(toNumber(exact) - approximate)).toBeLessThanOrEqual(
            1e-9 * Math.max(1, Math.abs(approximate)),
          );
        }
      }),
      { numRuns: 1000 },
    );
    expect(exactly).toBeGreaterThan(300);
    expect(evaluateExact(of('log'), rational(2))).toBeNull();
    expect(evaluateExact(of('sigmoid'), rational(1))).toBeNull();
  });
});

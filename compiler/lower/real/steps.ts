/** The last rounding by thresholds: each where the codes of all reachable sums come out as they should, if it can be. */

import { quantiseExact } from '../../ir/codes.js';
import { evaluateExact } from '../../ir/evaluate.js';
import type { Expr } from '../../ir/expr.js';
import type { Quant } from '../../ir/tensor.js';
import { runStages, type ScaleStage, type StepsResult } from '../../numerics/epilogue.js';
import { toNumber, type Rational } from '../../numerics/rational.js';
import { codeAt, type CodeSteps } from './breakpoints.js';
import { inverseOfPending, resultOfPending, type PendingScale } from './pending-scale.js';
import type { SumChannel } from './program.js';

/** Buckets of the search. */
const mostBuckets = 256;

export function stepsResult(thresholds: readonly number[], codes: readonly number[]): StepsResult {
  const first = thresholds[0] ?? 0;
  const span = (thresholds[thresholds.length - 1] ?? 0) - first;
  let bucketShift = 0;
  while (span / 2 ** bucketShift >= mostBuckets) bucketShift++;
  const buckets = Math.floor(span / 2 ** bucketShift) + 1;
  const starts = new Uint16Array(buckets);
  for (let b = 0, i = 0; b < buckets; b++) {
    while (i < thresholds.length && thresholds[i] <= first + b * 2 ** bucketShift) i++;
    starts[b] = i;
  }
  return { kind: 'steps', thresholds: Int32Array.from(thresholds), codes: Int8Array.from(codes), bucketShift, starts };
}

/** Thresholds at the breakpoints themselves; steps that fall on one number leave the last of their codes. */
export function idealSteps({ breakpoints, codes }: CodeSteps, unit: Rational): StepsResult {
  const u = toNumber(unit);
  return distinctSteps(
    breakpoints.map((b) => Math.ceil(b / u)),
    codes,
  );
}

function distinctSteps(at: readonly number[], codes: readonly number[]): StepsResult {
  const thresholds: number[] = [];
  const kept = [codes[0]];
  at.forEach((t, i) => {
    const limited = Math.min(Math.max(t, -(2 ** 31) + 1), 2 ** 31 - 1);
    if (thresholds.length > 0 && limited <= thresholds[thresholds.length - 1]) kept[kept.length - 1] = codes[i + 1];
    else {
      thresholds.push(limited);
      kept.push(codes[i + 1]);
    }
  });
  return stepsResult(thresholds, kept);
}

/** What decides the thresholds of a function of the sum alone. */
export interface DirectSteps {
  readonly steps: CodeSteps;
  readonly expr: Expr;
  readonly output: Quant;
  readonly pending: PendingScale;
  readonly stage: ScaleStage;
  readonly channels: readonly SumChannel[];
  readonly unit: Rational;
}

/**
 * Thresholds of a function of the sum alone: each lies above the fixed-point values of all sums below its breakpoint and
 * not above any other, over all channels. `off`: the sums of which that cannot be.
 */
export function directSteps(d: DirectSteps): { readonly result: StepsResult; readonly off: number } {
  const { breakpoints, codes } = d.steps;
  const u = toNumber(d.unit);
  const least = breakpoints.map(() => -Infinity);
  const most = breakpoints.map(() => Infinity);
  const pairs: [number, number, number][] = [];
  d.channels.forEach((channel, c) => {
    breakpoints.forEach((at, j) => {
      for (const { below, above } of aroundBreakpoint(d, channel, c, at, codes[j], codes[j + 1])) {
        least[j] = Math.max(least[j], below + 1);
        most[j] = Math.min(most[j], above);
        pairs.push([j, below, above]);
      }
    });
  });
  const thresholds = breakpoints.map((at, j) => {
    const ideal = Math.ceil(at / u);
    return least[j] <= most[j] ? Math.min(Math.max(ideal, least[j]), most[j]) : ideal;
  });
  const result = distinctSteps(thresholds, codes);
  const off = pairs.filter(([j, below, above]) => below >= thresholds[j] || above < thresholds[j]).length;
  return { result, off };
}

interface Around {
  readonly below: number;
  readonly above: number;
}

/**
 * Fixed-point values of the last sum of a channel below a breakpoint, and of the first above, ±Infinity beyond its reach:
 * once, or for each sign of the sums where a negative slope comes by it twice.
 */
function aroundBreakpoint(
  d: DirectSteps,
  { lo, hi }: SumChannel,
  c: number,
  at: number,
  codeBelow: number,
  codeAbove: number,
): Around[] {
  const value = (sum: number): number => runStages([d.stage], sum, c, () => 0);
  const inside = (sum: number): boolean => sum >= lo && sum <= hi;
  return [false, true].flatMap((negative) => {
    const sum = inverseOfPending(d.pending, at, c, negative);
    if (!Number.isFinite(sum) || sum < 0 !== negative) return [];
    const rises = toNumber((negative ? d.pending.negative : d.pending.positive)[c]) > 0;
    const near = Math.round(sum);
    const isDecided = Math.abs(sum - near) > 1e-9 * Math.max(1, Math.abs(sum));
    let above = rises ? Math.ceil(sum) : Math.floor(sum);
    if (!isDecided) {
      const code = codeOfSum(d, near, c);
      if (code === codeAbove) above = near;
      else if (code === codeBelow) above = near + (rises ? 1 : -1);
    }
    const below = above - (rises ? 1 : -1);
    if (!inside(above) && !inside(below)) return [];
    return [{ below: inside(below) ? value(below) : -Infinity, above: inside(above) ? value(above) : Infinity }];
  });
}

function codeOfSum({ pending, expr, output }: DirectSteps, sum: number, c: number): number {
  const x = resultOfPending(pending, sum, c);
  const exact = evaluateExact(expr, x);
  return exact === null ? codeAt(expr, toNumber(x), output) : quantiseExact(exact, output);
}

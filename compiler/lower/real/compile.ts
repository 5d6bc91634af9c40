/**
 * Real operations on sums -> an Epilogue, with the units in which every intermediate fits int32 and is finest. A function
 * of the sum alone gets thresholds that are proven sum by sum (steps.ts); behind other tensors a result is as exact as
 * fixed point of 2^-22 of a step, or as fine as the reach of the sums leaves room for.
 */

import { quantiseNumber } from '../../ir/codes.js';
import { evaluateInterval } from '../../ir/evaluate-interval.js';
import type { Expr } from '../../ir/expr.js';
import { compose, identityExpr } from '../../ir/expr-algebra.js';
import { noClamp, type Clamp } from '../../ir/graph.js';
import type { ValueId } from '../../ir/int8-graph.js';
import type { Quant } from '../../ir/tensor.js';
import type { Epilogue, EpilogueResult, EpilogueStage } from '../../numerics/epilogue.js';
import {
  compare,
  divide,
  multiply,
  negate,
  rational,
  reduce,
  toNumber,
  type Rational,
} from '../../numerics/rational.js';
import { planRequant } from '../../numerics/requantise.js';
import { clampCodes } from '../clamp.js';
import { codeSteps } from './breakpoints.js';
import { curveStage } from './curve.js';
import { inUnits, leftShiftFor, multiplierFor, powerOfTwo, TooFine, valueLimit } from './fixed-point.js';
import { hasSlopes, isIn, scaleStage, unscaled, withAffine, withSlopes, type PendingScale } from './pending-scale.js';
import { rangeOfOperand, rangeOfSums, reachOf, zero, type RealOp, type RealRange, type SumChannel } from './program.js';
import { directSteps, idealSteps } from './steps.js';

/** Why a program has no epilogue. */
export class NoEpilogue extends Error {}

export interface Compiled {
  readonly epilogue: Epilogue;
  /** The tensors that the stages read, by position. */
  readonly operands: readonly ValueId[];
  /** Of int32 results: what they are worth, and what they can reach, by channel; empty for codes. */
  readonly channels: readonly SumChannel[];
  /** Bounds of the codes of each channel; empty for int32 results. */
  readonly codes: readonly RealRange[];
  readonly deviations: { readonly off: number; readonly of: number };
}

/** What the roundings of all stages may add, in units. */
const roundings = 64;

/** Units of a step at least: less would not tell codes apart. */
const leastUnits = 16;

const finest = 22;
const coarsest = -8;

/** int32 numbers as a result: sums of `terms` of them still fit, and `uniform` ones have one unit for all channels. */
export interface Int32Result {
  readonly terms: number;
  readonly uniform: boolean;
}

/** Throws NoEpilogue. */
export function compileReal(
  channels: readonly SumChannel[],
  ops: readonly RealOp[],
  output: Quant | Int32Result,
): Compiled {
  for (let bits = finest; bits >= coarsest; bits--) {
    try {
      return new Compiler(channels, ops, output, bits).run();
    } catch (error) {
      if (!(error instanceof TooFine)) throw error;
    }
  }
  throw new NoEpilogue('its real numbers have too wide a range for 32-bit arithmetic');
}

class Compiler {
  readonly #stages: EpilogueStage[] = [];
  readonly #operands: ValueId[] = [];
  #pending: PendingScale;
  #ranges: RealRange[];
  /** Units are this times powers of two: steps of the result. */
  readonly #step: Rational;
  /** Whether only the sum itself has been scaled. */
  #direct = true;

  constructor(
    private readonly channels: readonly SumChannel[],
    private readonly ops: readonly RealOp[],
    private readonly output: Quant | Int32Result,
    private readonly bits: number,
  ) {
    const reach = channels.reduce((m, { lo, hi }) => Math.max(m, Math.abs(lo), Math.abs(hi)), 0);
    const scales = channels.map((c) => c.scale);
    const shifts = channels.map((c) => c.shift);
    this.#pending = {
      positive: scales,
      negative: scales,
      shift: shifts.every((s) => s.numerator === 0n) ? null : shifts,
      reach,
    };
    this.#ranges = channels.map(rangeOfSums);
    this.#step = 'terms' in output ? this.#ownStep() : rational(output.scale);
  }

  /** Of int32 results: a power of two, so that 2^7 of them span the widest range. */
  #ownStep(): Rational {
    const widest = this.#finalRanges().reduce((m, r) => Math.max(m, Math.abs(r.lo), Math.abs(r.hi)), 2 ** -60);
    return powerOfTwo(Math.ceil(Math.log2(widest)) - 7);
  }

  /** Ranges after all operations. */
  #finalRanges(): readonly RealRange[] {
    return this.ops.reduce<readonly RealRange[]>(
      (ranges, op) => ranges.map((r, c) => rangeAfter(op, r, c)),
      this.#ranges,
    );
  }

  run(): Compiled {
    const { output } = this;
    if ('terms' in output) return this.#rawSums(output) ?? this.#int32(output);
    const last = trailingFunctions(this.ops);
    this.ops.slice(0, last).forEach((op, i) => this.#apply(op, this.ops[i + 1]));
    const expr = this.ops
      .slice(last)
      .reduce<Expr>((inner, op) => compose((op as { expr: Expr }).expr, inner), identityExpr);
    return this.#codes(expr, output);
  }

  #unit(extra: readonly RealRange[] = []): Rational {
    const reach = [...this.#ranges, ...extra].reduce((m, r) => Math.max(m, Math.abs(r.lo), Math.abs(r.hi)), 0);
    if (!Number.isFinite(reach)) throw new NoEpilogue('its real numbers have no bounds');
    let { bits } = this;
    while (reach / (toNumber(this.#step) * 2 ** -bits) > valueLimit) bits--;
    return multiply(this.#step, powerOfTwo(-bits));
  }

  /** The value in a unit that all channels share. */
  #settle(extra: readonly RealRange[] = []): Rational {
    const unit = this.#unit(extra);
    if (!isIn(this.#pending, unit)) {
      this.#stages.push(scaleStage(this.#pending, unit));
      this.#pending = unscaled(unit, this.channels.length, 0);
    }
    this.#reset(unit);
    return unit;
  }

  #reset(unit: Rational): void {
    const reach = this.#ranges.reduce((m, r) => Math.max(m, Math.abs(r.lo), Math.abs(r.hi)), 0) / toNumber(unit);
    this.#pending = unscaled(unit, this.channels.length, Math.min(Math.ceil(reach) + roundings, 2 ** 30));
  }

  #apply(op: RealOp, next: RealOp | undefined): void {
    const after = this.#ranges.map((r, c) => rangeAfter(op, r, c));
    switch (op.kind) {
      case 'affine':
        this.#pending = withAffine(this.#pending, op.scale, op.shift);
        break;
      case 'slopes':
        this.#slopes(op.slopes);
        break;
      case 'function':
        this.#function(op.expr, after, next);
        break;
      case 'add': {
        const { operand, sign } = op;
        const unit = this.#settle(after);
        this.#direct = false;
        const leftShift = leftShiftFor(reachOf(operand));
        const ratio = divide(sign > 0 ? operand.scale : negate(operand.scale), unit);
        this.#stages.push({
          kind: 'add',
          operand: this.#operands.push(operand.id) - 1,
          zeroPoint: operand.zeroPoint,
          leftShift,
          multiplier: multiplierFor(ratio, leftShift),
        });
        this.#ranges = after;
        this.#reset(unit);
        return;
      }
      case 'multiply': {
        const { operand } = op;
        const unit = this.#settle();
        this.#direct = false;
        const reach = this.#ranges.reduce((m, r) => Math.max(m, Math.abs(r.lo), Math.abs(r.hi)), 0) / toNumber(unit);
        const valueShift = leftShiftFor(reach + roundings);
        const leftShift = leftShiftFor(reachOf(operand));
        this.#stages.push({
          kind: 'multiply',
          operand: this.#operands.push(operand.id) - 1,
          zeroPoint: operand.zeroPoint,
          valueShift,
          leftShift,
        });
        this.#ranges = after;
        this.#reset(multiply(multiply(unit, operand.scale), powerOfTwo(32 - valueShift - leftShift)));
        return;
      }
    }
    this.#ranges = after;
  }

  #slopes(slopes: readonly Rational[]): void {
    const merged = withSlopes(this.#pending, slopes);
    if (merged !== null) {
      this.#pending = merged;
      return;
    }
    this.#settle();
    this.#pending = withSlopes(this.#pending, slopes)!;
  }

  #function(expr: Expr, after: RealRange[], next: RealOp | undefined): void {
    const inner = innermost(expr);
    if (inner !== null && !isPiece(expr) && isSimple(inner)) {
      // From the inside out, as far as that is exact.
      const outer: RealOp = { kind: 'function', expr: without(expr, inner) };
      this.#apply({ kind: 'function', expr: inner }, outer);
      this.#apply(outer, next);
      return;
    }
    const clamp = clampOfPiece(expr);
    if (expr.fn === 'leakyRelu' && expr.a.fn === 'x') {
      this.#slopes(this.channels.map(() => rational(expr.alpha)));
    } else if (clamp !== null) {
      const unit = this.#settle(next?.kind === 'add' ? [rangeOfOperand(next.operand)] : []);
      this.#direct = false;
      this.#stages.push({ kind: 'clamp', min: inUnits(clamp.min, unit), max: inUnits(clamp.max, unit) });
      this.#ranges = after;
      this.#reset(unit);
    } else {
      const affine = affineOfPiece(expr);
      if (affine !== null) {
        this.#pending = withAffine(
          this.#pending,
          this.channels.map(() => affine.scale),
          this.channels.map(() => affine.shift),
        );
        return;
      }
      const unit = this.#settle();
      this.#direct = false;
      const lo = Math.min(...this.#ranges.map((r) => r.lo));
      const hi = Math.max(...this.#ranges.map((r) => r.hi));
      const curve = curveStage(expr, { lo, hi }, unit, this.#step);
      if (curve === null) throw new NoEpilogue('one of its functions has no fixed-point form');
      this.#stages.push(curve.stage);
      this.#ranges = after;
      this.#reset(curve.unit);
    }
  }

  // --- the end ---------------------------------------------------------------------------------------------

  /** The sums themselves, at most with a Relu, where they are what is wanted. */
  #rawSums({ terms, uniform }: Int32Result): Compiled | null {
    const { channels, ops } = this;
    const [first] = ops;
    const relu = ops.length === 1 && first.kind === 'function' && first.expr.fn === 'relu' && first.expr.a.fn === 'x';
    const alike = channels.every((c) => compare(c.scale, channels[0].scale) === 0);
    if ((ops.length > 0 && !(relu && channels.every((c) => c.scale.numerator > 0n))) || (uniform && !alike))
      return null;
    if (channels.some((c) => c.shift.numerator !== 0n) || this.#pending.reach * terms >= 2 ** 31) return null;
    return {
      epilogue: {
        stages: relu ? [{ kind: 'clamp', min: 0, max: 2 ** 31 - 1 }] : [],
        result: { kind: 'sums' },
      },
      operands: [],
      channels: relu ? channels.map((c) => ({ ...c, lo: Math.max(c.lo, 0), hi: Math.max(c.hi, 0) })) : channels,
      codes: [],
      deviations: { off: 0, of: 0 },
    };
  }

  #int32({ terms }: Int32Result): Compiled {
    this.ops.forEach((op, i) => this.#apply(op, this.ops[i + 1]));
    const wide = this.#ranges.map((r) => ({ lo: (r.lo * terms) / 3.9, hi: (r.hi * terms) / 3.9 }));
    const unit = this.#settle(terms > 1 ? wide : []);
    const u = toNumber(unit);
    return {
      epilogue: { stages: this.#stages, result: { kind: 'sums' } },
      operands: this.#operands,
      channels: this.#ranges.map((r) => ({
        scale: unit,
        shift: zero,
        lo: Math.floor(r.lo / u) - roundings,
        hi: Math.ceil(r.hi / u) + roundings,
      })),
      codes: [],
      deviations: { off: 0, of: 0 },
    };
  }

  #codes(expr: Expr, output: Quant): Compiled {
    const clamp = clampOfPiece(expr) ?? (expr.fn === 'x' ? noClamp : null);
    const plain = this.#direct && clamp !== null && !hasSlopes(this.#pending) && this.#pending.shift === null;
    const done = (result: EpilogueResult, off: number, of: number): Compiled => ({
      epilogue: { stages: this.#stages, result },
      operands: this.#operands,
      channels: [],
      codes: this.#ranges.map((r) => codesWithin(evaluateInterval(expr, r), output)),
      deviations: { off, of },
    });
    if (plain && this.#stages.length === 0) {
      const step = rational(output.scale);
      const {
        deviations,
        constants: _,
        ...requant
      } = planRequant(
        this.channels.map(({ lo, hi }, c) => ({ scale: divide(this.#pending.positive[c], step), lo, hi })),
        { zeroPoint: output.zeroPoint, ...clampCodes(clamp, output) },
        { encodeConstants: false },
      );
      return done({ kind: 'requant', requant }, deviations.off, deviations.of);
    }
    const direct = this.#direct && this.#stages.length === 0;
    const { channels } = this;
    const pending = this.#pending;
    const unit = this.#settle();
    const reachable = channels.reduce((n, { lo, hi }) => n + hi - lo + 1, 0);
    if (toNumber(unit) > output.scale / leastUnits)
      throw new NoEpilogue('what its sums can reach is too wide for the scale of its result');
    if (clamp !== null && !direct) {
      const shift = Math.round(Math.log2(toNumber(divide(rational(output.scale), unit))));
      if (shift >= 1 && shift <= 22 && isPowerOfTwoRatio(unit, rational(output.scale), shift)) {
        const codes = clampCodes(clamp, output);
        return done(
          { kind: 'shift', shift, even: this.#tiesAreExact(unit), zeroPoint: output.zeroPoint, ...codes },
          0,
          reachable,
        );
      }
    }
    const lo = Math.min(...this.#ranges.map((r) => r.lo));
    const hi = Math.max(...this.#ranges.map((r) => r.hi));
    const steps = codeSteps(expr, lo, hi, output);
    if (steps === null) throw new NoEpilogue('one of its functions has too many steps');
    const [stage] = this.#stages;
    if (direct && stage?.kind === 'scale') {
      const { result, off } = directSteps({ steps, expr, output, pending, stage, channels, unit });
      return done(result, off, reachable);
    }
    return done(idealSteps(steps, unit), 0, reachable);
  }

  /** Whether every term is a whole number of units, so that ties are met exactly. */
  #tiesAreExact(unit: Rational): boolean {
    const whole = (scale: Rational): boolean => reduce(divide(scale, unit)).denominator === 1n;
    return (
      this.channels.every((c) => whole(c.scale) && whole(c.shift)) &&
      this.ops.every((op) => op.kind === 'function' || (op.kind === 'add' && whole(op.operand.scale)))
    );
  }
}

/** Bounds of codes, one more on both sides for the roundings before the last. */
const codesWithin = ({ lo, hi }: RealRange, output: Quant): RealRange => ({
  lo: Math.max(quantiseNumber(lo, output) - 1, -128),
  hi: Math.min(quantiseNumber(hi, output) + 1, 127),
});

const isPowerOfTwoRatio = (unit: Rational, step: Rational, shift: number): boolean => {
  const ratio = reduce(divide(step, unit));
  return ratio.denominator === 1n && ratio.numerator === 1n << BigInt(shift);
};

/** Position from which on all operations are functions. */
function trailingFunctions(ops: readonly RealOp[]): number {
  let last = ops.length;
  while (last > 0 && ops[last - 1].kind === 'function') last--;
  return last;
}

function rangeAfter(op: RealOp, r: RealRange, c: number): RealRange {
  const of = (...values: number[]): RealRange => ({ lo: Math.min(...values), hi: Math.max(...values) });
  switch (op.kind) {
    case 'function':
      return evaluateInterval(op.expr, r);
    case 'affine': {
      const [a, b] = [toNumber(op.scale[c]), toNumber(op.shift[c])];
      return of(r.lo * a + b, r.hi * a + b);
    }
    case 'slopes': {
      const at = (x: number): number => (x < 0 ? x * toNumber(op.slopes[c]) : x);
      return r.lo < 0 && r.hi > 0 ? of(at(r.lo), 0, at(r.hi)) : of(at(r.lo), at(r.hi));
    }
    case 'add': {
      const o = rangeOfOperand(op.operand);
      return op.sign > 0 ? { lo: r.lo + o.lo, hi: r.hi + o.hi } : { lo: r.lo - o.hi, hi: r.hi - o.lo };
    }
    case 'multiply': {
      const o = rangeOfOperand(op.operand);
      return of(r.lo * o.lo, r.lo * o.hi, r.hi * o.lo, r.hi * o.hi);
    }
  }
}

/** A function of x alone, not of functions of it. */
const isPiece = (expr: Expr): boolean =>
  expr.fn === 'x' || ('a' in expr && expr.a.fn === 'x' && (!('b' in expr) || expr.b.fn === 'constant'));

/** A piece that needs no curve. */
const isSimple = (piece: Expr): boolean =>
  clampOfPiece(piece) !== null || affineOfPiece(piece) !== null || piece.fn === 'leakyRelu';

/** What every x in a function goes through first, where that is one and the same function of one x; null elsewhere. */
function innermost(expr: Expr): Expr | null {
  let found: string | null = null;
  let inner: Expr | null = null;
  const visit = (e: Expr): boolean => {
    if (e.fn === 'x') return false;
    if (e.fn === 'constant') return true;
    if (isPiece(e)) {
      const text = JSON.stringify(e);
      inner = e;
      found ??= text;
      return found === text;
    }
    return visit(e.a) && (!('b' in e) || visit(e.b));
  };
  return visit(expr) ? inner : null;
}

/** The function that is left of one behind `inner`. */
function without(expr: Expr, inner: Expr): Expr {
  if (JSON.stringify(expr) === JSON.stringify(inner)) return identityExpr;
  if (expr.fn === 'x' || expr.fn === 'constant') return expr;
  const a = without(expr.a, inner);
  return 'b' in expr ? { ...expr, a, b: without(expr.b, inner) } : { ...expr, a };
}

function clampOfPiece(expr: Expr): Clamp | null {
  if (expr.fn === 'relu' && expr.a.fn === 'x') return { min: 0, max: Infinity };
  if (expr.fn === 'clip' && expr.a.fn === 'x') return { min: expr.min, max: expr.max };
  if (expr.fn === 'x') return noClamp;
  return null;
}

/** x op constant as scale and shift. */
function affineOfPiece(expr: Expr): { readonly scale: Rational; readonly shift: Rational } | null {
  if (expr.fn === 'neg' && expr.a.fn === 'x') return { scale: rational(-1), shift: zero };
  if (!('b' in expr) || expr.a.fn !== 'x' || expr.b.fn !== 'constant' || !Number.isFinite(expr.b.value)) return null;
  const value = rational(expr.b.value);
  switch (expr.fn) {
    case 'add':
      return { scale: rational(1), shift: value };
    case 'sub':
      return { scale: rational(1), shift: negate(value) };
    case 'mul':
      return { scale: value, shift: zero };
    case 'div':
      return expr.b.value === 0 ? null : { scale: divide(rational(1), value), shift: zero };
    default:
      return null;
  }
}

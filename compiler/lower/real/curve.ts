/** A function of real numbers whose result is a real number again: parabolas over equal segments, straight lines beyond. */

import { evaluate } from '../../ir/evaluate.js';
import type { Expr } from '../../ir/expr.js';
import type { CurveStage } from '../../numerics/epilogue.js';
import { multiply, toNumber, type Rational } from '../../numerics/rational.js';
import { powerOfTwo, valueLimit } from './fixed-point.js';
import type { RealRange } from './program.js';

export interface Curve {
  readonly stage: CurveStage;
  /** Of the results. */
  readonly unit: Rational;
}

const mostSegments = 512;
/** A parabola may err by this many steps of the final result. */
const tolerance = 2 ** -13;

/** Where a function bends sharply a piece ends and another begins. */
const mostPieces = 6;

/** `unit`: of the arguments; `step`: of the network's next codes. Null where segments enough to be exact do not exist. */
export function curveStage(expr: Expr, range: RealRange, unit: Rational, step: Rational): Curve | null {
  const u = toNumber(unit);
  const f = (v: number): number => evaluate(expr, v * u);
  const allowed = tolerance * toNumber(step);
  const [lo, hi] = [Math.floor(range.lo / u), Math.ceil(range.hi / u)];
  const from = Math.floor(straightUntil(f, lo, hi, allowed / 4));
  const to = Math.max(from + 2, Math.ceil(-straightUntil((v) => f(-v), -hi, -from, allowed / 4)));
  const pieces = piecesOf(f, from, to, allowed, mostPieces);
  if (pieces === null) return null;
  const end = to;
  const slopeBelow = slope(f, lo, from);
  const slopeAbove = slope(f, end, hi);
  const parabolas = pieces.flatMap((p) => p.parabolas);
  const values = [f(lo), f(hi), ...parabolas.flatMap((p) => [p.c, p.b, 2 * p.a])];
  const reach = values.reduce((m, v) => Math.max(m, 4 * Math.abs(v)), 0);
  // Slopes are multiplied as fractions of 2^32 below a half.
  const least = Math.max(reach / valueLimit, 4 * Math.abs(slopeBelow), 4 * Math.abs(slopeAbove));
  const bits = Math.min(22, Math.floor(-Math.log2(least / toNumber(step))));
  const result = multiply(step, powerOfTwo(-bits));
  const r = toNumber(result);
  let first = 0;
  return {
    unit: result,
    stage: {
      kind: 'curve',
      pieces: pieces.map(({ base, shift, parabolas: own }) => {
        const piece = { base, shift, first };
        first += own.length;
        return piece;
      }),
      end,
      coefficients: Int32Array.from(
        parabolas.flatMap(({ c, b, a }) => [Math.round(c / r), Math.round((2 * b) / r), Math.round((4 * a) / r)]),
      ),
      slopeBelow: Math.round((slopeBelow / r) * 2 ** 32),
      slopeAbove: Math.round((slopeAbove / r) * 2 ** 32),
    },
  };
}

interface Piece {
  readonly base: number;
  readonly shift: number;
  readonly parabolas: readonly Parabola[];
}

/** Pieces over [from, to): equal segments, as few as do, or else one piece on either side of the sharpest bend. */
function piecesOf(f: (v: number) => number, from: number, to: number, allowed: number, most: number): Piece[] | null {
  const width = to - from;
  let worst: readonly [number, number] = [from, to];
  for (let count = 1; count <= mostSegments; count *= 2) {
    const shift = Math.max(1, Math.ceil(Math.log2(width / count)));
    if (shift > 30) continue;
    const segments = Math.ceil(width / 2 ** shift);
    const parabolas = Array.from({ length: segments }, (_, i) => {
      const start = from + i * 2 ** shift;
      return parabola(f, start, 2 ** shift, to);
    });
    const i = parabolas.reduce((w, p, k) => (p.error > parabolas[w].error ? k : w), 0);
    if (parabolas[i].error <= allowed) return [{ base: from, shift, parabolas }];
    worst = [from + i * 2 ** shift, Math.min(to, from + (i + 1) * 2 ** shift)];
    if (shift === 1) break;
  }
  if (most <= 1) return null;
  const bend = bendWithin(f, ...worst);
  if (bend <= from + 1 || bend >= to - 1) return null;
  const before = piecesOf(f, from, bend, allowed, most - 1);
  const after = before === null ? null : piecesOf(f, bend, to, allowed, most - before.length);
  return before === null || after === null ? null : [...before, ...after];
}

/** The sharpest bend: halves with the larger error, to a unit. */
function bendWithin(f: (v: number) => number, from: number, to: number): number {
  let [low, high] = [from, to];
  while (high - low > 2) {
    const quarter = (high - low) / 4;
    // Three overlapping halves: a bend in the middle is in the second.
    const halves = [0, 1, 2].map((k) => [low + k * quarter, low + (k + 2) * quarter] as const);
    const errors = halves.map(([a, b]) => parabola(f, a, b - a, Infinity).error);
    const best = errors.indexOf(Math.max(...errors));
    [low, high] = halves[best];
  }
  return Math.round((low + high) / 2);
}

const slope = (f: (x: number) => number, from: number, to: number): number =>
  to > from ? (f(to) - f(from)) / (to - from) : 0;

interface Parabola {
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly error: number;
}

/** c + b t + a t^2 over [x, x + width], t from 0 to 1, and the largest error of a few points, those beyond `end` left out. */
function parabola(f: (x: number) => number, x: number, width: number, end: number): Parabola {
  // What lies beyond the end may bend: the parabola goes through three points before it.
  const used = Math.min(1, (end - x) / width);
  const [y0, y1, y2] = [f(x), f(x + (used * width) / 2), f(x + used * width)];
  const a = (2 * (y0 - 2 * y1 + y2)) / used ** 2;
  const b = (y2 - y0) / used - a * used;
  let error = 0;
  for (let i = 1; i < 16; i++) {
    const t = (used * i) / 16;
    error = Math.max(error, Math.abs(f(x + t * width) - (y0 + t * (b + t * a))));
  }
  return { a, b, c: y0, error: Number.isFinite(y0 + y1 + y2) ? error : Infinity };
}

/** How far from `lo` on f is a straight line, to within `allowed`: halving from `hi`. */
function straightUntil(f: (x: number) => number, lo: number, hi: number, allowed: number): number {
  const isStraight = (end: number): boolean => {
    const [from, to] = [f(lo), f(end)];
    for (let i = 1; i < 32; i++) {
      const t = i / 32;
      if (!(Math.abs(f(lo + t * (end - lo)) - (from + t * (to - from))) <= allowed)) return false;
    }
    return true;
  };
  let near = lo;
  let far = hi;
  for (let i = 0; i < 40; i++) {
    const middle = near + (far - near) / 2;
    if (isStraight(middle)) near = middle;
    else far = middle;
  }
  return near;
}

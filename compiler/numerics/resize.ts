/**
 * Linear Resize (ir/int8-graph.ts): plans the integer form, bounds by how much float32 may differ from it, and decides
 * in float32 what lies within that bound of a boundary.
 */

import { mulHigh } from './apply.js';
import { divide, integer, multiply, rational, toNumber, type Rational } from './rational.js';

interface Axis {
  readonly index0: Int32Array;
  readonly index1: Int32Array;
  readonly weight1: Int32Array;
  readonly denominator: number;
  readonly float1: Float32Array;
}

interface LinearForm {
  readonly multiplier: number;
  readonly leftShift: number;
  readonly shift: number;
}

interface Output {
  readonly zeroPoint: number;
  readonly clampMin: number;
  readonly clampMax: number;
}

/** What float32 needs to know. */
export interface Float32Resize {
  readonly requant: Output;
  readonly truncates: boolean;
  readonly inputScale: number;
  readonly outputScale: number;
}

interface LinearResize extends Float32Resize {
  readonly requant: LinearForm & Output;
  readonly doubt: number;
}

interface LinearPlan extends LinearResize {
  readonly requant: LinearResize['requant'] & { readonly rounding: 'fixed'; readonly exact: null };
}

interface ResizeOp {
  readonly rows: Axis;
  readonly columns: Axis;
  readonly inputZeroPoint: number;
}

const int32Max = 2 ** 31 - 1;
const shiftMax = 22;
/** Half a unit in the last place of a float32, relative. */
const unit = 2 ** -24;
/** Up to this many accumulators are looked at one by one. */
const enumerated = 2 ** 18;

/**
 * The accumulator that is rounded to nearest. Truncation towards zero of acc / weight is rounding of
 * (2 * acc -+ (weight - 1)) / (2 * weight), which is never a tie.
 */
const roundedAccumulator = (acc: number, weight: number, truncates: boolean): number =>
  truncates ? 2 * acc + (acc < 0 ? weight - 1 : 1 - weight) : acc;

/** The most precise multiplier and shifts for |acc| <= magnitude that overflow nowhere, or null. */
function planForm(scale: Rational, magnitude: number, zeroPoint: number): LinearForm | null {
  const s = toNumber(scale);
  for (let shift = shiftMax; shift >= 1; shift--) {
    let leftShift = 0;
    while (leftShift < 31 && Math.round(s * 2 ** (32 + shift - leftShift)) > int32Max) leftShift++;
    const multiplier = Math.round(s * 2 ** (32 + shift - leftShift));
    const room = int32Max - (Math.abs(zeroPoint) + 0.5) * 2 ** shift - 2;
    if (multiplier <= int32Max && magnitude * 2 ** leftShift <= int32Max && magnitude * s * 2 ** shift + 1 <= room)
      return { multiplier, leftShift, shift };
  }
  return null;
}

/** The whole plan of a node; null where no form stays in int32. */
export function planLinear(
  op: ResizeOp,
  meaning: Omit<Float32Resize, 'requant'> & { readonly zeroPoint: number },
  bounds: CodeBounds,
): LinearPlan | null {
  const { truncates, zeroPoint } = meaning;
  // Powers of two change no rounding; near 1, nothing underflows or overflows.
  const unitScale = 2 ** -Math.floor(Math.log2(meaning.inputScale));
  const [inputScale, outputScale] = [meaning.inputScale * unitScale, meaning.outputScale * unitScale];
  const weight = (truncates ? 2 : 1) * op.rows.denominator * op.columns.denominator;
  if (weight * 256 > int32Max) return null;
  const largest = Math.max(Math.abs(bounds.min - op.inputZeroPoint), Math.abs(bounds.max - op.inputZeroPoint));
  const form = planForm(
    divide(rational(inputScale), multiply(rational(outputScale), integer(weight))),
    weight * largest,
    zeroPoint,
  );
  if (form === null) return null;
  const linear = {
    requant: { rounding: 'fixed', exact: null, ...form, zeroPoint, clampMin: -128, clampMax: 127 },
    truncates,
    inputScale,
    outputScale,
  } as const;
  return { ...linear, doubt: planDoubt(op, linear, bounds) };
}

/** Largest difference of an axis' float32 weights from its integer ones. */
function weightError(axis: Axis): number {
  let most = 0;
  // The border's weights of one and the same input do not matter.
  axis.weight1.forEach((w, i) => {
    if (axis.index0[i] !== axis.index1[i]) most = Math.max(most, Math.abs(axis.float1[i] - w / axis.denominator));
  });
  return most;
}

/** Whether every float32 weight is the integer one over a power of two, and products of two are below 2^`bits`. */
const hasDyadicWeights = (op: Pick<ResizeOp, 'rows' | 'columns'>, bits: number): boolean =>
  [op.rows, op.columns].every(
    (a) => (a.denominator & (a.denominator - 1)) === 0 && a.weight1.every((w, i) => w === a.denominator * a.float1[i]),
  ) && op.rows.denominator * op.columns.denominator <= 2 ** bits;

/** Whether kernels multiply by the integer weights in float32 as well: short ones, exact in both. */
export const usesWholeWeights = (op: Pick<ResizeOp, 'rows' | 'columns'>, linear: Float32Resize): boolean =>
  !linear.truncates && hasDyadicWeights(op, 8);

/** Codes of the input, inclusive. */
interface CodeBounds {
  readonly min: number;
  readonly max: number;
}

/**
 * Units of 2^-shift within which float32 may fall on the other side of a boundary than the integer form, whose own
 * error is below 2; 0 where no reachable accumulator comes that close.
 *
 * Of the value of an output element, float32 rounds the operands, the products of weights, their products with the
 * operands, three sums and the quotient: seven roundings on the way of each term, whose magnitudes add up to at most
 * that of the largest operand. Weights that are off by e move the result by at most e times the spread of the operands.
 */
function planDoubt(op: ResizeOp, linear: Omit<LinearResize, 'doubt'>, bounds: CodeBounds): number {
  const weight = op.rows.denominator * op.columns.denominator;
  const largest = Math.max(Math.abs(bounds.min - op.inputZeroPoint), Math.abs(bounds.max - op.inputZeroPoint));
  const [down, across] = [weightError(op.rows), weightError(op.columns)];
  const moved = (down + across + 2 * down * across) * (bounds.max - bounds.min);
  // Float32 computes weighted sums of 8-bit codes without any rounding where weights have few bits.
  const steps =
    linear.truncates && hasDyadicWeights(op, 15)
      ? 0
      : (linear.inputScale / linear.outputScale) * (7.5 * unit * largest + moved);
  const unitsPerStep = 2 ** linear.requant.shift;
  const ofInteger = linear.truncates ? unitsPerStep / (2 * weight) : 0;
  if (steps === 0 && ofInteger > 4) return 0;
  const doubt = Math.min(unitsPerStep / 2, Math.ceil(steps * unitsPerStep + ofInteger) + 2);
  const lo = weight * (bounds.min - op.inputZeroPoint);
  const hi = weight * (bounds.max - op.inputZeroPoint);
  if (hi - lo > enumerated) return doubt;
  for (let acc = lo; acc <= hi; acc++) if (linearCode(acc, weight, { ...linear, doubt }) === null) return doubt;
  return 0;
}

/** The code of an accumulator by the integer form; null where it is in doubt. */
export function linearCode(acc: number, weight: number, linear: LinearResize): number | null {
  const { requant: r, doubt } = linear;
  const a = roundedAccumulator(acc, weight, linear.truncates);
  const t = mulHigh(a << r.leftShift, r.multiplier) + (r.zeroPoint * 2 ** r.shift + 2 ** (r.shift - 1));
  if (((t + doubt) & (2 ** r.shift - 1)) < 2 * doubt) return null;
  const q = t >> r.shift;
  return q < r.clampMin ? r.clampMin : q > r.clampMax ? r.clampMax : q;
}

/** The four neighbours' codes (top left, top right, bottom left, bottom right), and the second row's and column's weights. */
export function linearCodeInFloat32(
  codes: readonly number[],
  row1: number,
  column1: number,
  zeroPoint: number,
  linear: Float32Resize,
): number {
  const f = Math.fround;
  const [row0, column0] = [f(1 - row1), f(1 - column1)];
  const weights = [f(column0 * row0), f(column1 * row0), f(column0 * row1), f(column1 * row1)];
  const terms = codes.map((q, i) => f(weights[i] * f((q - zeroPoint) * linear.inputScale)));
  const value = f(f(f(terms[0] + terms[1]) + terms[2]) + terms[3]);
  const { requant: r } = linear;
  const q = (linear.truncates ? Math.trunc(value) : roundHalfEven(f(value / linear.outputScale))) + r.zeroPoint;
  return q < r.clampMin ? r.clampMin : q > r.clampMax ? r.clampMax : q;
}

function roundHalfEven(x: number): number {
  const low = Math.floor(x);
  const rest = x - low;
  return rest > 0.5 || (rest === 0.5 && low % 2 !== 0) ? low + 1 : low;
}

/** Positions of an axis that weigh alike: one of them, and how many they are. */
function kindsOf(axis: Axis): readonly { readonly at: number; readonly count: number }[] {
  const kinds = new Map<string, { at: number; count: number }>();
  axis.weight1.forEach((w, at) => {
    const key = axis.index0[at] === axis.index1[at] ? 'border' : `${w}`;
    const kind = kinds.get(key) ?? { at, count: 0 };
    kind.count++;
    kinds.set(key, kind);
  });
  return [...kinds.values()];
}

/**
 * Of output pixels of one kind: their share of all, the share of random codes whose results are in doubt, and how many
 * terms of these are not zero.
 */
export interface Doubtful {
  readonly pixels: number;
  readonly share: number;
  readonly terms: number;
}

/** For the cost model, by a fixed sample. */
export function sharesInDoubt(op: ResizeOp, linear: LinearResize): readonly Doubtful[] {
  if (linear.doubt === 0) return [];
  const weight = op.rows.denominator * op.columns.denominator;
  const [rows, columns] = [kindsOf(op.rows), kindsOf(op.columns)];
  const samples = Math.max(16, Math.floor(16384 / (rows.length * columns.length)));
  let state = 1;
  const next = (below: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  // Of what a Relu left, two fifths are zero, most of them among zeros.
  const isRectified = op.inputZeroPoint === -128 && !linear.truncates;
  const code = (): number => (isRectified && next(20) < 3 ? 0 : next(256) - 128 - op.inputZeroPoint);
  return rows.flatMap(({ at: y, count: alikeRows }) =>
    columns.map(({ at: x, count: alikeColumns }): Doubtful => {
      const [row1, column1] = [op.rows.weight1[y], op.columns.weight1[x]];
      const [row0, column0] = [op.rows.denominator - row1, op.columns.denominator - column1];
      const [isSideways, isUpright] = [
        op.columns.index0[x] !== op.columns.index1[x],
        op.rows.index0[y] !== op.rows.index1[y],
      ];
      let found = 0;
      let terms = 0;
      for (let i = 0; i < samples; i++) {
        if (isRectified && next(10) < 3) continue;
        const topLeft = code();
        const topRight = isSideways ? code() : topLeft;
        const bottomLeft = isUpright ? code() : topLeft;
        const bottomRight = isUpright && isSideways ? code() : isUpright ? bottomLeft : topRight;
        const weighted = [
          row0 * column0 * topLeft,
          row0 * column1 * topRight,
          row1 * column0 * bottomLeft,
          row1 * column1 * bottomRight,
        ];
        if (
          linearCode(
            weighted.reduce((a, b) => a + b, 0),
            weight,
            linear,
          ) !== null
        )
          continue;
        found++;
        terms += weighted.filter((term) => term !== 0).length;
      }
      return {
        pixels: (alikeRows * alikeColumns) / (op.rows.weight1.length * op.columns.weight1.length),
        share: found / samples,
        terms: terms / samples,
      };
    }),
  );
}

/**
 * What stands between the int32 sum of an operator and its result where a network leaves it in real numbers: a few
 * stages of 32-bit fixed point on every element v of channel c, then one rounding. Forms and their execution;
 * lower/epilogue.ts chooses them and proves that no intermediate leaves int32.
 *
 *   scale     v = floor((v << leftShift) * M / 2^32) + addend[c],  M = v < 0 ? negative[c] : positive[c]
 *   clamp     v = min(max(v, min), max)
 *   add       v += floor(((x - zeroPoint) << leftShift) * multiplier / 2^32)      x: an element of another tensor
 *   multiply  v = floor((v << valueShift) * ((x - zeroPoint) << leftShift) / 2^32)
 *   curve     v = a function by parabolas, see Curve
 *
 * and the result
 *
 *   shift    q = roundHalfUp(v / 2^shift) + zeroPoint, ties to even with `even`; clamped
 *   steps    q = codes[number of thresholds <= v]
 *   requant  the requantisation of the channel (ir/int8-graph.ts)
 *   sums     v itself, int32
 */

import { type ChannelForm, mulHigh, requantiseChannel, roundHalfEvenShift, roundHalfUpShift } from './apply.js';

export interface ScaleStage {
  readonly kind: 'scale';
  readonly leftShift: number;
  /** One entry a channel, or a single one for all. */
  readonly positive: Int32Array;
  /** Null: as `positive`. */
  readonly negative: Int32Array | null;
  readonly addend: Int32Array | null;
}

export interface ClampStage {
  readonly kind: 'clamp';
  readonly min: number;
  readonly max: number;
}

/** Of a second tensor; `operand` is its position among those of the epilogue. */
export interface AddStage {
  readonly kind: 'add';
  readonly operand: number;
  readonly zeroPoint: number;
  readonly leftShift: number;
  readonly multiplier: number;
}

export interface MultiplyStage {
  readonly kind: 'multiply';
  readonly operand: number;
  readonly zeroPoint: number;
  readonly valueShift: number;
  readonly leftShift: number;
}

/**
 * Piece p, the last whose base is at most v (the first for any v below), has segments of 2^shift from its base on; with
 * v limited to [first base, end), d = v - base, i = first + (d >> shift) and t = (d & (2^shift - 1)) << (31 - shift):
 *
 *   y = c0[i] + floor(t * (c1[i] + floor(t * c2[i] / 2^32)) / 2^32)
 *
 * and beyond the ends y += floor((v - limited v) * slope / 2^32) with the slope of that end.
 */
export interface CurveStage {
  readonly kind: 'curve';
  readonly pieces: readonly CurvePiece[];
  readonly end: number;
  /** [segments][3] */
  readonly coefficients: Int32Array;
  readonly slopeBelow: number;
  readonly slopeAbove: number;
}

export interface CurvePiece {
  readonly base: number;
  /** 1 .. 30. */
  readonly shift: number;
  /** Its first segment. */
  readonly first: number;
}

export type EpilogueStage = ScaleStage | ClampStage | AddStage | MultiplyStage | CurveStage;

export interface ShiftResult {
  readonly kind: 'shift';
  /** 1 .. 22. */
  readonly shift: number;
  readonly even: boolean;
  readonly zeroPoint: number;
  readonly clampMin: number;
  readonly clampMax: number;
}

/**
 * `thresholds` ascending, one code more than thresholds. The search begins at starts[(v - thresholds[0]) >> bucketShift],
 * the number of thresholds that are at most the bucket's first value, and walks upwards.
 */
export interface StepsResult {
  readonly kind: 'steps';
  readonly thresholds: Int32Array;
  readonly codes: Int8Array;
  readonly bucketShift: number;
  readonly starts: Uint16Array;
}

export interface RequantResult {
  readonly kind: 'requant';
  readonly requant: ChannelForm;
}

export interface SumsResult {
  readonly kind: 'sums';
}

export type EpilogueResult = ShiftResult | StepsResult | RequantResult | SumsResult;

export interface Epilogue {
  readonly stages: readonly EpilogueStage[];
  readonly result: EpilogueResult;
}

const at = (values: Int32Array, c: number): number => values[values.length === 1 ? 0 : c];

/** v after all stages; `operand` reads the elements of the other tensors that belong to v. */
export function runStages(
  stages: readonly EpilogueStage[],
  sum: number,
  channel: number,
  operand: (index: number) => number,
): number {
  let v = sum;
  for (const stage of stages) {
    switch (stage.kind) {
      case 'scale': {
        const multipliers = v < 0 && stage.negative !== null ? stage.negative : stage.positive;
        v = mulHigh(v << stage.leftShift, at(multipliers, channel));
        if (stage.addend !== null) v = (v + at(stage.addend, channel)) | 0;
        break;
      }
      case 'clamp':
        v = Math.min(Math.max(v, stage.min), stage.max);
        break;
      case 'add':
        v = (v + mulHigh((operand(stage.operand) - stage.zeroPoint) << stage.leftShift, stage.multiplier)) | 0;
        break;
      case 'multiply':
        v = mulHigh(v << stage.valueShift, (operand(stage.operand) - stage.zeroPoint) << stage.leftShift);
        break;
      case 'curve':
        v = curveAt(stage, v);
        break;
    }
  }
  return v;
}

function curveAt({ pieces, end, coefficients, slopeBelow, slopeAbove }: CurveStage, v: number): number {
  const limited = Math.min(Math.max(v, pieces[0].base), end - 1);
  const { base, shift, first } = pieces.findLast((p) => p.base <= limited)!;
  const d = limited - base;
  const i = first + (d >> shift);
  const t = (d & (2 ** shift - 1)) * 2 ** (31 - shift);
  const y = coefficients[3 * i] + mulHigh(t, coefficients[3 * i + 1] + mulHigh(t, coefficients[3 * i + 2]));
  return y + mulHigh(v - limited, v < limited ? slopeBelow : slopeAbove);
}

/** Number of thresholds that are at most v. */
export function stepsBelow(thresholds: Int32Array, v: number): number {
  let low = 0;
  let high = thresholds.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (thresholds[middle] <= v) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The code of v, an element of a channel; of sums v itself. */
export function resultOf(result: EpilogueResult, v: number, channel: number): number {
  switch (result.kind) {
    case 'shift': {
      const rounded = result.even ? roundHalfEvenShift(v, result.shift) : roundHalfUpShift(v, result.shift);
      return Math.min(Math.max(rounded + result.zeroPoint, result.clampMin), result.clampMax);
    }
    case 'steps':
      return result.codes[stepsBelow(result.thresholds, v)];
    case 'requant':
      return requantiseChannel(v, result.requant, channel);
    case 'sums':
      return v;
  }
}

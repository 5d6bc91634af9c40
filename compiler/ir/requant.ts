/** How accumulators become codes: `int8-graph.ts` states the arithmetic. */

export type Rounding = 'fixed' | 'even' | 'exact';

/** a = clamp(acc, accMin, accMax); a * numerator fits int64, denominator > 0. */
export interface ExactRatio {
  readonly numerator: bigint;
  readonly denominator: bigint;
  readonly accMin: number;
  readonly accMax: number;
}

/** Requantisation of one accumulator. */
export interface Requant {
  readonly rounding: Rounding;
  readonly multiplier: number;
  readonly leftShift: number;
  readonly shift: number;
  readonly exact: ExactRatio | null;
  readonly zeroPoint: number;
  readonly clampMin: number;
  readonly clampMax: number;
}

/** Requantisation with a multiplier per channel; rounding, shifts, zero point and clamps belong to the node. */
export interface ChannelRequant {
  readonly rounding: Rounding;
  readonly multipliers: Int32Array;
  readonly leftShift: number;
  readonly shift: number;
  /** 'even': 1 where the channel's ties go to even. 'exact': null. */
  readonly even: Uint8Array | null;
  /** 'exact': one per channel. */
  readonly exact: readonly ExactRatio[] | null;
  readonly zeroPoint: number;
  readonly clampMin: number;
  readonly clampMax: number;
}

/** The requantisation of a convolution with an epilogue, which has none. */
export const noRequant = (channels: number): ChannelRequant => ({
  rounding: 'fixed',
  multipliers: new Int32Array(channels),
  leftShift: 0,
  shift: 1,
  even: null,
  exact: null,
  zeroPoint: 0,
  clampMin: -128,
  clampMax: 127,
});

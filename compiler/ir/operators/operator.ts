/**
 * What the compiler must know of an operator of the integer program, beside what it computes: which rows it reads, how its
 * channels hang together, how it may be cut, and how it is called. Every operator is one file here, and index.ts has the table;
 * everything is asked for, so that a new operator cannot leave anything to chance.
 */

import type { Epilogue } from '../../numerics/epilogue.js';
import type { Shape } from '../tensor.js';
import type { Window } from '../window.js';

/** Positions [lo, hi) along an axis. */
export interface Interval {
  readonly lo: number;
  readonly hi: number;
}

export type Axis = 'h' | 'w';

/**
 * Positions of an input along `axis` which the output positions [lo, hi), lo < hi, read; lo == hi where they read none.
 * Exact, and clipped to the image. `before`: of an operator of parts, the extent of the inputs before this one.
 */
export type Reads<Op> = (
  op: Op,
  axis: Axis,
  lo: number,
  hi: number,
  input: Shape,
  output: Shape,
  before: number,
) => Interval;

/** What a unit in slices of channels may use an operator for (schedule/channel-slices.ts). */
export interface ChannelRelation {
  /** Some of its output channels can be computed alone, from all channels of its input. */
  readonly begins: boolean;
  /** An output channel depends on the same channel of its input alone, and some of them can be computed alone. */
  readonly keepsApart: boolean;
  /** It can add up some input channels after the others. */
  readonly sums: boolean;
}

/** Nothing of it can be computed in slices. */
export const notSliced = (): ChannelRelation => ({ begins: false, keepsApart: false, sums: false });

export interface Operator<Op> {
  readonly reads: Reads<Op>;
  readonly channels: (op: Op, input: Shape, output: Shape) => ChannelRelation;
  /** The operator for the output channels [first, first + count); null where `channels` has neither begins nor keepsApart. */
  readonly someChannels: ((op: Op, first: number, count: number) => Op) | null;
  /** The sum over the input channels [first, first + count) of `inChannels`; null where `channels` never has sums. */
  readonly partialSum: ((op: Op, inChannels: number, first: number, count: number) => Op) | null;
  /** Whether rows of the output can be computed as rows of the inputs come, whatever its sizes are. */
  readonly byRows: (op: Op) => boolean;
  /** Whether its windows are affine and clipped, so that generated code walks tiles with a few constants. */
  readonly tiles: boolean;
  /** The window that it slides over its first input, where it has one and reads as that says; null: output positions read their own. */
  readonly window: (op: Op) => Window | null;
  /** Whether a single output position that reads the whole image can be fed row by row into sums. */
  readonly sumsRows: boolean;
  /**
   * Rows of the output at either end that borders touch: between them a kernel does for every row what it did a few rows
   * before. Null where no such rule is known.
   */
  readonly borderRows: (op: Op, input: Shape, output: Shape) => number | null;
  /** Whether the order in which it touches memory is listed pixel by pixel where borderRows is null. */
  readonly orderByPixel: boolean;
  /** Whether it reads far ahead of what it writes, so that the output may cover nearly all of a dying input. */
  readonly readsAhead: boolean;
  /** 'own': a tensor of its own; 'input': the input's bytes under another shape, never a kernel; 'parts': its inputs beside each other. */
  readonly storage: 'own' | 'input' | 'parts';
  /** Of an operator of parts, the axis along which they follow one another. */
  readonly partAxis: (op: Op) => 'h' | 'w' | 'c' | null;
  /** Where the output is a part of the input by strides, so that it may be a view. */
  readonly view: (op: Op) => { readonly start: Shape; readonly step: Shape } | null;
  /** Whether its tensors must lie in memory without gaps. */
  readonly dense: boolean;
  /** Whether its kernels take their input views as an array, and not one by one; every one with an epilogue does. */
  readonly takesArray: boolean;
  /** The inputs after the first are its operands. */
  readonly epilogue: (op: Op) => Epilogue | null;
  /** For C identifiers. */
  readonly word: (op: Op, input: Shape, output: Shape) => string;
  /** For comments and reports: the word, with what tells it from others of its kind. */
  readonly label: (op: Op, input: Shape, output: Shape) => string;
}

export const clip = (lo: number, hi: number, extent: number): Interval => {
  const from = Math.min(Math.max(lo, 0), extent);
  return { lo: from, hi: Math.max(from, Math.min(hi, extent)) };
};

/** Each output position reads its own. */
export const readsItself: Reads<unknown> = (_, axis, lo, hi, input) => clip(lo, hi, input[axis]);

/** Of an operand that is repeated along the axis where its extent is 1. */
export const readsBroadcast: Reads<unknown> = (_, axis, lo, hi, input, output) =>
  input[axis] === 1 && output[axis] > 1 ? { lo: 0, hi: 1 } : clip(lo, hi, input[axis]);

/** The extent of the positions that one or two indices of each output position name. */
export function extremes(a: Int32Array, b: Int32Array | null, lo: number, hi: number): Interval {
  let min = a[lo];
  let max = a[lo];
  for (let i = lo; i < hi; i++) {
    min = Math.min(min, a[i], b === null ? min : b[i]);
    max = Math.max(max, a[i], b === null ? max : b[i]);
  }
  return { lo: min, hi: max + 1 };
}

/** An operator whose tensors are its own, without parts, views and epilogue. */
export const ownTensors = {
  storage: 'own',
  partAxis: () => null,
  view: () => null,
  dense: false,
  takesArray: false,
  epilogue: () => null,
} as const satisfies Partial<Operator<unknown>>;

/** An operator that is never computed in slices of channels. */
export const wholeChannels = {
  channels: notSliced,
  someChannels: null,
  partialSum: null,
} as const satisfies Partial<Operator<unknown>>;

/** An operator that computes every position from its own: of one tensor, or of two of which one may be repeated. */
export const positionwise = {
  ...ownTensors,
  ...wholeChannels,
  byRows: () => true,
  tiles: true,
  window: () => null,
  sumsRows: false,
  borderRows: () => null,
  orderByPixel: false,
  readsAhead: true,
} as const satisfies Partial<Operator<unknown>>;

/** The word and the label of an operator that has one name. */
export const named = (word: string): Pick<Operator<unknown>, 'word' | 'label'> => ({
  word: () => word,
  label: () => word.replace('_', ' '),
});

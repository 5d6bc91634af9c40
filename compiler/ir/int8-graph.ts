/**
 * The integer program: what every C kernel computes and `reference/int8.ts` defines. Made from a quantised Graph by
 * `lower/`; nothing after it looks at a real scale again. Read by reference, target, schedule, memory and codegen.
 *
 * Rounding (numerics/requantise.ts holds the proofs). With acc an int32, M a multiplier, n a shift in [1, 22],
 * l a left shift (mostly 0) and zp the output zero point:
 *
 *   fixed   t = floor((acc << l) * M / 2^32);  q = ((t + 2^(n-1)) >> n) + zp
 *   even    t as above, exact at ties;          q = ((t + 2^(n-1) - e + (e & (t >> n))) >> n) + zp,  e = even[c]
 *   exact   a = clamp(acc, accMin, accMax);    q = roundHalfEven(a * numerator / denominator) + zp, in 64 bits
 *   then q = clamp(q, clampMin, clampMax).
 *
 * Kernels may fold zp into the addend (zp << n): the compiler proves that t + (zp << n) + 2^(n-1) fits int32.
 */

import type { Epilogue } from '../numerics/epilogue.js';
import type { LogSoftmaxForm } from '../numerics/log-softmax.js';
import { elements, type IoLayout, type Quant, type Shape } from './tensor.js';
import type { ResizeAxis } from './graph.js';
import type { Window } from './window.js';

export type ValueId = number;
export type NodeId = number;

export interface Int8Value {
  readonly id: ValueId;
  readonly name: string;
  readonly shape: Shape;
  /**
   * int32: indices (ArgMax), or real numbers that the network does not quantise, finer than any code (Epilogue). float32,
   * of a float tail, is kept as bytes that every move of codes moves: four channels of the shape hold one number,
   * little-endian.
   */
  readonly dtype: 'int8' | 'int32' | 'float32';
  /** Of int32 numbers an output's alone. */
  readonly quant: Quant | null;
  /** A constant operand (Add, Mul, Concat), in memory order; null for activations. */
  readonly constant: Int8Array | null;
}

export interface Int8Node {
  readonly id: NodeId;
  readonly name: string;
  readonly op: Int8Op;
  readonly inputs: readonly ValueId[];
  readonly output: ValueId;
  /** Multiply-accumulates of the whole output, padded taps counted. */
  readonly macs: number;
  /** Reachable accumulators (or operand pairs) whose result is one step from the meaning, and how many there are in all. */
  readonly deviations: { readonly off: number; readonly of: number };
}

export interface Int8Io {
  readonly value: ValueId;
  readonly name: string;
  readonly layout: IoLayout;
  /** Of an output that the file leaves in floating point: the real numbers that it can reach. */
  readonly floatRange?: readonly [number, number];
}

/** Nodes in topological order, ids 0..n-1 in that order. */
export interface Int8Graph {
  readonly name: string;
  readonly values: ReadonlyMap<ValueId, Int8Value>;
  readonly nodes: readonly Int8Node[];
  readonly inputs: readonly Int8Io[];
  readonly outputs: readonly Int8Io[];
}

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

/**
 * acc = bias[c] + sum(x * w) with the input zero point folded into the bias: a tap outside the image reads
 * `inputZeroPoint`. Weights OHWI. int16 weights: asymmetric uint8 weights only.
 */
export interface ConvOp {
  readonly kind: 'conv2d' | 'convTranspose2d';
  readonly window: Window;
  readonly groups: number;
  readonly weights: Int8Array | Int16Array;
  readonly bias: Int32Array;
  readonly inputZeroPoint: number;
  readonly requant: ChannelRequant;
  /** Set where the node is one slice of a convolution's input channels: see PartialConv. */
  readonly partial?: PartialConv;
  /**
   * Set where the sum goes through functions and other tensors before it is rounded, or is not rounded at all: then the
   * requantisation means nothing. The node's other inputs are the epilogue's operands, of the output's shape or broadcast.
   */
  readonly epilogue?: Epilogue;
}

/** The stages of an epilogue on the elements of the first input (int8 less its zero point, or int32), others as operands. */
export interface ElementwiseOp {
  readonly kind: 'elementwise';
  readonly inputZeroPoint: number;
  readonly epilogue: Epilogue;
}

/**
 * Sums over a window, of int8 codes (less their zero point) or of int32 numbers: acc = sum over the taps inside the image,
 * in int32; epilogues[i] where the divisor (as for AveragePoolOp) is divisors[i].
 */
export interface PoolSumsOp {
  readonly kind: 'poolSums';
  readonly window: Window;
  readonly countIncludePad: boolean;
  readonly inputZeroPoint: number;
  readonly divisors: Int32Array;
  readonly epilogues: readonly Epilogue[];
}

/**
 * One slice of the input channels of a pointwise convolution (kernel 1x1, one group, no padding): acc = bias[c] +
 * sum(x * w) over the slice's channels is added to the accumulators of the slices before it, which the first slice sets
 * to 0; the last slice's sum is requantised. Weights are [outChannels][slice's channels], and the requantisation is the
 * whole convolution's. Biases of the slices sum to the whole one's, which has all zero-point terms: best, the first
 * slice has it as it is and the others have zeros, for which the MVE kernel is made.
 */
export interface PartialConv {
  readonly first: boolean;
  readonly last: boolean;
}

/**
 * fixed: q = ((a * multiplierA + b * multiplierB + addend + 2^(n-1)) >> n) + zp in int32
 * even:  t = a * multiplierA + b * multiplierB + addend, exact at ties; ties to even as above
 * exact: r = a * numeratorA + b * numeratorB + numeratorC; q = roundHalfEven(r / denominator) + zp, in 64 bits
 * The operands' zero points are inside the addend.
 */
export interface AddOp {
  readonly kind: 'add';
  readonly rounding: Rounding;
  readonly multiplierA: number;
  readonly multiplierB: number;
  readonly addend: number;
  readonly shift: number;
  readonly exact: {
    readonly numeratorA: bigint;
    readonly numeratorB: bigint;
    readonly numeratorC: bigint;
    readonly denominator: bigint;
  } | null;
  readonly zeroPoint: number;
  readonly clampMin: number;
  readonly clampMax: number;
}

/** acc = (a - zeroPointA) * (b - zeroPointB). Broadcasting by shapes, as for add. */
export interface MulOp {
  readonly kind: 'mul';
  readonly zeroPointA: number;
  readonly zeroPointB: number;
  readonly requant: Requant;
}

/** Elementwise minimum or maximum of two tensors of equal quantisation (tables bring them there). */
export interface MinMaxOp {
  readonly kind: 'min' | 'max';
}

/** out = table[in + 128]. */
export interface LutOp {
  readonly kind: 'lut';
  readonly table: Int8Array;
}

/** acc = x - inputZeroPoint; `positive` where acc >= 0, else `negative` of the channel. */
export interface PReluOp {
  readonly kind: 'prelu';
  readonly inputZeroPoint: number;
  readonly positive: Requant;
  readonly negative: ChannelRequant;
}

/** Padded taps never win; clamps after. */
export interface MaxPoolOp {
  readonly kind: 'maxPool';
  readonly window: Window;
  readonly clampMin: number;
  readonly clampMax: number;
}

/**
 * acc = sum(x - inputZeroPoint) over the taps inside the image; the divisor of an output position (taps inside, or
 * with countIncludePad taps inside the padded image) picks requants[i] with divisors[i] equal to it.
 */
export interface AveragePoolOp {
  readonly kind: 'averagePool';
  readonly window: Window;
  readonly countIncludePad: boolean;
  readonly inputZeroPoint: number;
  readonly divisors: Int32Array;
  readonly requants: readonly Requant[];
}

/**
 * Over the channels of a pixel, m = max(x): e[c] = table[m - x[c]] (uint32), S = sum(e) < 2^31,
 * z = clz32(S) - 1, inverse = floor(2^61 / (S << z)) (fits uint32), y = floor((e << z) * inverse / 2^32), about
 * e / S * 2^29; q = requant(y).
 */
export interface SoftmaxOp {
  readonly kind: 'softmax';
  readonly table: Uint32Array;
  readonly requant: Requant;
}

/**
 * Over the channels of a pixel, m = max(x): S = sum(table[m - x[c]]) (uint32), table[d] = exp(-d * inputScale) * 2^tableBits,
 * log = min((log2(S) - tableBits) * logMultiplier / 2^logShift, logLimit) with log2 to 26 bits (numerics/log-softmax.ts),
 * t = min(m - x[c], farthest) * stepMultiplier + log; q = max(zeroPoint - roundHalfEven(t / 2^shift), -128).
 */
export interface LogSoftmaxOp extends LogSoftmaxForm {
  readonly kind: 'logSoftmax';
  readonly table: Uint32Array;
  readonly tableBits: number;
  readonly zeroPoint: number;
}

export interface ArgMaxOp {
  readonly kind: 'argMax';
  readonly lastIndex: boolean;
}

/** All inputs have the output's quantisation. */
export interface ConcatOp {
  readonly kind: 'concat';
  readonly axis: 'h' | 'w' | 'c';
}

export interface SliceOp {
  readonly kind: 'slice';
  readonly start: Shape;
  readonly step: Shape;
}

export interface PadOp {
  readonly kind: 'pad';
  readonly mode: 'constant' | 'reflect' | 'edge';
  readonly before: Shape;
  readonly after: Shape;
  /** The int8 code of the constant. */
  readonly value: number;
}

/**
 * nearest: a copy by index; `linear` is null.
 *
 * linear: ONNX Runtime's float32 arithmetic. With float1 the weights of the second row and column, float0 = 1 - float1,
 * every operation rounded to float32:
 *
 *   v = ((w00 * a + w01 * b) + w10 * c) + w11 * d    of the top left, top right, bottom left, bottom right neighbour,
 *   a = (x - inputZeroPoint) * inputScale,           w10 = rows' float1 * columns' float0 and so on
 *   q = roundHalfEven(v / outputScale) + zp, or with `truncates` trunc(v) + zp;  then clamped
 *
 * Sums of a few small weights meet ties (half pixels of a resize by two: one element in sixteen), and there the
 * float32 noise decides: exact arithmetic would differ from every other implementation in half of them. Elsewhere
 * integers give the same code, and kernels use them: acc = sum of (x - inputZeroPoint) * wy * wx with the integer
 * weights, a = acc (truncates: 2 * acc - sign * (W - 1), W the product of the denominators),
 *
 *   t = floor((a << l) * M / 2^32) + (zp << n) + 2^(n-1);  q = t >> n, unless ((t + doubt) mod 2^n) < 2 * doubt:
 *
 * then v decides. `doubt` is 0 where no accumulator needs it (numerics/resize.ts bounds the noise).
 */
export interface ResizeOp {
  readonly kind: 'resize';
  readonly mode: 'nearest' | 'linear';
  readonly rows: ResizeAxis;
  readonly columns: ResizeAxis;
  readonly inputZeroPoint: number;
  readonly linear: LinearResize | null;
}

export interface LinearResize {
  /** Rounding 'fixed'. */
  readonly requant: Requant;
  readonly truncates: boolean;
  /** float32 */
  readonly inputScale: number;
  readonly outputScale: number;
  /** Units of 2^-shift steps. */
  readonly doubt: number;
}

export interface TransposeOp {
  readonly kind: 'transpose';
  readonly dims: readonly number[];
  readonly perm: readonly number[];
}

export interface GatherOp {
  readonly kind: 'gather';
  readonly axis: 'h' | 'w' | 'c';
  readonly indices: Int32Array;
}

/**
 * float32 arithmetic on each pixel: what a float tail does between moves. Registers r[0 .. registers) are float32; each
 * step writes `count` of them from `to` on, element by element, every result rounded to float32, no two operations
 * fused. The pixel of the output is r[result ...], NaN as 0x7FC00000. All inputs have the output's rows and columns.
 */
export interface FloatPixelsOp {
  readonly kind: 'floatPixels';
  readonly registers: number;
  readonly steps: readonly FloatStep[];
  readonly result: number;
}

export type FloatStep = { readonly to: number; readonly count: number } & (
  | {
      /** r[to + i] = (x[from + i] - zeroPoint) * scale of an int8 input, x[from + i] of a float32 one (quant null). */
      readonly kind: 'load';
      readonly input: number;
      readonly from: number;
      readonly quant: Quant | null;
    }
  | {
      /** r[to + i] = data[y * rowStep + x * pixelStep + i]; steps count numbers. */
      readonly kind: 'constant';
      readonly data: Float32Array;
      readonly rowStep: number;
      readonly pixelStep: number;
    }
  | {
      /** r[to + i] = r[a + i * stepA] fn r[b + i * stepB]; min is b < a ? b : a, max is a < b ? b : a. */
      readonly kind: 'binary';
      readonly fn: FloatBinary;
      readonly a: number;
      readonly stepA: number;
      readonly b: number;
      readonly stepB: number;
    }
  | {
      /** r[to + i] = fn(r[a + i * stepA]); exp as numerics/float-exp.ts computes it. */
      readonly kind: 'unary';
      readonly fn: 'copy' | 'abs' | 'exp';
      readonly a: number;
      readonly stepA: number;
    }
  | {
      /** r[to] = r[a] fn r[a + 1] fn ... of `of` registers, from the first to the last; count is 1. */
      readonly kind: 'reduce';
      readonly fn: 'sum' | 'max';
      readonly a: number;
      readonly of: number;
    }
);
export type FloatBinary = 'add' | 'sub' | 'mul' | 'div' | 'min' | 'max';

/** The same bytes under another shape: never a kernel, always a view. */
export interface ReshapeOp {
  readonly kind: 'reshape';
}

export type Int8Op =
  | ConvOp
  | AddOp
  | MulOp
  | MinMaxOp
  | LutOp
  | PReluOp
  | MaxPoolOp
  | AveragePoolOp
  | ElementwiseOp
  | PoolSumsOp
  | SoftmaxOp
  | LogSoftmaxOp
  | ArgMaxOp
  | ConcatOp
  | SliceOp
  | PadOp
  | ResizeOp
  | TransposeOp
  | GatherOp
  | FloatPixelsOp
  | ReshapeOp;

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

/** The epilogue of an operator, null where it has none: the inputs after the first are its operands. */
export function epilogueOf(op: Int8Op): Epilogue | null {
  switch (op.kind) {
    case 'conv2d':
    case 'convTranspose2d':
      return op.epilogue ?? null;
    case 'elementwise':
      return op.epilogue;
    case 'poolSums':
      return op.epilogues[0];
    default:
      return null;
  }
}

/** Shape of a float32 tensor as bytes. */
export const float32Bytes = (shape: Shape): Shape => ({ ...shape, c: 4 * shape.c });

/** The shape in numbers: that of a float32 tensor counts bytes. */
export const elementShape = ({ shape, dtype }: Int8Value): Shape =>
  dtype === 'float32' ? { ...shape, c: shape.c / 4 } : shape;

/** Bytes of a number. */
export const numberBytes = (dtype: Int8Value['dtype']): number => (dtype === 'int8' ? 1 : 4);

/** Bytes of an element of the shape, which counts bytes for float32. */
export const elementBytesOf = ({ dtype }: Pick<Int8Value, 'dtype'>): number => (dtype === 'int32' ? 4 : 1);

/** Bytes of a pixel in memory, dense. */
export const pixelBytesOf = (value: Int8Value): number => value.shape.c * elementBytesOf(value);

/** Bytes of a tensor in memory, dense. */
export const bytesOf = (value: Int8Value): number => elements(value.shape) * elementBytesOf(value);

/** The value behind an id; throws on a dangling id (an internal error). */
export function valueOf(graph: Int8Graph, id: ValueId): Int8Value {
  const value = graph.values.get(id);
  if (value === undefined) throw new Error(`no value ${id}`);
  return value;
}

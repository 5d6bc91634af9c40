/**
 * The network as ONNX means it: nodes over NHWC activations, in real arithmetic.
 *
 *   Graph
 *     Value   an activation or a constant: shape, dtype, quantisation (null in a float network)
 *     Node    one Op, its inputs and its single output
 *       Op    conv2d | convTranspose2d | binary | unary | prelu | maxPool | averagePool | softmax | argMax |
 *             concat | slice | pad | resize | transpose | gather | reshape
 *
 * In a quantised graph each node reads dequantised inputs, computes in real numbers and quantises its result to
 * the output value's `quant`: round to nearest, ties to even, then add the zero point, then saturate. A result that the
 * network does not quantise has the dtype float32 and no quantisation, and stays the real number that it is.
 * A graph is immutable; a pass returns a new one. Nodes are in topological order.
 */

import type { Expr } from './expr.js';
import type { DType, IoLayout, Quant, Shape } from './tensor.js';
import type { Window } from './window.js';

export type ValueId = number;

export interface Value {
  readonly id: ValueId;
  /** The ONNX tensor's name (untrusted text), or a name made from it. */
  readonly name: string;
  readonly shape: Shape;
  readonly dtype: DType;
  /** Null for real values and for integer results (ArgMax). */
  readonly quant: Quant | null;
  /** Data of a constant, in memory order (h, w, c). */
  readonly constant: Int8Array | Float32Array | null;
}

export interface Node {
  /** The ONNX node's name (untrusted text), unique in the graph. */
  readonly name: string;
  readonly op: Op;
  readonly inputs: readonly ValueId[];
  readonly output: ValueId;
}

export interface GraphIo {
  readonly value: ValueId;
  /** Name in the ONNX file. */
  readonly name: string;
  readonly layout: IoLayout;
}

export interface Graph {
  readonly name: string;
  readonly values: ReadonlyMap<ValueId, Value>;
  readonly nodes: readonly Node[];
  readonly inputs: readonly GraphIo[];
  readonly outputs: readonly GraphIo[];
}

/**
 * Weights in OHWI order: [outChannels][kernelH][kernelW][inChannels / groups].
 * Quantised: `data` is int8, or int16 where the weights' own zero point, already subtracted, leaves int8
 * (asymmetric uint8 weights); `scales` has one entry per output channel, negative scales allowed.
 */
export type Weights =
  | { readonly kind: 'float'; readonly data: Float32Array }
  | { readonly kind: 'quantised'; readonly data: Int8Array | Int16Array; readonly scales: Float32Array };

/** real bias[c] = data[c] * scales[c]; a float bias has `scales` null. */
export interface Bias {
  readonly data: Int32Array | Float32Array;
  readonly scales: Float64Array | null;
}

/** A float bias, or an integer one in real numbers, one a channel; zeros without. */
export const floatBias = ({ bias, outChannels }: Pick<Conv2d, 'bias' | 'outChannels'>): Float64Array =>
  Float64Array.from({ length: outChannels }, (_, c) => (bias === null ? 0 : bias.data[c] * (bias.scales?.[c] ?? 1)));

/** Weights in real numbers, in float32. */
export function floatWeights({ weights, outChannels }: Pick<Conv2d, 'weights' | 'outChannels'>): Float32Array {
  if (weights.kind === 'float') return weights.data;
  const inner = weights.data.length / outChannels;
  return Float32Array.from(weights.data, (q, i) => q * weights.scales[Math.floor(i / inner)]);
}

/** Real clamp fused behind an operator (Relu, Relu6, Clip); infinities where absent. */
export interface Clamp {
  readonly min: number;
  readonly max: number;
}
export const noClamp: Clamp = { min: -Infinity, max: Infinity };

export interface Conv2d {
  readonly kind: 'conv2d';
  readonly window: Window;
  readonly groups: number;
  readonly outChannels: number;
  readonly weights: Weights;
  readonly bias: Bias | null;
  readonly clamp: Clamp;
}

/**
 * out[y * stride - padTop + ky * dilation] += in[y] * w[ky]; weights in OHWI order as for conv2d, one output
 * size given by the output value's shape (output_padding included).
 */
export interface ConvTranspose2d {
  readonly kind: 'convTranspose2d';
  readonly window: Window;
  readonly groups: number;
  readonly outChannels: number;
  readonly weights: Weights;
  readonly bias: Bias | null;
  readonly clamp: Clamp;
}

/** Elementwise on two tensors; each axis of an input is the output's or 1 (broadcast). */
export interface Binary {
  readonly kind: 'binary';
  readonly fn: 'add' | 'sub' | 'mul' | 'div' | 'min' | 'max';
  readonly clamp: Clamp;
}

/** Elementwise function of one tensor; with the identity it only changes the quantisation. */
export interface Unary {
  readonly kind: 'unary';
  readonly expr: Expr;
}

/** x < 0 ? x * slope[c] : x; `slopes` holds real values, one per channel. */
export interface PRelu {
  readonly kind: 'prelu';
  readonly slopes: Float64Array;
}

export interface MaxPool {
  readonly kind: 'maxPool';
  readonly window: Window;
  readonly clamp: Clamp;
}

/**
 * Mean over the window. `countIncludePad`: the divisor counts padded taps too (but, with ceil_mode, none beyond the
 * padded image). Global pooling and ReduceMean over H, W are windows of the whole image.
 */
export interface AveragePool {
  readonly kind: 'averagePool';
  readonly window: Window;
  readonly countIncludePad: boolean;
  readonly clamp: Clamp;
}

/** Softmax over channels of each pixel. A quantised probability of 1 is a whole number of steps (numerics/softmax.ts). */
export interface Softmax {
  readonly kind: 'softmax';
  readonly log: boolean;
}

/** Index of the largest channel of each pixel, or of the smallest, as int32. */
export interface ArgMax {
  readonly kind: 'argMax';
  readonly smallest: boolean;
  readonly lastIndex: boolean;
}

export interface Concat {
  readonly kind: 'concat';
  readonly axis: 'h' | 'w' | 'c';
}

/** out[y][x][c] = in[start.h + y * step.h][...]; steps may be negative. */
export interface Slice {
  readonly kind: 'slice';
  readonly start: Shape;
  readonly step: Shape;
}

/** `value` is the real constant; reflect and edge take it from the image. */
export interface Pad {
  readonly kind: 'pad';
  readonly mode: 'constant' | 'reflect' | 'edge';
  readonly before: Shape;
  readonly after: Shape;
  readonly value: number;
}

/**
 * Separable sampling, with the coordinate mode already resolved: output row y of a nearest resize is input row
 * `rows.index0[y]`; of a linear one (index0 * (denominator - weight1) + index1 * weight1) / denominator, computed as
 * ir/int8-graph.ts says. `codeOrigin`: of a linear resize of int8 tensors themselves, the int8 code of the file's 0:
 * the codes are interpolated and truncated towards it.
 */
export interface Resize {
  readonly kind: 'resize';
  readonly mode: 'nearest' | 'linear';
  readonly rows: ResizeAxis;
  readonly columns: ResizeAxis;
  readonly codeOrigin: number | null;
}
export interface ResizeAxis {
  readonly index0: Int32Array;
  readonly index1: Int32Array;
  /** Numerators over `denominator`, exact for rational scales. All 0 for nearest. */
  readonly weight1: Int32Array;
  readonly denominator: number;
  /** The weights of index1 as ONNX Runtime rounds them. All 0 for nearest. */
  readonly float1: Float32Array;
}

/**
 * A real move of data: memory is read as the row-major tensor `dims` and written with axes in the order `perm`
 * (out axis i = in axis perm[i]). Covers channel shuffle, DepthToSpace, SpaceToDepth, NCHW flatten.
 */
export interface Transpose {
  readonly kind: 'transpose';
  readonly dims: readonly number[];
  readonly perm: readonly number[];
}

export interface Gather {
  readonly kind: 'gather';
  readonly axis: 'h' | 'w' | 'c';
  readonly indices: Int32Array;
}

/** The same bytes under another shape. */
export interface Reshape {
  readonly kind: 'reshape';
}

export type Op =
  | Conv2d
  | ConvTranspose2d
  | Binary
  | Unary
  | PRelu
  | MaxPool
  | AveragePool
  | Softmax
  | ArgMax
  | Concat
  | Slice
  | Pad
  | Resize
  | Transpose
  | Gather
  | Reshape;

/** The value behind an id; throws on a dangling id (an internal error). */
export function valueOfGraph(graph: Graph, id: ValueId): Value {
  const value = graph.values.get(id);
  if (value === undefined) throw new Error(`no value ${id}`);
  return value;
}

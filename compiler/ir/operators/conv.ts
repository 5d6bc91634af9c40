import type { Epilogue } from '../../numerics/epilogue.js';
import type { ChannelRequant } from '../requant.js';
import type { Window } from '../window.js';

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

/**
 * The network between ONNX and Graph: IR operators over HWC tensors, with QuantizeLinear and DequantizeLinear still
 * standing as nodes. A value is real numbers, codes (int8; uint8 already shifted by -128) or indices.
 * Built in topological order by the converters in ops/; quantise/resolve/ turns it into a Graph.
 */

import type { Op } from '../ir/graph.js';
import type { IoLayout, Quant, Shape } from '../ir/tensor.js';

export type RawId = number;

export type Domain = 'real' | 'codes' | 'index';

/** Quantise: real -> codes; dequantise: codes -> real. */
export interface Quantise {
  readonly kind: 'quantise';
  readonly quant: Quant;
}
export interface Dequantise {
  readonly kind: 'dequantise';
  readonly quant: Quant;
}

/** x * scale[c] + shift[c] per channel: BatchNormalization. */
export interface Affine {
  readonly kind: 'affine';
  readonly scale: Float64Array;
  readonly shift: Float64Array;
}

export type RawOp = Op | Quantise | Dequantise | Affine;

/** A constant operand in memory order: real values, and the codes that they were dequantised from. */
export interface RawConstant {
  readonly real: Float32Array;
  readonly codes: Int8Array | null;
  readonly quant: Quant | null;
}

export interface RawValue {
  readonly id: RawId;
  readonly name: string;
  readonly shape: Shape;
  readonly domain: Domain;
  readonly constant: RawConstant | null;
}

export interface RawNode {
  /** The ONNX node's name. */
  readonly name: string;
  /** ONNX operator, for messages. */
  readonly source: string;
  readonly op: RawOp;
  readonly inputs: readonly RawId[];
  readonly output: RawId;
}

export interface RawIo {
  readonly value: RawId;
  readonly name: string;
  readonly layout: IoLayout;
}

export interface RawGraph {
  readonly name: string;
  readonly values: readonly RawValue[];
  readonly nodes: readonly RawNode[];
  readonly inputs: readonly RawIo[];
  readonly outputs: readonly RawIo[];
}

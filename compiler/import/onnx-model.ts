/** An ONNX file after decoding: plain data, numbers instead of Longs, nothing interpreted yet. */

import type { Constant } from './constant.js';

export type Attribute =
  | { readonly kind: 'int'; readonly value: number }
  | { readonly kind: 'float'; readonly value: number }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'ints'; readonly values: readonly number[] }
  | { readonly kind: 'floats'; readonly values: readonly number[] }
  | { readonly kind: 'strings'; readonly values: readonly string[] }
  | { readonly kind: 'tensor'; readonly value: Constant }
  | { readonly kind: 'graph' }
  | { readonly kind: 'other' };

export interface OnnxNode {
  /** Position in the file. */
  readonly index: number;
  /** The file's name for it, or one made from operator and position; unique. */
  readonly name: string;
  readonly op: string;
  /** '' for ONNX's own operators. */
  readonly domain: string;
  /** An empty name is an optional input left out. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: ReadonlyMap<string, Attribute>;
}

export interface OnnxValueInfo {
  readonly name: string;
  /** TensorProto.DataType; 0 when the file does not say. */
  readonly elementType: number;
  /** Null where the file gives no shape; a string is a symbolic dimension, '' one without a name. */
  readonly shape: readonly (number | string)[] | null;
}

export interface OnnxModel {
  readonly irVersion: number;
  /** Version by operator set; '' is ONNX's own. */
  readonly opsets: ReadonlyMap<string, number>;
  readonly graphName: string;
  readonly nodes: readonly OnnxNode[];
  readonly initializers: ReadonlyMap<string, Constant>;
  /** Initialisers that a file lists as inputs too are not among them. */
  readonly inputs: readonly OnnxValueInfo[];
  readonly outputs: readonly OnnxValueInfo[];
  /** Domains whose operators are functions defined in the file. */
  readonly functionDomains: ReadonlySet<string>;
}

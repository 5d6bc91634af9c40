/** The operators of the integer program: a new one is its file and two lines here. */

import type { ConvOp } from './conv.js';
import { conv2d } from './conv2d.js';
import { convTranspose2d } from './conv-transpose2d.js';
import type { Operator } from './operator.js';
import { add, type AddOp } from './add.js';
import { argMax, type ArgMaxOp } from './arg-max.js';
import { averagePool, type AveragePoolOp } from './average-pool.js';
import { concat, type ConcatOp } from './concat.js';
import { elementwise, type ElementwiseOp } from './elementwise.js';
import { floatPixels, type FloatPixelsOp } from './float-pixels.js';
import { gather, type GatherOp } from './gather.js';
import { logSoftmax, type LogSoftmaxOp } from './log-softmax.js';
import { lut, type LutOp } from './lut.js';
import { maxPool, type MaxPoolOp } from './max-pool.js';
import { max, min, type MinMaxOp } from './min-max.js';
import { mul, type MulOp } from './mul.js';
import { pad, type PadOp } from './pad.js';
import { poolSums, type PoolSumsOp } from './pool-sums.js';
import { prelu, type PReluOp } from './prelu.js';
import { reshape, type ReshapeOp } from './reshape.js';
import { resize, type ResizeOp } from './resize.js';
import { slice, type SliceOp } from './slice.js';
import { softmax, type SoftmaxOp } from './softmax.js';
import { transpose, type TransposeOp } from './transpose.js';

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
  | ReshapeOp
  | FloatPixelsOp;

type Kind = Int8Op['kind'];
/** The operator that has a kind, perhaps beside others. */
type OpOf<K extends Kind, Op = Int8Op> = Op extends { readonly kind: infer Kinds }
  ? K extends Kinds
    ? Op
    : never
  : never;

/** By kind. The types ask for every one. */
const operators: { readonly [K in Kind]: Operator<OpOf<K>> } = {
  conv2d,
  convTranspose2d,
  add,
  mul,
  min,
  max,
  lut,
  prelu,
  maxPool,
  averagePool,
  elementwise,
  poolSums,
  softmax,
  logSoftmax,
  argMax,
  concat,
  slice,
  pad,
  resize,
  transpose,
  gather,
  reshape,
  floatPixels,
};

/** Whether its inputs stand beside each other in its output: each is copied by a step of its own. */
export const isOfParts = (op: Int8Op): boolean => operatorOf(op).storage === 'parts';

/** Whether it moves nothing: its output is its input's bytes, and no kernel runs. */
export const isReshape = (op: Int8Op): boolean => operatorOf(op).storage === 'input';

/** What the compiler knows of an operator's kind; its functions take that operator. */
export const operatorOf = <Op extends Int8Op>(op: Op): Operator<Op> => operators[op.kind] as unknown as Operator<Op>;

/**
 * THE table of operators: what the importer converts, what `rivulet ops` prints and what the documentation lists.
 * Versions are operator-set versions; an operator's form is known up to `latestOpset`, and a model of a newer set is
 * refused by name rather than guessed at.
 */

import type { NodeContext } from './context.js';
import { foldedOperators } from './fold/fold.js';
import { oldestForm } from './older-forms.js';
import { convertConcat, convertSplit } from './ops/concat.js';
import { convertConv, convertConvTranspose } from './ops/conv.js';
import { convertBinary, convertClip, convertPRelu, convertUnary } from './ops/elementwise.js';
import { convertFusedConv, convertFusedGemm } from './ops/fused.js';
import { convertGemm, convertMatMul } from './ops/gemm.js';
import { convertBatchNormalization } from './ops/normalise.js';
import { convertAveragePool, convertGlobalPool, convertMaxPool } from './ops/pool.js';
import {
  convertQGemm,
  convertQLinearBinary,
  convertQLinearConcat,
  convertQLinearConv,
  convertQLinearMatMul,
  convertQLinearPool,
  convertQLinearSoftmax,
  convertQLinearUnary,
} from './ops/qlinear.js';
import {
  convertCast,
  convertDequantizeLinear,
  convertDropout,
  convertIdentity,
  convertQuantizeLinear,
} from './ops/quantise.js';
import { convertReduce } from './ops/reduce.js';
import { convertExpand, convertTile } from './ops/repeat.js';
import {
  convertDepthSpace,
  convertFlatten,
  convertReshape,
  convertShape,
  convertSize,
  convertSqueeze,
  convertTranspose,
  convertUnsqueeze,
} from './ops/reshape.js';
import { convertResize } from './ops/resize.js';
import { convertGather, convertPad, convertSlice } from './ops/slice.js';
import { convertArgMax, convertSoftmax } from './ops/softmax.js';

export interface OperatorEntry {
  readonly op: string;
  /** '' for ONNX's own operators. */
  readonly domain: '' | 'com.microsoft';
  /** Lowest and highest operator-set versions whose form of the operator is known. */
  readonly fromOpset: number;
  readonly toOpset: number;
  /** What is supported, in a line. */
  readonly support: string;
  /** What is not. */
  readonly limits: string;
  /** Null: only on constants, at compile time. */
  readonly convert: ((ctx: NodeContext) => void) | null;
}

/** Newest ONNX operator set that the table was checked against. */
export const latestOpset = 28;
/** Oldest operator set that is read, as far as its operators have the form of newer ones (older-forms.ts). */
export const oldestOpset = 1;

type Row = readonly [
  ops: string,
  support: string,
  limits: string,
  convert: ((ctx: NodeContext) => void) | null,
  fromOpset?: number,
  toOpset?: number,
];

const table = '256-entry table from int8 to int8';

const onnxRows: readonly Row[] = [
  [
    'Conv',
    '1-D and 2-D; any kernel, stride, dilation, group, pads (asymmetric, SAME)',
    'constant weights',
    convertConv,
  ],
  [
    'ConvTranspose',
    '1-D and 2-D; any kernel, stride, dilation, group, output_padding, output_shape',
    'constant weights',
    convertConvTranspose,
  ],
  [
    'Gemm',
    'alpha, beta, transA, transB; a Flatten in front costs nothing',
    'constant weights; the bias is the same for every row',
    convertGemm,
  ],
  [
    'MatMul',
    'a tensor of any rank and a constant matrix, on either side',
    'one operand is a constant matrix',
    convertMatMul,
  ],
  ['Add Sub Mul', 'two tensors (numpy broadcasting), a tensor and a constant', '', convertBinary],
  ['Div', 'by a constant, or a constant by a tensor', 'not two tensors when quantised', convertBinary],
  ['Min Max Sum Mean', 'any number of inputs', 'when quantised, two inputs between two quantisations', convertBinary],
  ['Pow', 'a scalar constant exponent', '', convertBinary],
  ['Relu Clip', 'fused into the operator before where that is exact', '', null],
  [
    'LeakyRelu Sigmoid Tanh HardSigmoid HardSwish Elu Selu Celu Softplus Softsign ThresholdedRelu Erf Gelu Mish Swish',
    table,
    '',
    convertUnary,
  ],
  ['Exp Log Sqrt Abs Neg Reciprocal Floor Ceil Round Sign Sin Cos', table, '', convertUnary],
  ['PRelu', 'one slope, one a channel, or one an element', 'constant slopes', convertPRelu],
  ['MaxPool', '1-D and 2-D; ceil_mode, dilations; on int8 tensors too', 'no indices', convertMaxPool],
  ['AveragePool', '1-D and 2-D; ceil_mode, count_include_pad, dilations', '', convertAveragePool],
  ['GlobalAveragePool GlobalMaxPool', '1-D and 2-D', '', convertGlobalPool],
  ['ReduceMean ReduceMax', 'any axes', '', convertReduce],
  ['ReduceSum', 'any axes but channels', '', convertReduce],
  [
    'BatchNormalization',
    'folded into the convolution before, else a 1x1 depthwise convolution',
    'inference only',
    convertBatchNormalization,
  ],
  ['Concat Split', 'any axis, several heads flattened and joined included', '', null],
  ['Slice', 'constant bounds, any step', '', convertSlice],
  ['Gather', 'constant indices of any rank', '', convertGather],
  ['Pad', 'constant, reflect, edge; negative pads crop', 'no wrap', convertPad],
  ['Reshape Flatten Squeeze Unsqueeze Transpose', 'no data moves for layout; channel shuffles do', '', null],
  ['Expand Tile', 'constant sizes', '', null],
  ['DepthToSpace SpaceToDepth', 'DCR and CRD', '', convertDepthSpace],
  [
    'Resize',
    'nearest and linear, all coordinate modes but tf_crop_and_resize',
    'rows and columns only; no cubic, no antialias',
    convertResize,
    10,
  ],
  ['Upsample', 'nearest and linear', 'rows and columns only', convertResize, 7, 9],
  ['Softmax', 'any axis', '', convertSoftmax],
  ['LogSoftmax', 'any axis', '', convertSoftmax],
  [
    'ArgMax ArgMin',
    'any axis; the result is int32, whatever it is cast to',
    'the last operator before an output',
    convertArgMax,
  ],
  ['Identity', 'removed', '', convertIdentity],
  ['Dropout', 'removed', 'inference only', convertDropout],
  [
    'Cast CastLike',
    'between floating-point types; int8 and uint8 to floating point; indices of ArgMax to any type that holds them',
    '',
    convertCast,
  ],
  ['Shape Size', 'known at compile time', '', null],
  ['QuantizeLinear', 'int8 and uint8', 'one scale a tensor, except on constants', convertQuantizeLinear, 10],
  [
    'DequantizeLinear',
    'int8 and uint8; int32 and int16 constants',
    'one scale a tensor, except on constants',
    convertDequantizeLinear,
    10,
  ],
  ['QLinearConv', 'as Conv', 'constant weights', convertQLinearConv, 10],
  ['QLinearMatMul', 'as MatMul', 'one operand is a constant matrix', convertQLinearMatMul, 10],
];

/** Converters of rows that name several operators. */
const convertersByOperator: Readonly<Record<string, (ctx: NodeContext) => void>> = {
  Relu: convertUnary,
  Clip: convertClip,
  Concat: convertConcat,
  Split: convertSplit,
  Reshape: convertReshape,
  Flatten: convertFlatten,
  Squeeze: convertSqueeze,
  Unsqueeze: convertUnsqueeze,
  Transpose: convertTranspose,
  Expand: convertExpand,
  Tile: convertTile,
  Shape: convertShape,
  Size: convertSize,
};

const microsoftRows: readonly Row[] = [
  ['QLinearAdd QLinearMul', 'as Add and Mul', '', convertQLinearBinary],
  ['QLinearGlobalAveragePool QLinearAveragePool', 'as their real forms', 'channels first', convertQLinearPool],
  ['QLinearConcat', 'as Concat', '', convertQLinearConcat],
  ['QLinearLeakyRelu QLinearSigmoid', table, '', convertQLinearUnary],
  ['QLinearSoftmax', 'as Softmax', '', convertQLinearSoftmax],
  ['QGemm', 'as Gemm', 'constant weights', convertQGemm],
  ['QLinearConv', 'as Conv', 'channels first', convertQLinearConv],
  ['QuantizeLinear', 'as in ONNX', '', convertQuantizeLinear],
  ['DequantizeLinear', 'as in ONNX', '', convertDequantizeLinear],
  ['Gelu QuickGelu', table, '', convertUnary],
  ['FusedConv', 'as Conv, with a residual and an activation', 'constant weights', convertFusedConv],
  ['FusedGemm', 'as Gemm, with an activation', 'constant weights', convertFusedGemm],
];

function entries(rows: readonly Row[], domain: OperatorEntry['domain'], to: number): OperatorEntry[] {
  return rows.flatMap(([ops, support, limits, convert, fromOpset, toOpset]) =>
    ops.split(' ').map(
      (op): OperatorEntry => ({
        op,
        domain,
        fromOpset: fromOpset ?? (domain === '' ? oldestForm(op) : 1),
        toOpset: toOpset ?? to,
        support,
        limits,
        convert: convert ?? convertersByOperator[op],
      }),
    ),
  );
}

function buildTable(): readonly OperatorEntry[] {
  const converted = [...entries(onnxRows, '', latestOpset), ...entries(microsoftRows, 'com.microsoft', 1)];
  const known = new Set(converted.filter((e) => e.domain === '').map((e) => e.op));
  const foldedOnly = foldedOperators
    .filter((op) => !known.has(op))
    .map(
      (op): OperatorEntry => ({
        op,
        domain: '',
        fromOpset: oldestForm(op),
        toOpset: latestOpset,
        support: 'on constants, at compile time',
        limits: 'not on tensors of the network',
        convert: null,
      }),
    );
  return [...converted, ...foldedOnly].sort((a, b) => (a.domain + a.op < b.domain + b.op ? -1 : 1));
}

export const operatorTable: readonly OperatorEntry[] = buildTable();

const byName = new Map(operatorTable.map((e) => [`${e.domain}|${e.op}`, e]));

export function findOperator(domain: string, op: string): OperatorEntry | undefined {
  return byName.get(`${domain}|${op}`);
}

/** What to do about well-known operators that are not in the table. */
export const unsupportedHints: Readonly<Record<string, string>> = {
  If: 'Control flow is not supported; export the model with fixed decisions (torch.onnx.export of a traced model).',
  Loop: 'Control flow is not supported; unroll the loop before exporting.',
  Scan: 'Control flow is not supported; unroll the loop before exporting.',
  LSTM: 'Recurrent layers are not supported; use convolutions over time.',
  GRU: 'Recurrent layers are not supported; use convolutions over time.',
  RNN: 'Recurrent layers are not supported; use convolutions over time.',
  InstanceNormalization: 'It needs statistics of each input; BatchNormalization folds into the convolution before it.',
  LayerNormalization: 'It needs statistics of each input; BatchNormalization folds into the convolution before it.',
  GroupNormalization: 'It needs statistics of each input; BatchNormalization folds into the convolution before it.',
  LRN: 'Local response normalisation is not supported; networks trained with BatchNormalization do without it.',
  DynamicQuantizeLinear:
    'Dynamic quantisation is not supported; quantise statically (onnxruntime.quantization.quantize_static).',
  ConvInteger: 'Dynamic quantisation is not supported; quantise statically (onnxruntime.quantization.quantize_static).',
  MatMulInteger:
    'Dynamic quantisation is not supported; quantise statically (onnxruntime.quantization.quantize_static).',
  NonMaxSuppression: 'End the model at the raw boxes and scores and run the selection in your application.',
  TopK: 'End the model before the selection and run it in your application.',
};

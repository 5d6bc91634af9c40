/** Operator sets below 7: operators whose form there is that of 7, and what is to be done about the others. */

import type { OnnxNode } from './onnx-model.js';

/** The set from which every operator of the table is known in one form, but for those listed here or in its row. */
export const commonOpset = 7;

/** Below 7: since which set an operator has the form of 7 (attributes that it lost since then change nothing). */
const sameSince: Readonly<Record<number, string>> = {
  1:
    'Conv ConvTranspose MatMul Gemm Add Sub Mul Div Sum Mean Min Max Relu Clip LeakyRelu Sigmoid Tanh HardSigmoid Elu Softplus ' +
    'Softsign Exp Log Sqrt Abs Neg Reciprocal Floor Ceil MaxPool AveragePool GlobalAveragePool GlobalMaxPool ReduceMean ReduceMax ' +
    'ReduceSum Slice Gather Transpose Flatten Squeeze Unsqueeze DepthToSpace SpaceToDepth Softmax LogSoftmax ArgMax ArgMin Identity ' +
    'Dropout Shape Size Constant',
  2: 'Pad Split',
  4: 'Concat',
  5: 'Reshape',
  6: 'Selu BatchNormalization Cast Tile',
};

const since = new Map(
  Object.entries(sameSince).flatMap(([version, ops]) => ops.split(' ').map((op) => [op, Number(version)] as const)),
);

/** Oldest operator set of ONNX's own operator `op`. */
export const oldestForm = (op: string): number => since.get(op) ?? commonOpset;

/** How a model gets a newer operator set. */
export const convertHint =
  'Convert the model to operator set 13: python -c "import onnx; from onnx import version_converter as v; ' +
  "onnx.save(v.convert_version(onnx.load('model.onnx'), 13), 'model13.onnx')\"";

const axisBroadcast = new Set(['Add', 'Sub', 'Mul', 'Div', 'Gemm']);
const inTraining = new Set(['BatchNormalization', 'Dropout']);

/** What an operator below set 7 says that it cannot say any more; null where its form is that of 7. */
export function olderForm({ op, attributes }: OnnxNode): string | null {
  const isSet = (name: string): boolean => {
    const a = attributes.get(name);
    return a?.kind === 'int' && a.value !== 0;
  };
  if (axisBroadcast.has(op) && isSet('broadcast') && attributes.has('axis')) return 'broadcasts from an axis';
  if (inTraining.has(op) && !isSet('is_test')) return 'is in training mode (is_test is not set)';
  return null;
}

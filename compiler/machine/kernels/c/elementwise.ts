/** Elementwise kernels in plain C: Add, Mul, Min, Max, tables, PRelu. */

import type { AddOp, Int8Graph, Int8Node } from '../../../ir/int8-graph.js';
import { sameShape } from '../../../ir/tensor.js';
import { costOf } from '../../cost.js';
import type { AccessEvent, CStruct, Kernel } from '../../kernel.js';
import { elementwise, event, nothing, rowsSpan } from './access.js';
import { elementwiseFeatures } from './features.js';
import { footprintOf } from './footprint.js';
import {
  broadcastCode,
  channelRequantStruct,
  inputShape,
  opOf,
  outputShape,
  requantStruct,
  roundingCode,
  struct,
} from './structs.js';

/** What the elementwise kernels have in common. `params` gets the operands' broadcast codes (two operands only). */
function elementwiseKernel(
  id: string,
  kinds: readonly string[],
  files: readonly string[],
  params: (node: Int8Node, graph: Int8Graph) => CStruct,
): Kernel {
  return {
    id,
    isa: 'c',
    files: [`src/${id}.c`, ...files],
    accepts: (node) => kinds.includes(node.op.kind),
    params,
    scratchBytes: () => 0,
    scratchAlignBytes: 4,
    calls: 'rows',
    layerRows: 'all',
    inPlace: inPlaceElementwise,
    accesses: elementwiseAccesses,
    ...costOf(id, elementwiseFeatures),
    ...footprintOf(id),
  };
}

/** Kernel.inPlace and Kernel.accesses of elementwise kernels of every instruction set. */
export const inPlaceElementwise: Kernel['inPlace'] = (node, graph, index) =>
  sameShape(inputShape(node, graph, index), outputShape(node, graph));

export function* elementwiseAccesses(
  node: Int8Node,
  graph: Int8Graph,
  index: number,
  y: number,
  rows: number,
): Iterable<AccessEvent> {
  const input = inputShape(node, graph, index);
  const output = outputShape(node, graph);
  for (let oy = y; oy < y + rows; oy++) {
    if (sameShape(input, output)) {
      yield* elementwise(output, oy, 1);
    } else {
      // A repeated operand is read again for every element.
      yield event(nothing, rowsSpan(output, oy, 1));
      yield event(input.h === 1 ? rowsSpan(input, 0, 1) : rowsSpan(input, oy, 1), nothing);
    }
  }
}

const broadcasts = (node: Int8Node, graph: Int8Graph) => ({
  broadcastA: broadcastCode(inputShape(node, graph, 0), outputShape(node, graph)),
  broadcastB: broadcastCode(inputShape(node, graph, 1), outputShape(node, graph)),
});

/** Whether an operand repeats its only channel. */
export const broadcastsChannels = (node: Int8Node, graph: Int8Graph): boolean =>
  Object.values(broadcasts(node, graph)).some((code) => (code & 4) !== 0);

/** rv_add_params, for the kernels of every instruction set. */
export function addStruct(node: Int8Node, graph: Int8Graph): CStruct {
  const op: AddOp = opOf(node, 'add');
  const exact = op.rounding === 'exact' ? op.exact : null;
  return struct('rv_add_params', {
    exact:
      exact === null ? null : { kind: 'structs', type: 'rv_add_exact', items: [struct('rv_add_exact', { ...exact })] },
    multiplierA: exact === null ? op.multiplierA : 0,
    multiplierB: exact === null ? op.multiplierB : 0,
    addend: exact === null ? op.addend : 0,
    rounding: roundingCode[op.rounding],
    shift: exact === null ? op.shift : 1,
    zeroPoint: op.zeroPoint,
    clampMin: op.clampMin,
    clampMax: op.clampMax,
    channels: outputShape(node, graph).c,
    ...broadcasts(node, graph),
  });
}

/** rv_mul_params */
export function mulStruct(node: Int8Node, graph: Int8Graph): CStruct {
  const op = opOf(node, 'mul');
  return struct('rv_mul_params', {
    requant: requantStruct(op.requant),
    channels: outputShape(node, graph).c,
    zeroPointA: op.zeroPointA,
    zeroPointB: op.zeroPointB,
    ...broadcasts(node, graph),
  });
}

/** rv_min_max_params */
export function minMaxStruct(node: Int8Node, graph: Int8Graph): CStruct {
  return struct('rv_min_max_params', {
    channels: outputShape(node, graph).c,
    isMax: node.op.kind === 'max' ? 1 : 0,
    ...broadcasts(node, graph),
  });
}

/** rv_lut_params */
export function lutStruct(node: Int8Node, graph: Int8Graph): CStruct {
  const { table } = opOf(node, 'lut');
  return struct('rv_lut_params', {
    table: { kind: 'array', type: 'int8_t', data: table, alignBytes: 4 },
    channels: outputShape(node, graph).c,
  });
}

/** rv_prelu_params */
export function preluStruct(node: Int8Node, graph: Int8Graph): CStruct {
  const op = opOf(node, 'prelu');
  return struct('rv_prelu_params', {
    positive: requantStruct(op.positive),
    negative: channelRequantStruct(op.negative),
    channels: outputShape(node, graph).c,
    inputZeroPoint: op.inputZeroPoint,
  });
}

const requantise = 'include/rv_requantise.h';
const broadcast = 'src/rv_broadcast.h';

export const elementwiseKernels: readonly Kernel[] = [
  elementwiseKernel('rv_add_s8', ['add'], [requantise, broadcast], addStruct),
  elementwiseKernel('rv_mul_s8', ['mul'], [requantise, broadcast], mulStruct),
  elementwiseKernel('rv_min_max_s8', ['min', 'max'], [broadcast], minMaxStruct),
  elementwiseKernel('rv_lut_s8', ['lut'], [], lutStruct),
  elementwiseKernel('rv_prelu_s8', ['prelu'], [requantise], preluStruct),
];

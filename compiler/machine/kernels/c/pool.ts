/** Pooling, Softmax, LogSoftmax and ArgMax in plain C. */

import type { AveragePoolOp, Int8Graph, Int8Node, MaxPoolOp } from '../../../ir/int8-graph.js';
import { costOf } from '../../cost.js';
import { type Features, roundedOutputs } from '../../cost-features.js';
import type { CStruct, Kernel } from '../../kernel.js';
import { allRows, channelByChannel, event, pixelSpan, windowSpan } from './access.js';
import { argMaxFeatures, logSoftmaxFeatures, poolFeatures, softmaxFeatures } from './features.js';
import { footprintOf } from './footprint.js';
import { inputShape, int32Array, opOf, outputShape, requantStruct, struct } from './structs.js';

const geometry = (op: MaxPoolOp | AveragePoolOp) => {
  const { kernelH, kernelW, strideH, strideW, dilationH, dilationW, padTop, padLeft } = op.window;
  return { kernelH, kernelW, strideH, strideW, dilationH, dilationW, padTop, padLeft };
};

/** rv_max_pool_params */
export function maxPoolStruct(node: Int8Node, graph: Int8Graph): CStruct {
  const op = opOf(node, 'maxPool');
  return struct('rv_max_pool_params', {
    channels: outputShape(node, graph).c,
    ...geometry(op),
    clampMin: op.clampMin,
    clampMax: op.clampMax,
  });
}

/** rv_average_pool_params */
export function averagePoolStruct(node: Int8Node, graph: Int8Graph): CStruct {
  const op = opOf(node, 'averagePool');
  return struct('rv_average_pool_params', {
    divisors: int32Array(op.divisors),
    requants: { kind: 'structs', type: 'rv_requant', items: op.requants.map(requantStruct) },
    divisorCount: op.divisors.length,
    channels: outputShape(node, graph).c,
    ...geometry(op),
    padBottom: op.window.padBottom,
    padRight: op.window.padRight,
    countIncludePad: op.countIncludePad ? 1 : 0,
    inputZeroPoint: op.inputZeroPoint,
  });
}

/** rv_softmax_params */
export function softmaxStruct(node: Int8Node, graph: Int8Graph): CStruct {
  const op = opOf(node, 'softmax');
  return struct('rv_softmax_params', {
    table: { kind: 'array', type: 'uint32_t', data: op.table },
    requant: requantStruct(op.requant),
    channels: outputShape(node, graph).c,
  });
}

/** rv_log_softmax_params */
function logSoftmaxStruct(node: Int8Node, graph: Int8Graph): CStruct {
  const { kind: _, table, ...form } = opOf(node, 'logSoftmax');
  return struct('rv_log_softmax_params', {
    table: { kind: 'array', type: 'uint32_t', data: table },
    stepMultiplier: form.stepMultiplier,
    logMultiplier: form.logMultiplier,
    logLimit: form.logLimit,
    farthest: form.farthest,
    channels: outputShape(node, graph).c,
    tableBits: form.tableBits,
    logShift: form.logShift,
    shift: form.shift,
    zeroPoint: form.zeroPoint,
  });
}

interface PoolKernel {
  readonly id: string;
  readonly kind: 'maxPool' | 'averagePool';
  readonly params: Kernel['params'];
  /** Channels that are finished together. */
  readonly block: number;
}

function poolKernel({ id, kind, params, block }: PoolKernel): Kernel {
  return {
    id,
    isa: 'c',
    files: [`src/${id}.c`, 'src/rv_pool_window.h', 'include/rv_requantise.h'],
    accepts: (node) => node.op.kind === kind,
    params,
    scratchBytes: () => 0,
    scratchAlignBytes: 4,
    calls: 'rows',
    layerRows: 'all',
    inPlace: () => false,
    accesses(node, graph, _input, y, rows, only) {
      const { window } = opOf(node, kind);
      const input = inputShape(node, graph);
      return channelByChannel(
        outputShape(node, graph),
        y,
        rows,
        block,
        (oy, ox) => windowSpan(window, input, oy, ox),
        only,
      );
    },
    ...costOf(id, poolFeatures),
    ...footprintOf(id),
  };
}

export const maxPool = poolKernel({ id: 'rv_max_pool_s8', kind: 'maxPool', params: maxPoolStruct, block: 4 });
export const averagePool: Kernel = {
  ...poolKernel({ id: 'rv_average_pool_s8', kind: 'averagePool', params: averagePoolStruct, block: 4 }),
  rowSums: {
    functions: 'rv_average_pool',
    files: ['src/rv_average_pool_accumulate_s8.c', 'src/rv_average_pool_finish_s8.c'],
    takesArray: false,
    work(node, graph, batches) {
      const { h, w, c } = inputShape(node, graph);
      return [
        { id: 'rv_average_pool_accumulate_s8', features: { calls: batches, rows: h, ...fours(h, w, c) } },
        {
          id: 'rv_average_pool_finish_s8',
          features: { calls: 1, ...roundedOutputs(opOf(node, 'averagePool').requants[0], c) },
        },
      ];
    },
  },
};

/** rv_average_pool_accumulate_s8: channels four at a time along a row, the rest one by one. */
function fours(rows: number, cols: number, channels: number): Features {
  const blocks = rows * Math.floor(channels / 4);
  const rest = rows * (channels % 4);
  return { fours: blocks, fourPixels: blocks * cols, rest, restPixels: rest * cols };
}

/** Three passes over the channels of each pixel, the last of which reads a channel before it writes it. */
function softmaxKernel(
  id: string,
  kind: 'softmax' | 'logSoftmax',
  otherFiles: readonly string[],
  params: Kernel['params'],
  features: NonNullable<Kernel['features']>,
): Kernel {
  return {
    id,
    isa: 'c',
    files: [`src/${id}.c`, ...otherFiles, 'include/rv_requantise.h'],
    accepts: (node) => node.op.kind === kind,
    params,
    scratchBytes: () => 0,
    scratchAlignBytes: 4,
    calls: 'rows',
    layerRows: 'all',
    inPlace: () => true,
    accesses(node, graph, _input, y, rows, only) {
      const shape = outputShape(node, graph);
      return channelByChannel(shape, y, rows, 1, (oy, ox) => pixelSpan(shape, oy, ox), only);
    },
    ...costOf(id, features),
    ...footprintOf(id),
  };
}

const softmax = softmaxKernel('rv_softmax_s8', 'softmax', ['src/rv_softmax.h'], softmaxStruct, softmaxFeatures);
const logSoftmax = softmaxKernel('rv_log_softmax_s8', 'logSoftmax', [], logSoftmaxStruct, logSoftmaxFeatures);

const argMax: Kernel = {
  id: 'rv_arg_max_s8',
  isa: 'c',
  files: ['src/rv_arg_max_s8.c'],
  accepts: (node) => node.op.kind === 'argMax',
  params(node, graph) {
    return struct('rv_arg_max_params', {
      channels: inputShape(node, graph).c,
      lastIndex: opOf(node, 'argMax').lastIndex ? 1 : 0,
    });
  },
  scratchBytes: () => 0,
  scratchAlignBytes: 4,
  calls: 'rows',
  layerRows: 'all',
  inPlace: () => false,
  *accesses(node, graph, _input, y, rows, only = allRows) {
    const input = inputShape(node, graph);
    const output = outputShape(node, graph);
    for (const oy of only(y, rows)) {
      for (let ox = 0; ox < output.w; ox++) yield event(pixelSpan(input, oy, ox), pixelSpan(output, oy, ox, 1, 4));
    }
  },
  ...costOf('rv_arg_max_s8', argMaxFeatures),
  ...footprintOf('rv_arg_max_s8'),
};

export const poolKernels: readonly Kernel[] = [maxPool, averagePool, softmax, logSoftmax, argMax];

/** Kernels that end in an epilogue (runtime-c/include/rv_kernels_epilogue.h), in plain C. */

import { epilogueOf, valueOf, type Int8Graph, type Int8Node } from '../../../ir/int8-graph.js';
import type { Epilogue, EpilogueStage } from '../../../numerics/epilogue.js';
import { costOf } from '../../cost.js';
import type { AccessEvent, CStruct, CValue, Kernel, RowFilter } from '../../kernel.js';
import { allRows, event, nothing, pixelSpan, rowsSpan, type Span, windowSpan } from './access.js';
import {
  convOf,
  depthOf,
  hasInt8Weights,
  packedConv,
  packedTransposed,
  transposedRows,
  transposedScratch,
} from './conv.js';
import {
  convEpilogueFeatures,
  depthwiseEpilogueFeatures,
  elementwiseEpilogueFeatures,
  poolSumsFeatures,
  transposedEpilogueFeatures,
} from './features-epilogue.js';
import { footprintOf } from './footprint.js';
import { weightArray } from './pack.js';
import {
  broadcastCode,
  channelRequantStruct,
  convStruct,
  inputShape,
  int32Array,
  opOf,
  outputShape,
  struct,
} from './structs.js';

export const epilogueFiles = ['include/rv_kernels_epilogue.h', 'include/rv_requantise.h', 'src/rv_epilogue.c'];

const isWide = (node: Int8Node, graph: Int8Graph, index: number): boolean =>
  valueOf(graph, node.inputs[index]).dtype === 'int32';

/** Bytes of an element of input `index`, and of the output. */
const inputUnit = (node: Int8Node, graph: Int8Graph, index: number): number => (isWide(node, graph, index) ? 4 : 1);
const outputUnit = (node: Int8Node, graph: Int8Graph): number =>
  valueOf(graph, node.output).dtype === 'int32' ? 4 : 1;

// --- parameters --------------------------------------------------------------------------------------------

const stageCode = { scale: 0, clamp: 1, add: 2, multiply: 3, curve: 4 } as const;
const resultCode = { shift: 0, steps: 1, requant: 2, sums: 3 } as const;

function stageStruct(stage: EpilogueStage, node: Int8Node, graph: Int8Graph): CStruct {
  const fields = (own: Readonly<Record<string, CValue>>): CStruct =>
    struct('rv_stage', {
      positive: null,
      negative: null,
      addend: null,
      min: 0,
      max: 0,
      slopeBelow: 0,
      slopeAbove: 0,
      leftShift: 0,
      valueShift: 0,
      perChannel: 0,
      operand: 0,
      wide: 0,
      broadcast: 0,
      zeroPoint: 0,
      ...own,
      kind: stageCode[stage.kind],
    });
  const operand = (index: number): Readonly<Record<string, CValue>> => ({
    operand: index,
    wide: isWide(node, graph, index + 1) ? 1 : 0,
    broadcast: broadcastCode(inputShape(node, graph, index + 1), outputShape(node, graph)),
  });
  switch (stage.kind) {
    case 'scale': {
      const { positive, negative, addend } = stage;
      const several = (list: Int32Array | null): number => ((list?.length ?? 1) > 1 ? 1 : 0);
      return fields({
        positive: int32Array(positive),
        negative: negative === null ? null : int32Array(negative),
        addend: addend === null ? null : int32Array(addend),
        leftShift: stage.leftShift,
        perChannel: several(positive) + 2 * several(negative) + 4 * several(addend),
      });
    }
    case 'clamp':
      return fields({ min: stage.min, max: stage.max });
    case 'add':
      return fields({
        ...operand(stage.operand),
        min: stage.multiplier,
        leftShift: stage.leftShift,
        zeroPoint: stage.zeroPoint,
      });
    case 'multiply':
      return fields({
        ...operand(stage.operand),
        leftShift: stage.leftShift,
        valueShift: stage.valueShift,
        zeroPoint: stage.zeroPoint,
      });
    case 'curve':
      return fields({
        positive: int32Array(stage.pieces.flatMap(({ base, shift, first }) => [base, shift, first])),
        addend: int32Array(stage.coefficients),
        min: stage.end,
        max: stage.pieces.length,
        slopeBelow: stage.slopeBelow,
        slopeAbove: stage.slopeAbove,
      });
  }
}

/** rv_epilogue */
export function epilogueStruct({ stages, result }: Epilogue, node: Int8Node, graph: Int8Graph): CStruct {
  const steps = result.kind === 'steps' ? result : null;
  const shift = result.kind === 'shift' ? result : null;
  const hasSteps = steps !== null && steps.thresholds.length > 0;
  return struct('rv_epilogue', {
    stages:
      stages.length === 0
        ? null
        : { kind: 'structs', type: 'rv_stage', items: stages.map((s) => stageStruct(s, node, graph)) },
    requant:
      result.kind === 'requant'
        ? { kind: 'structs', type: 'rv_channel_requant', items: [channelRequantStruct(result.requant)] }
        : null,
    thresholds: hasSteps ? int32Array(steps.thresholds) : null,
    codes: steps === null ? null : { kind: 'array', type: 'int8_t', data: steps.codes },
    starts: hasSteps ? { kind: 'array', type: 'uint16_t', data: steps.starts } : null,
    count: steps?.thresholds.length ?? 0,
    stageCount: stages.length,
    result: resultCode[result.kind],
    bucketShift: steps?.bucketShift ?? 0,
    shift: shift?.shift ?? 1,
    even: shift?.even === true ? 1 : 0,
    zeroPoint: shift?.zeroPoint ?? 0,
    clampMin: shift?.clampMin ?? -128,
    clampMax: shift?.clampMax ?? 127,
  });
}

/** rv_conv_epilogue_params */
export const convEpilogueStruct = (node: Int8Node, graph: Int8Graph, conv: CStruct): CStruct =>
  struct('rv_conv_epilogue_params', { conv, epilogue: epilogueStruct(epilogueOf(node.op)!, node, graph) });

/** The requantisation of a convolution that has none. */
export const noRequantStruct = struct('rv_channel_requant', {
  multiplier: null,
  even: null,
  exact: null,
  rounding: 0,
  leftShift: 0,
  shift: 1,
  zeroPoint: 0,
  clampMin: -128,
  clampMax: 127,
});

/** A convolution's struct without its requantisation. */
const withoutRequant = (conv: CStruct): CStruct => ({ ...conv, fields: { ...conv.fields, requant: noRequantStruct } });

// --- access ------------------------------------------------------------------------------------------------

/** What an output pixel reads of input `index`, which is no window's. */
function operandSpan(node: Int8Node, graph: Int8Graph, index: number, y: number, x: number): Span {
  const shape = inputShape(node, graph, index);
  return pixelSpan(shape, shape.h === 1 ? 0 : y, shape.w === 1 ? 0 : x, 1, inputUnit(node, graph, index));
}

/** What an output pixel reads of input `index`, whose window is the first's. */
export function readSpan(node: Int8Node, graph: Int8Graph, index: number, y: number, x: number): Span {
  const { op } = node;
  if (index > 0 || (op.kind !== 'conv2d' && op.kind !== 'poolSums')) return operandSpan(node, graph, index, y, x);
  const span = windowSpan(op.window, inputShape(node, graph), y, x);
  const unit = inputUnit(node, graph, 0);
  return { from: span.from * unit, to: span.to * unit };
}

/** Every pixel after all that it reads. */
export const epilogueAccesses: Kernel['accesses'] = (node, graph, index, y, rows, only) =>
  pixelEvents(node, graph, index, y, rows, only ?? allRows, false);

/** As epilogueAccesses; what a pixel reads is read again for each group of channels, between the writes of the others. */
export const groupedEpilogueAccesses: Kernel['accesses'] = (node, graph, index, y, rows, only) =>
  pixelEvents(node, graph, index, y, rows, only ?? allRows, convOf(node).groups > 1);

function* pixelEvents(
  node: Int8Node,
  graph: Int8Graph,
  index: number,
  y: number,
  rows: number,
  only: RowFilter,
  rereads: boolean,
): Iterable<AccessEvent> {
  const output = outputShape(node, graph);
  const unit = outputUnit(node, graph);
  for (const oy of only(y, rows)) {
    for (let ox = 0; ox < output.w; ox++) {
      const read = readSpan(node, graph, index, oy, ox);
      yield event(read, pixelSpan(output, oy, ox, 1, unit));
      if (rereads) yield event(read, nothing);
    }
  }
}

/** An element's bytes are read before those of its result are written, over the same tensor shape and element size. */
const inPlaceOperand: Kernel['inPlace'] = (node, graph, index) => {
  const [input, output] = [inputShape(node, graph, index), outputShape(node, graph)];
  const isWindow = index === 0 && node.op.kind !== 'elementwise';
  const alike = input.h === output.h && input.w === output.w && input.c === output.c;
  return !isWindow && alike && inputUnit(node, graph, index) === outputUnit(node, graph);
};

// --- kernels -----------------------------------------------------------------------------------------------

export const epilogueKernel = {
  isa: 'c',
  takesEpilogue: true,
  scratchAlignBytes: 4,
  calls: 'rows',
  layerRows: 'all',
  inPlace: inPlaceOperand,
  accesses: epilogueAccesses,
} as const;

export const sumsBytes = (node: Int8Node, graph: Int8Graph): number => 4 * outputShape(node, graph).c;

function convolution(id: string, int8: boolean): Kernel {
  return {
    ...epilogueKernel,
    id,
    files: [
      `src/${id}.c`,
      'src/rv_conv2d_epilogue.h',
      'src/rv_conv_sums.h',
      'src/rv_conv2d.h',
      'src/rv_conv_block.h',
      ...epilogueFiles,
    ],
    accepts: (node) => node.op.kind === 'conv2d' && node.op.epilogue !== undefined && hasInt8Weights(node) === int8,
    params: (node, graph) => convEpilogueStruct(node, graph, withoutRequant(packedConv(node, graph))),
    scratchBytes: (node, graph, call) => Math.min(2, call.cols) * (sumsBytes(node, graph) + depthOf(node, graph)),
    ...costOf(id, convEpilogueFeatures),
    ...footprintOf(id, epilogueFiles),
  };
}

const depthwiseId = 'rv_depthwise_conv2d_epilogue_s8';

export const depthwise: Kernel = {
  ...epilogueKernel,
  id: depthwiseId,
  files: [`src/${depthwiseId}.c`, ...epilogueFiles],
  accepts(node, graph) {
    if (node.op.kind !== 'conv2d' || node.op.epilogue === undefined || !hasInt8Weights(node)) return false;
    const channels = inputShape(node, graph).c;
    return node.op.groups === channels && channels > 1 && outputShape(node, graph).c === channels;
  },
  params(node, graph) {
    const op = convOf(node);
    const channels = op.bias.length;
    const taps = op.weights.length / channels;
    const byTap = Int8Array.from(
      { length: op.weights.length },
      (_, i) => op.weights[(i % channels) * taps + Math.floor(i / channels)],
    );
    const conv = convStruct(node, graph, weightArray(byTap), int32Array(op.bias), noRequantStruct);
    return convEpilogueStruct(node, graph, conv);
  },
  scratchBytes: sumsBytes,
  ...costOf(depthwiseId, depthwiseEpilogueFeatures),
  ...footprintOf(depthwiseId, epilogueFiles),
};

function transposed(id: string, int8: boolean): Kernel {
  return {
    ...epilogueKernel,
    id,
    files: [
      `src/${id}.c`,
      'src/rv_conv_transpose2d_epilogue.h',
      'src/rv_conv_sums.h',
      'src/rv_conv_transpose2d.h',
      'src/rv_conv_block.h',
      ...epilogueFiles,
    ],
    accepts: (node) =>
      node.op.kind === 'convTranspose2d' && node.op.epilogue !== undefined && hasInt8Weights(node) === int8,
    params: (node, graph) => convEpilogueStruct(node, graph, withoutRequant(packedTransposed(node, graph))),
    scratchBytes: (node, graph) => sumsBytes(node, graph) + transposedScratch(node, graph),
    inPlace: () => false,
    *accesses(node, graph, index, y, rows) {
      // Phase by phase along a row: pixels of a row are written in no useful order.
      const output = outputShape(node, graph);
      for (let oy = y; oy < y + rows; oy++) {
        const shape = inputShape(node, graph, index);
        const read =
          index === 0
            ? transposedRows(node, graph, oy)
            : rowsSpan(shape, shape.h === 1 ? 0 : oy, 1, inputUnit(node, graph, index));
        yield event(nothing, rowsSpan(output, oy, 1, outputUnit(node, graph)));
        yield event(read, nothing);
      }
    },
    ...costOf(id, transposedEpilogueFeatures),
    ...footprintOf(id, epilogueFiles),
  };
}

const elementwiseId = 'rv_elementwise_s8';

const elementwise: Kernel = {
  ...epilogueKernel,
  id: elementwiseId,
  files: [`src/${elementwiseId}.c`, ...epilogueFiles],
  accepts: (node) => node.op.kind === 'elementwise',
  params(node, graph) {
    const op = opOf(node, 'elementwise');
    return struct('rv_elementwise_params', {
      epilogue: epilogueStruct(op.epilogue, node, graph),
      channels: outputShape(node, graph).c,
      inputZeroPoint: op.inputZeroPoint,
      wide: isWide(node, graph, 0) ? 1 : 0,
    });
  },
  scratchBytes: sumsBytes,
  ...costOf(elementwiseId, elementwiseEpilogueFeatures),
  ...footprintOf(elementwiseId, epilogueFiles),
};

const poolSumsId = 'rv_pool_sums_s8';

const poolSums: Kernel = {
  ...epilogueKernel,
  id: poolSumsId,
  files: [`src/${poolSumsId}.c`, 'src/rv_pool_window.h', ...epilogueFiles],
  accepts: (node) => node.op.kind === 'poolSums',
  params(node, graph) {
    const op = opOf(node, 'poolSums');
    const { kernelH, kernelW, strideH, strideW, dilationH, dilationW, padTop, padLeft, padBottom, padRight } =
      op.window;
    return struct('rv_pool_sums_params', {
      divisors: int32Array(op.divisors),
      epilogues: {
        kind: 'structs',
        type: 'rv_epilogue',
        items: op.epilogues.map((e) => epilogueStruct(e, node, graph)),
      },
      divisorCount: op.divisors.length,
      channels: outputShape(node, graph).c,
      kernelH,
      kernelW,
      strideH,
      strideW,
      dilationH,
      dilationW,
      padTop,
      padLeft,
      padBottom,
      padRight,
      countIncludePad: op.countIncludePad ? 1 : 0,
      inputZeroPoint: op.inputZeroPoint,
      wide: isWide(node, graph, 0) ? 1 : 0,
    });
  },
  scratchBytes: sumsBytes,
  rowSums: {
    functions: 'rv_pool_sums',
    files: ['src/rv_pool_sums_accumulate_s8.c'],
    takesArray: true,
    // As much as in one call, and as many calls more.
    work: (node, graph, batches) => [
      {
        id: poolSumsId,
        features: {
          ...poolSumsFeatures(node, graph, { rows: 1, cols: 1 }),
          calls: batches + 1,
          rows: valueOf(graph, node.inputs[0]).shape.h,
        },
      },
    ],
  },
  ...costOf(poolSumsId, poolSumsFeatures),
  ...footprintOf(poolSumsId, epilogueFiles),
};

export const epilogueKernels: readonly Kernel[] = [
  depthwise,
  convolution('rv_conv2d_epilogue_s8', true),
  convolution('rv_conv2d_epilogue_s8w16', false),
  transposed('rv_conv_transpose2d_epilogue_s8', true),
  transposed('rv_conv_transpose2d_epilogue_s8w16', false),
  elementwise,
  poolSums,
];

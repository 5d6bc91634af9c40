/** The kernel of float tails. */

import {
  elementShape,
  type FloatStep,
  type FloatPixelsOp,
  type Int8Graph,
  type Int8Node,
  valueOf,
} from '../../../ir/int8-graph.js';
import { costOf } from '../../cost.js';
import type { Features } from '../../cost-features.js';
import type { CallShape, CStruct, CValue, Kernel } from '../../kernel.js';
import { pixelByPixel, pixelSpan } from './access.js';
import { footprintOf } from './footprint.js';
import { floatArray, floatBits, inputShape, opOf, outputShape, struct } from './structs.js';

/** RV_FLOAT_* */
const kindCode = {
  loadS8: 0,
  loadF32: 1,
  constant: 2,
  copy: 3,
  abs: 4,
  exp: 5,
  add: 6,
  sub: 7,
  mul: 8,
  div: 9,
  min: 10,
  max: 11,
  reduceSum: 12,
  reduceMax: 13,
} as const;

/** rv_float_step; `offset` of a constant's numbers. */
function stepStruct(step: FloatStep, offset: number): CStruct {
  const { to, count } = step;
  const fields = (kind: number, more: Readonly<Record<string, CValue>>): CStruct =>
    struct('rv_float_step', { kind, to, count, ...more });
  switch (step.kind) {
    case 'load': {
      const { input, from, quant } = step;
      return quant === null
        ? fields(kindCode.loadF32, { a: from, input })
        : fields(kindCode.loadS8, { a: from, input, scale: floatBits(quant.scale), zeroPoint: quant.zeroPoint });
    }
    case 'constant':
      return fields(kindCode.constant, { offset, rowStep: step.rowStep, pixelStep: step.pixelStep });
    case 'unary':
      return fields(kindCode[step.fn], { a: step.a, stepA: step.stepA });
    case 'binary':
      return fields(kindCode[step.fn], { a: step.a, stepA: step.stepA, b: step.b, stepB: step.stepB });
    case 'reduce':
      return struct('rv_float_step', {
        kind: step.fn === 'sum' ? kindCode.reduceSum : kindCode.reduceMax,
        to,
        count: step.of,
        a: step.a,
      });
  }
}

function floatStruct(node: Int8Node, graph: Int8Graph): CStruct {
  const op: FloatPixelsOp = opOf(node, 'floatPixels');
  const numbers: number[] = [];
  const items = op.steps.map((step) => {
    const offset = numbers.length;
    if (step.kind === 'constant') for (const v of step.data) numbers.push(v);
    return stepStruct(step, offset);
  });
  return struct('rv_float_pixels_params', {
    steps: { kind: 'structs', type: 'rv_float_step', items },
    constants: numbers.length === 0 ? null : floatArray(Float32Array.from(numbers)),
    stepCount: op.steps.length,
    result: op.result,
    count: elementShape(valueOf(graph, node.output)).c,
  });
}

/** Steps of a call, and what they do element by element. */
function floatFeatures(node: Int8Node, graph: Int8Graph, call: CallShape): Features {
  const pixels = call.rows * call.cols;
  const features: Record<string, number> = {
    calls: 1,
    rows: call.rows,
    pixels,
    outputs: pixels * elementShape(valueOf(graph, node.output)).c,
  };
  const count = (name: string, n: number): void => {
    features[name] = (features[name] ?? 0) + pixels * n;
  };
  for (const step of opOf(node, 'floatPixels').steps) {
    const name = featureOf(step);
    count(`${name}Steps`, 1);
    count(name, step.kind === 'reduce' ? step.of - 1 : step.count);
  }
  return features;
}

function featureOf(step: FloatStep): string {
  switch (step.kind) {
    case 'load':
      return step.quant === null ? 'moved' : 'loaded';
    case 'constant':
      return 'moved';
    case 'unary':
      return step.fn === 'exp' ? 'exp' : 'copied';
    case 'binary':
      return { add: 'added', sub: 'added', mul: 'multiplied', div: 'divided', min: 'compared', max: 'compared' }[
        step.fn
      ];
    case 'reduce':
      return step.fn === 'sum' ? 'summed' : 'searched';
  }
}

const floatPixels: Kernel = {
  id: 'rv_float_pixels',
  isa: 'c',
  files: ['src/rv_float_pixels.c', 'include/rv_kernels_float.h'],
  accepts: (node) => node.op.kind === 'floatPixels',
  params: floatStruct,
  scratchBytes: (node) => 4 * opOf(node, 'floatPixels').registers,
  scratchAlignBytes: 4,
  calls: 'rows',
  layerRows: 'all',
  inPlace: () => false,
  accesses(node, graph, input, y, rows, only) {
    const shape = inputShape(node, graph, input);
    return pixelByPixel(outputShape(node, graph), y, rows, (oy, ox) => pixelSpan(shape, oy, ox), only);
  },
  ...costOf('rv_float_pixels', floatFeatures),
  ...footprintOf('rv_float_pixels'),
};

export const floatKernels: readonly Kernel[] = [floatPixels];

/** What kernels that end in an epilogue do, as counts for the cost model. */

import { epilogueOf, valueOf, type Int8Graph, type Int8Node } from '../../../ir/int8-graph.js';
import type { Epilogue } from '../../../numerics/epilogue.js';
import { added, axisTaps, type Features } from '../../cost-features.js';
import type { CallShape } from '../../kernel.js';
import { convOf } from './conv.js';
import { generalFeatures, transposedFeatures } from './features-conv.js';
import { opOf, outputShape } from './structs.js';

/** rv_epilogue.c: `pixels` pixels of `channels` channels. */
export function epilogueFeatures(
  { stages, result }: Epilogue,
  node: Int8Node,
  graph: Int8Graph,
  pixels: number,
  channels: number,
): Features {
  const elements = pixels * channels;
  const counts: Record<string, number> = { pixels, stages: pixels * stages.length };
  const count = (name: string): void => {
    counts[name] = (counts[name] ?? 0) + elements;
  };
  for (const stage of stages) {
    const wide = 'operand' in stage && valueOf(graph, node.inputs[stage.operand + 1]).dtype === 'int32';
    switch (stage.kind) {
      case 'scale':
        count(stage.negative === null ? 'scaled' : 'sloped');
        if (stage.addend !== null) count('shifted');
        break;
      case 'clamp':
        count('clamped');
        break;
      case 'add':
        count(wide ? 'addedWide' : 'added');
        break;
      case 'multiply':
        count(wide ? 'multipliedWide' : 'multiplied');
        break;
      case 'curve':
        count('curved');
        break;
    }
  }
  switch (result.kind) {
    case 'shift':
      count('rounded');
      break;
    case 'steps':
      count('stepped');
      break;
    case 'requant':
      count(result.requant.rounding === 'exact' ? 'exactOutputs' : 'outputs');
      break;
    case 'sums':
      count('sums');
      break;
  }
  return counts;
}

const own = (node: Int8Node, graph: Int8Graph, call: CallShape): Features =>
  epilogueFeatures(epilogueOf(node.op)!, node, graph, call.rows * call.cols, outputShape(node, graph).c);

/** Without what the kernel without an epilogue rounds. */
function sumsOf(features: Features): Features {
  const { outputs: _, clampedOutputs: __, evenOutputs: ___, exactOutputs: ____, ...rest } = features;
  return rest;
}

export const convEpilogueFeatures = (node: Int8Node, graph: Int8Graph, call: CallShape): Features =>
  added(sumsOf(generalFeatures(node, graph, call)), own(node, graph, call));

export const transposedEpilogueFeatures = (node: Int8Node, graph: Int8Graph, call: CallShape): Features =>
  added(sumsOf(transposedFeatures(node, graph, call)), own(node, graph, call));

/** Four channels of a tap at a time, the rest one by one. */
export function depthwiseEpilogueFeatures(node: Int8Node, graph: Int8Graph, call: CallShape): Features {
  const { window: w } = convOf(node);
  const input = valueOf(graph, node.inputs[0]).shape;
  const output = outputShape(node, graph);
  const pixels = call.rows * call.cols;
  const taps = pixels * w.kernelH * w.kernelW;
  const inside =
    taps *
    axisTaps(input.h, output.h, w.kernelH, w.strideH, w.dilationH, w.padTop).inside *
    axisTaps(input.w, output.w, w.kernelW, w.strideW, w.dilationW, w.padLeft).inside;
  return {
    calls: 1,
    rows: call.rows,
    biases: pixels * output.c,
    kernelRows: pixels * w.kernelH,
    taps: inside,
    tapFours: inside * Math.floor(output.c / 4),
    tapOnes: inside * (output.c % 4),
    paddedTaps: taps - inside,
    paddedOnes: (taps - inside) * output.c,
    ...own(node, graph, call),
  };
}

export function elementwiseEpilogueFeatures(node: Int8Node, graph: Int8Graph, call: CallShape): Features {
  const elements = call.rows * call.cols * outputShape(node, graph).c;
  const wide = valueOf(graph, node.inputs[0]).dtype === 'int32';
  return { calls: 1, rows: call.rows, [wide ? 'wide' : 'codes']: elements, ...own(node, graph, call) };
}

export function poolSumsFeatures(node: Int8Node, graph: Int8Graph, call: CallShape): Features {
  const { window: w } = opOf(node, 'poolSums');
  const input = valueOf(graph, node.inputs[0]);
  const output = outputShape(node, graph);
  const pixels = call.rows * call.cols;
  const taps =
    pixels *
    w.kernelH *
    w.kernelW *
    axisTaps(input.shape.h, output.h, w.kernelH, w.strideH, w.dilationH, w.padTop).inside *
    axisTaps(input.shape.w, output.w, w.kernelW, w.strideW, w.dilationW, w.padLeft).inside;
  return {
    calls: 1,
    rows: call.rows,
    taps,
    [input.dtype === 'int32' ? 'wideTaps' : 'codeTaps']: taps * output.c,
    ...own(node, graph, call),
  };
}

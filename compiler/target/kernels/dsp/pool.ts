/** Max and average pooling for the DSP extension: four channels a word. */

import type { Int8Graph, Int8Node } from '../../../ir/int8-graph.js';
import type { CallShape, Kernel } from '../../kernel.js';
import { averagePool as plainAverage, maxPool as plainMax } from '../c/pool.js';
import { inputShape, opOf, outputShape } from '../c/structs.js';
import { footprintOf } from './footprint.js';

interface Costs {
  /** Of a call, an output pixel, a word of channels in it, a row of taps and a tap of such a word. */
  readonly pixel: number;
  readonly word: number;
  readonly row: number;
  readonly tap: number;
  /** A word of a window of 2 x 2, where there is a shorter way. */
  readonly square: number;
}

function instructions(kind: 'maxPool' | 'averagePool', costs: Costs, node: Int8Node, graph: Int8Graph, call: CallShape): number {
  const { window: w } = opOf(node, kind);
  const input = inputShape(node, graph);
  const pixels = call.rows * call.cols;
  const words = Math.ceil(outputShape(node, graph).c / 4);
  const rows = Math.min(w.kernelH, input.h);
  const taps = rows * Math.min(w.kernelW, input.w);
  const word = rows === 2 && taps === 4 ? costs.square : costs.word + rows * costs.row + taps * costs.tap;
  return 60 + call.rows * 60 + pixels * (costs.pixel + words * word);
}

/** Order, scratch and constants are the plain C kernel's. */
function pool(kind: 'maxPool' | 'averagePool', plain: Kernel, costs: Costs): Kernel {
  const id = `${plain.id}_dsp`;
  const files = [`src/${id}.c`, 'src/rv_pool_window.h', 'include/rv_kernels_dsp.h', 'include/rv_dsp.h', 'include/rv_requantise.h'];
  return {
    ...plain,
    id,
    isa: 'dsp',
    files,
    instructions: (node, graph, call) => instructions(kind, costs, node, graph, call),
    ...footprintOf(id, files),
  };
}

export const maxPool = pool('maxPool', plainMax, { pixel: 110, word: 18, row: 14, tap: 6, square: 18 });
export const averagePool = pool('averagePool', plainAverage, { pixel: 130, word: 90, row: 16, tap: 6, square: 130 });

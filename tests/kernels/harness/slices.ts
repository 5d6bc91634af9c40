/** Convolutions in slices of their input channels (ConvOp.partial): the kernel is called for one slice after the other. */

import { type ConvOp, type Int8Graph, valueOf } from '../../../compiler/ir/int8-graph.js';
import { elements, type Shape } from '../../../compiler/ir/tensor.js';
import { unitWindow } from '../../../compiler/ir/window.js';
import { kernelById } from '../../../compiler/machine/kernel-table.js';
import { type KernelCase, randomCase, type Slice } from './case.js';
import { convGraph, graphOf, randomShape, windowOutput } from './nodes.js';
import type { Random } from './random.js';

/**
 * The convolution of `graph` in slices of these widths, which sum to its input channels. The first slice has all of its
 * bias, or with `spread` every slice the term of its own channels' zero point.
 */
export function slicesOf(graph: Int8Graph, widths: readonly number[], spread = false): Slice[] {
  const [node] = graph.nodes;
  const op = node.op as ConvOp;
  const input = valueOf(graph, node.inputs[0]).shape;
  let channel = 0;
  return widths.map((width, i) => {
    const weights = new Int8Array(op.bias.length * width);
    const bias = i === 0 ? op.bias.slice() : new Int32Array(op.bias.length);
    for (let c = 0; c < op.bias.length; c++) {
      for (let k = 0; k < input.c; k++) {
        const w = op.weights[c * input.c + k];
        const inside = k >= channel && k < channel + width;
        if (inside) weights[c * width + k - channel] = w;
        if (spread && i === 0 && !inside) bias[c] += op.inputZeroPoint * w;
        if (spread && i > 0 && inside) bias[c] -= op.inputZeroPoint * w;
      }
    }
    const slice: ConvOp = { ...op, weights, bias, partial: { first: i === 0, last: i === widths.length - 1 } };
    const sliced = { channel, graph: graphOf(slice, [{ ...input, c: width }], valueOf(graph, node.output).shape) };
    channel += width;
    return sliced;
  });
}

/** Widths that sum to `channels`. */
export function randomWidths(random: Random, channels: number, most: number): number[] {
  const count = random.int(1, Math.min(channels, most));
  const cuts = new Set<number>([0, channels]);
  while (cuts.size < count + 1) cuts.add(random.int(1, channels - 1));
  const sorted = [...cuts].sort((a, b) => a - b);
  return sorted.slice(1).map((end, i) => end - sorted[i]);
}

export function slicedCase(
  random: Random,
  name: string,
  id: string,
  graph: Int8Graph,
  widths: readonly number[],
  spread = false,
): KernelCase {
  const kernel = kernelById(id);
  const slices = slicesOf(graph, widths, spread);
  for (const { graph: slice } of slices) {
    if (!kernel.accepts(slice.nodes[0], slice)) throw new Error(`${id} does not accept a slice of ${name}`);
  }
  const input = random.int8Array(elements(valueOf(graph, 0).shape));
  return { ...randomCase(random, name, kernel, graph, [input]), slices };
}

/** Pointwise convolutions of any stride and any number of channels, in up to five slices of any widths. */
export function slicedCases(
  random: Random,
  id: string,
  count: number,
  spread: boolean,
  change: (random: Random, graph: Int8Graph, i: number) => Int8Graph = (_, g) => g,
): KernelCase[] {
  return Array.from({ length: count }, (_, i) => {
    const input: Shape = randomShape(random, 8, i % 3 === 0 ? 90 : 20);
    const window = { ...unitWindow, strideH: random.int(1, 2), strideW: random.int(1, 2) };
    const graph = convGraph(random, {
      input,
      output: { ...windowOutput(window, input), c: random.int(1, 40) },
      window,
      groups: 1,
    });
    return slicedCase(
      random,
      `${id}_${i}`,
      id,
      change(random, graph, i),
      randomWidths(random, input.c, 5),
      spread && i % 2 === 0,
    );
  });
}

/** A smaller kernel: less of the image is read, rings and halos are lower. */

import type { Graph } from '../../ir/graph.js';
import { cropped, resizedWindow } from '../kernel.js';
import { illegal, type MoveRule, type ShrinkKernel } from '../move.js';
import { type ConvNode, convOf, inputShape, isConv, outputShape, withOp } from '../structure.js';

const isSize = (n: number): boolean => Number.isInteger(n) && n >= 1;

/** Kernels of odd taps fewer, both axes together, and each axis alone by two taps. */
function sizesFor({ op: { window: w } }: ConvNode): readonly (readonly [number, number])[] {
  const sizes: [number, number][] = [];
  if (w.kernelH > 1 && w.kernelW > 1) {
    for (let cut = 2; cut < Math.max(w.kernelH, w.kernelW); cut += 2)
      sizes.push([Math.max(1, w.kernelH - cut), Math.max(1, w.kernelW - cut)]);
  }
  if (w.kernelH > 2) sizes.push([w.kernelH - 2, w.kernelW]);
  if (w.kernelW > 2) sizes.push([w.kernelH, w.kernelW - 2]);
  return sizes;
}

function resized(graph: Graph, node: ConvNode, kernelH: number, kernelW: number) {
  return resizedWindow(node.op.window, kernelH, kernelW, inputShape(graph, node), outputShape(graph, node));
}

export const shrinkKernel: MoveRule<ShrinkKernel> = {
  kind: 'shrinkKernel',
  list: (graph) =>
    graph.nodes.filter(isConv).flatMap((node) =>
      sizesFor(node)
        .filter(([h, w]) => resized(graph, node, h, w) !== null)
        .map(([kernelH, kernelW]): ShrinkKernel => ({ kind: 'shrinkKernel', node: node.name, kernelH, kernelW })),
    ),
  apply(graph, move) {
    const node = convOf(graph, move);
    const { kernelH, kernelW } = move;
    const { window: w } = node.op;
    if (!isSize(kernelH) || !isSize(kernelW) || kernelH > w.kernelH || kernelW > w.kernelW)
      throw illegal(move, `${kernelH}x${kernelW} is not a part of the kernel, ${w.kernelH}x${w.kernelW}`);
    const made = resized(graph, node, kernelH, kernelW);
    if (made === null)
      throw illegal(move, `without as much padding, a kernel of ${kernelH}x${kernelW} gives outputs at other places`);
    return withOp(graph, node, cropped(node.op, made));
  },
  words(graph, move) {
    const { window: w } = convOf(graph, move).op;
    return `the kernel of ${move.node} shrinks from ${w.kernelH}x${w.kernelW} to ${move.kernelH}x${move.kernelW}`;
  },
};

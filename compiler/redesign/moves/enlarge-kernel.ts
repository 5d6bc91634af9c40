/** A larger kernel, its new taps zeros: the same function, to be trained. */

import type { Graph } from '../../ir/graph.js';
import { cropped, resizedWindow } from '../kernel.js';
import { type EnlargeKernel, illegal, type MoveRule } from '../move.js';
import { type ConvNode, convOf, inputShape, isConv, isDepthwise, outputShape, withOp } from '../structure.js';

/** Larger kernels are not offered. */
const largestOffered = 7;

function resized(graph: Graph, node: ConvNode, kernelH: number, kernelW: number) {
  return resizedWindow(node.op.window, kernelH, kernelW, inputShape(graph, node), outputShape(graph, node));
}

/** An axis of one row stays as it is. */
function larger(graph: Graph, node: ConvNode): readonly [number, number] {
  const { h, w } = inputShape(graph, node);
  const { kernelH, kernelW } = node.op.window;
  return [h === 1 ? kernelH : kernelH + 2, w === 1 ? kernelW : kernelW + 2];
}

export const enlargeKernel: MoveRule<EnlargeKernel> = {
  kind: 'enlargeKernel',
  list: (graph) =>
    graph.nodes
      .filter(isConv)
      .filter((node) => isDepthwise(graph, node))
      .flatMap((node) => {
        const [kernelH, kernelW] = larger(graph, node);
        const { window: w } = node.op;
        const isLarger = kernelH > w.kernelH || kernelW > w.kernelW;
        return isLarger && Math.max(kernelH, kernelW) <= largestOffered && resized(graph, node, kernelH, kernelW)
          ? [{ kind: 'enlargeKernel' as const, node: node.name, kernelH, kernelW }]
          : [];
      }),
  apply(graph, move) {
    const node = convOf(graph, move);
    const { kernelH, kernelW } = move;
    const { window: w } = node.op;
    if (!Number.isInteger(kernelH) || !Number.isInteger(kernelW) || kernelH < w.kernelH || kernelW < w.kernelW)
      throw illegal(move, `${kernelH}x${kernelW} does not hold the kernel, ${w.kernelH}x${w.kernelW}`);
    const made = resized(graph, node, kernelH, kernelW);
    if (made === null) throw illegal(move, `a kernel of ${kernelH}x${kernelW} gives outputs at other places`);
    return withOp(graph, node, cropped(node.op, made));
  },
  words(graph, move) {
    const { window: w } = convOf(graph, move).op;
    return `the kernel of ${move.node} grows from ${w.kernelH}x${w.kernelW} to ${move.kernelH}x${move.kernelW}`;
  },
};

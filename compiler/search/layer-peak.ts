/** The SRAM of one node run as a layer: everything that lives at its step, with the overlaps that its kernel allows. */

import { type Int8Graph, type Int8Node, valueOf } from '../ir/int8-graph.js';
import { spanBound } from '../memory/lower-bound.js';
import type { LayerDistances } from '../memory/overlap.js';
import type { Buffer, Overlap } from '../memory/problem.js';
import type { Kernel } from '../machine/kernel.js';
import type { Liveness } from './liveness.js';

/** Least span in bytes of the whole tensors, the output and the scratch at the node's step. */
export function layerPeakBytes(
  graph: Int8Graph,
  live: Liveness,
  distances: LayerDistances,
  node: Int8Node,
  kernel: Kernel,
  rowsPerCall: number,
): number {
  const shape = valueOf(graph, node.output).shape;
  const rows = Math.min(rowsPerCall, shape.h);
  const call = { rows, cols: shape.w };
  const buffers: Buffer[] = live.liveAt(node.id).map((id) => buffer(id, live.bytes(id)));
  buffers.push(buffer(node.output, live.bytes(node.output)));
  const overlaps: Overlap[] = [];
  node.inputs.forEach((id, index) => {
    if (valueOf(graph, id).constant !== null || live.lastRead(live.root(id)) > node.id) return;
    const walk = { kernel, node, input: index, height: shape.h, rowsPerCall: rows };
    overlaps.push({
      output: node.output,
      input: live.root(id),
      same: kernel.inPlace(node, graph, index, call),
      belowBytes: distances.of({ ...walk, direction: 'ascending' }).belowBytes,
      aboveBytes: distances.of({ ...walk, direction: 'descending' }).aboveBytes,
    });
  });
  return spanBound(buffers, overlaps, 4) + kernel.scratchBytes(node, graph, call);
}

const buffer = (id: number, bytes: number): Buffer => ({
  id,
  name: '',
  kind: 'activation',
  bytes,
  alignBytes: 4,
  firstStep: 0,
  endStep: 1,
});

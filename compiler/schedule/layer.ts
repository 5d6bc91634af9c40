/** The schedule without fused regions: one node at a time, each with its core's best kernel. */

import { isReshape } from '../ir/operators/index.js';
import { type Int8Graph, type Int8Node, valueOf } from '../ir/int8-graph.js';
import type { Core } from '../machine/core.js';
import type { Kernel } from '../machine/kernel.js';
import { chooseKernel } from '../machine/kernel-table.js';
import { executionOrder } from './order.js';
import type { LayerRegion, Schedule } from './schedule.js';

/** A region for each node but the reshapes, which move nothing, in the order of least peak. */
export function layerSchedule(graph: Int8Graph, core: Core): Schedule {
  return { kind: 'layer', input: 'resident', regions: layerRegions(graph, core) };
}

/** Every node as a layer, in the order of execution. */
export function layerRegions(graph: Int8Graph, core: Core): LayerRegion[] {
  return executionOrder(graph)
    .map((id) => graph.nodes[id])
    .filter((node) => !isReshape(node.op))
    .map((node) => layerRegion(graph, node, chooseKernel(node, graph, core)));
}

/** One node as a layer, in the calls that its kernel wants. */
export function layerRegion(graph: Int8Graph, node: Int8Node, kernel: Kernel): LayerRegion {
  const height = valueOf(graph, node.output).shape.h;
  const rows = kernel.layerRows === 'all' ? height : Math.min(height, kernel.layerRows);
  return { kind: 'layer', node: node.id, kernel: kernel.id, rowsPerCall: Math.max(1, rows) };
}

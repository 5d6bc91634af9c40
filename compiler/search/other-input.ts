/** The same schedule with the network input fed the other way, so that a report can give both totals. */

import type { Int8Graph } from '../ir/int8-graph.js';
import type { FusedRegion, Region, Schedule } from '../schedule/schedule.js';
import { kernelById } from '../machine/kernel-table.js';
import { streams } from './unit-table.js';

/** Whether a region can take the rows of the first network input as they are pushed: it alone reads them, and nothing keeps them. */
export function takesRows(graph: Int8Graph, region: FusedRegion): boolean {
  const [{ value }] = graph.inputs;
  const inside = new Set(region.units.flatMap((unit) => unit.nodes));
  const readers = graph.nodes.filter((node) => node.inputs.includes(value));
  return (
    readers.length > 0 &&
    readers.every((node) => inside.has(node.id)) &&
    !graph.outputs.some((io) => io.value === value)
  );
}

/**
 * Resident where the schedule streams its first input, streamed where it holds it: a first layer then becomes a stream
 * of its own, one row a call. Null where the first region cannot take its rows.
 */
export function otherInput(graph: Int8Graph, schedule: Schedule): Schedule | null {
  if (schedule.input === 'streamed') return { ...schedule, input: 'resident' };
  const [first, ...rest] = schedule.regions;
  const region = first === undefined ? null : asStream(graph, first);
  if (region === null || !takesRows(graph, region)) return null;
  return {
    kind: rest.every((r) => r.kind === 'layer') ? 'stream' : 'mixed',
    input: 'streamed',
    regions: [region, ...rest],
  };
}

function asStream(graph: Int8Graph, region: Region): FusedRegion | null {
  if (region.kind === 'fused') return region;
  if (!streams(graph, graph.nodes[region.node], kernelById(region.kernel))) return null;
  return {
    kind: 'fused',
    units: [{ nodes: [region.node], kernels: [region.kernel], rowsPerCall: 1, colsPerTile: 0, slideColumns: false }],
  };
}

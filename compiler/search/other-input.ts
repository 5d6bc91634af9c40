/** The same schedule with the network input fed the other way, so that a report can give both totals. */

import type { Int8Graph } from '../ir/int8-graph.js';
import type { Region, Schedule } from '../schedule/schedule.js';
import { kernelById } from '../target/kernel-table.js';
import { streams } from './unit-table.js';

/**
 * Resident where the schedule streams its first input, streamed where it holds it: a first layer then becomes a stream
 * of its own, one row a call. Null where the input is read after the first region or is an output itself, or is not read row by row.
 */
export function otherInput(graph: Int8Graph, schedule: Schedule): Schedule | null {
  if (schedule.input === 'streamed') return { ...schedule, input: 'resident' };
  const [first, ...rest] = schedule.regions;
  const region = first === undefined ? null : asStream(graph, first);
  if (region === null) return null;
  const inside = new Set(region.units.flatMap((unit) => unit.nodes));
  const readers = graph.nodes.filter((node) => node.inputs.includes(graph.inputs[0].value));
  const survives = graph.outputs.some((io) => io.value === graph.inputs[0].value);
  if (survives || !readers.every((node) => inside.has(node.id))) return null;
  return { kind: rest.every((r) => r.kind === 'layer') ? 'stream' : 'mixed', input: 'streamed', regions: [region, ...rest] };
}

function asStream(graph: Int8Graph, region: Region): Extract<Region, { kind: 'fused' }> | null {
  if (region.kind === 'fused') return region;
  if (!streams(graph, graph.nodes[region.node], kernelById(region.kernel))) return null;
  return { kind: 'fused', units: [{ nodes: [region.node], kernels: [region.kernel], rowsPerCall: 1, colsPerTile: 0, slideColumns: false }] };
}

/** Replays a schedule that an earlier run found: checked, because plan.json may have been edited. */

import { isReshape } from '../ir/operators/index.js';
import type { Int8Graph } from '../ir/int8-graph.js';
import type { Plan } from '../memory/plan.js';
import { usageError } from '../diagnostics.js';
import { channelSlices, summingNode } from '../schedule/channel-slices.js';
import type { Schedule, Unit } from '../schedule/schedule.js';
import { unitGeometry, walksTiles } from '../schedule/unit.js';
import { scheduleCost, type Chosen } from '../search/choose.js';
import type { SearchOptions } from '../search/segments.js';
import { takesRows } from '../search/other-input.js';
import { streams, tiles } from '../search/unit-table.js';
import type { Core } from '../machine/core.js';
import type { Kernel } from '../machine/kernel.js';
import { kernelById, kernelsFor } from '../machine/kernel-table.js';

/** E164 (exit 2) where the schedule does not run this network on this core. */
export function replay(
  graph: Int8Graph,
  core: Core,
  schedule: Schedule,
  search: SearchOptions,
  place: (schedule: Schedule) => Plan,
): Chosen {
  const problem = scheduleProblem(graph, core, schedule);
  if (problem !== null) throw usageError('E164', `the schedule cannot be replayed: ${problem}`);
  let plan: Plan;
  try {
    plan = place(schedule);
  } catch (error) {
    throw usageError('E164', `the schedule cannot be replayed: ${(error as Error).message}`);
  }
  return { plan, ...scheduleCost(graph, search, schedule), fits: true };
}

/** Every node but the reshapes once, inputs first, with a kernel that the core has and that accepts the node. */
function scheduleProblem(graph: Int8Graph, core: Core, schedule: Schedule): string | null {
  const kernels = new Map(kernelsFor(core).map((k) => [k.id, k]));
  const calls = schedule.regions.flatMap((region) =>
    region.kind === 'layer'
      ? [
          {
            node: region.node,
            kernel: region.kernel,
            accepted: (k: Kernel) => k.accepts(graph.nodes[region.node], graph),
          },
        ]
      : region.units.flatMap((unit) =>
          unit.nodes.map((node, i) => ({
            node,
            kernel: unit.kernels[i],
            accepted: (k: Kernel) => acceptedInUnit(graph, unit, i, k),
          })),
        ),
  );
  const unsliceable = schedule.regions
    .flatMap((r) => (r.kind === 'fused' ? r.units : []))
    .find((u) => !sliceable(graph, u));
  if (unsliceable !== undefined) return `layers ${unsliceable.nodes.join(', ')} cannot run in slices of channels`;
  const done = new Set<number>();
  const made = new Set(graph.inputs.map((io) => io.value));
  for (const value of graph.values.values()) if (value.constant !== null) made.add(value.id);
  const reshapes = graph.nodes.filter((n) => isReshape(n.op));
  const settleReshapes = (): void => {
    for (const node of reshapes) if (made.has(node.inputs[0])) made.add(node.output);
  };
  settleReshapes();
  for (const { node: id, kernel, accepted } of calls) {
    const node = graph.nodes[id];
    if (node === undefined || isReshape(node.op)) return `there is no layer ${id}`;
    if (done.has(id)) return `layer ${id} runs twice`;
    if (!node.inputs.every((value) => made.has(value))) return `layer ${id} runs before its inputs`;
    const known = kernels.get(kernel);
    if (known === undefined || !accepted(known)) return `${kernel} does not compute layer ${id} on ${core.id}`;
    done.add(id);
    made.add(node.output);
    settleReshapes();
  }
  const missing = graph.nodes.find((node) => !isReshape(node.op) && !done.has(node.id));
  if (missing !== undefined) return `layer ${missing.id} is missing`;
  const idle = schedule.regions.flatMap((r) => (r.kind === 'fused' ? r.units : [])).find((u) => !canRun(graph, u));
  if (idle !== undefined) return `layers ${idle.nodes.join(', ')} cannot run in rows and tiles`;
  return schedule.input === 'streamed' ? pushProblem(graph, schedule) : null;
}

/** Whether the generated loops can compute a unit: row by row, or where it walks tiles, every node's windows. */
function canRun(graph: Int8Graph, unit: Unit): boolean {
  if (walksTiles(graph, unitGeometry(graph, unit)))
    return unit.nodes.every((id, k) => tiles(graph, graph.nodes[id], k === 0));
  return (
    streams(graph, graph.nodes[unit.nodes[0]], kernelById(unit.kernels[0])) ||
    tiles(graph, graph.nodes[unit.nodes[0]], true)
  );
}

/** Pushed rows are gone when the region that takes them has ended. */
function pushProblem(graph: Int8Graph, { regions: [first] }: Schedule): string | null {
  return first?.kind === 'fused' && takesRows(graph, first)
    ? null
    : `the rows of "${graph.inputs[0].name}" can only be pushed to a fused first region that has all its readers`;
}

/** Slices of channels need tensors to cut, and a tile without columns of the one before. */
const sliceable = (graph: Int8Graph, unit: Unit): boolean =>
  unit.sliceChannels === undefined ||
  (!unit.slideColumns &&
    unit.nodes.every((id) => graph.nodes[id] !== undefined) &&
    summingNode(graph, unit.nodes) !== null &&
    channelSlices(graph, unit)!.count > 1);

/** Whether a kernel takes node `k` of a unit, every slice of its channels where the unit cuts them. */
function acceptedInUnit(graph: Int8Graph, unit: Unit, k: number, kernel: Kernel): boolean {
  const slices = channelSlices(graph, unit);
  if (slices === null || k > slices.sumsAt) return kernel.accepts(graph.nodes[unit.nodes[k]], graph);
  return Array.from({ length: slices.count }, (_, s) => slices.slice(s)).every((s) =>
    kernel.accepts(s.nodes[k], s.graph),
  );
}

/** What a schedule does, in words: "stream of 14 layers, then layer by layer; no MAC computed twice". */

import type { Int8Graph } from '../ir/int8-graph.js';
import type { FusedRegion, Schedule } from '../schedule/schedule.js';

export interface ExplainedPlan {
  /** Peak SRAM of the plan, and of the layer-by-layer plan counted alike. */
  readonly peakSramBytes: number;
  readonly layerByLayerBytes: number;
  readonly executedMacs: number;
  readonly macs: number;
}

/** One sentence for a person; sizes in kB of 1000 bytes. */
export function explainSchedule(graph: Int8Graph, schedule: Schedule, plan: ExplainedPlan): string {
  const parts: string[] = [];
  for (const region of schedule.regions) {
    const text = region.kind === 'layer' ? 'layer by layer' : fusedText(graph, region);
    if (text !== 'layer by layer' || parts[parts.length - 1] !== text) parts.push(text);
  }
  const how = parts.length === 0 ? 'nothing to run' : joinParts(parts);
  const size =
    plan.peakSramBytes < plan.layerByLayerBytes
      ? `${kB(plan.peakSramBytes)} instead of ${kB(plan.layerByLayerBytes)} layer by layer`
      : kB(plan.peakSramBytes);
  const extra = plan.macs === 0 ? 0 : plan.executedMacs / plan.macs - 1;
  const twice = extra < 5e-4 ? 'no MAC computed twice' : `${(extra * 100).toFixed(1)} % of the MACs computed twice`;
  return `${how}: ${size}, ${twice}`;
}

function fusedText(graph: Int8Graph, region: FusedRegion): string {
  const layers = region.units.reduce((n, u) => n + u.nodes.length, 0);
  const [only] = region.units;
  if (
    region.units.length === 1 &&
    !only.slideColumns &&
    only.sliceChannels === undefined &&
    (only.nodes.length > 1 || only.colsPerTile > 0)
  ) {
    const shape = graph.values.get(graph.nodes[only.nodes[only.nodes.length - 1]].output)!.shape;
    const cols = only.colsPerTile === 0 ? 1 : Math.ceil(shape.w / only.colsPerTile);
    return `${Math.ceil(shape.h / only.rowsPerCall)} x ${cols} patches of ${layersText(layers)}`;
  }
  const tiled = region.units.filter((u) => u.nodes.length > 1).length;
  const sliced = region.units.filter((u) => u.sliceChannels !== undefined).length;
  const slices = sliced === 0 ? '' : `, ${sliced === tiled ? '' : `${sliced} of these `}in slices of channels`;
  const tiles = tiled === 0 ? '' : ` (${tiled} ${tiled === 1 ? 'group' : 'groups'} of them in tiles${slices})`;
  return `stream of ${layersText(layers)}${tiles}`;
}

const layersText = (n: number): string => `${n} ${n === 1 ? 'layer' : 'layers'}`;

/** Runs of streams are counted, so that a long schedule stays one sentence. */
function joinParts(parts: readonly string[]): string {
  if (parts.length <= 3) return parts.join(', then ');
  const rest = parts.slice(1);
  const fused = rest.filter((p) => p !== 'layer by layer').length;
  const more = parts[0] === 'layer by layer' ? '' : 'more ';
  return `${parts[0]}, then ${fused} ${more}fused ${fused === 1 ? 'region' : 'regions'}${fused < rest.length ? ' with single layers between them' : ''}`;
}

const kB = (bytes: number): string =>
  bytes < 999_950 ? `${(bytes / 1000).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(2)} MB`;

/** What a network whose input is pushed row by row has in place of a run over a resident input. */

import type { View } from '../assets/template.js';
import type { Int8Graph } from '../ir/int8-graph.js';
import type { Plan, PlanFusedRegion } from '../memory/plan.js';
import { counterBytes } from '../schedule/stream.js';
import { arenaPlus } from './literals.js';

/** The region that takes the pushed rows; null where every input is resident. */
export function streamedRegion(plan: Plan): PlanFusedRegion | null {
  const region = plan.fused.find((r) => r.streamedInput !== null) ?? null;
  if (region !== null && region.region !== 0) throw new Error('a streamed input enters at the first region');
  return region;
}

/** C expression: where the rows taken of the streamed input are counted. */
export const takenPointer = (region: PlanFusedRegion): string =>
  `(uint16_t *)(void *)(${arenaPlus(region.takenOffsetBytes!)})`;

/** Template fields of `<net>_push_rows`. `regionName`: the C function of the streamed region. */
export function streamView(graph: Int8Graph, region: PlanFusedRegion, regionName: string): View {
  const view = region.streamedInput!;
  const rowBytes = view.width * view.channels;
  const slot = view.ringRows === 0 ? 'row' : `(row % ${view.ringRows})`;
  return {
    input: graph.inputs.findIndex((io) => io.value === view.value),
    height: view.height,
    rowBytes,
    state: arenaPlus(region.stateOffsetBytes),
    stateBytes: counterBytes * region.units.length,
    taken: takenPointer(region),
    ring: `${arenaPlus(view.offsetBytes)} + (ptrdiff_t)${slot} * ${view.rowPitchBytes}`,
    region: regionName,
  };
}

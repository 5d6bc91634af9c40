/** What a network whose input is pushed row by row has in place of a run over a resident input. */

import type { View } from '../assets/template.js';
import type { Int8Graph } from '../ir/int8-graph.js';
import type { PlanFusedRegion } from '../memory/plan.js';
import { counterBytes } from '../schedule/stream.js';
import { arenaPlus } from './literals.js';

/** Whether statements walk rows by `y`. */
export const hasRowLoop = (lines: readonly string[]): boolean => lines.some((line) => line.includes('for (y'));

/** C expression: where the rows taken of the streamed input are counted. */
export const takenPointer = (region: PlanFusedRegion): string =>
  `(uint16_t *)(void *)(${arenaPlus(region.takenOffsetBytes!)})`;

/**
 * Template fields of `<net>_push_rows`. `regionName`: the C function of the streamed region. `start`: statements to
 * run before the first row is taken.
 */
export function streamView(
  graph: Int8Graph,
  region: PlanFusedRegion,
  regionName: string,
  start: readonly string[],
): View {
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
    start: start.length === 0 ? null : { lines: start, rowLoops: hasRowLoop(start) },
  };
}

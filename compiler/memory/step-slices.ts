/** Which steps of a plan run once for each slice of their channels. */

import type { Int8Graph } from '../ir/int8-graph.js';
import { type ChannelSlice, type ChannelSlices, channelSlices } from '../schedule/channel-slices.js';
import type { Plan, PlanStep } from './plan.js';

export interface StepSlices {
  readonly slices: readonly ChannelSlice[];
  /** Of the slices' nodes, the step's. */
  readonly position: number;
  /** The step that sums up: it writes its output with the last slice. */
  readonly sums: boolean;
}

/** Null for a step that runs once a tile, or is no tile's. */
export function stepSlices(graph: Int8Graph, plan: Pick<Plan, 'fused'>, step: PlanStep): StepSlices | null {
  const unit = plan.fused
    .flatMap((region) => region.units)
    .find((u) => u.firstStep <= step.index && step.index < u.endStep);
  const slices = unit === undefined ? null : channelSlices(graph, unit.unit);
  if (unit === undefined || slices === null) return null;
  const position = step.index - unit.firstStep;
  if (position > slices.sumsAt) return null;
  return { slices: all(slices), position, sums: position === slices.sumsAt };
}

const all = (slices: ChannelSlices): ChannelSlice[] => Array.from({ length: slices.count }, (_, s) => slices.slice(s));

/**
 * The order in which the generated program runs a plan's steps. The one source of it: the code generator writes it
 * down, the checker walks it, and the planner's lifetimes, which count steps, hold because it visits them by index
 * (validate.ts proves that).
 */

import type { Plan, PlanFusedRegion, PlanStep } from './plan.js';

/** What runs before the next turn begins: all calls of a layer's step, or a fused region's steps, interleaved. */
export type Turn =
  | { readonly kind: 'layer'; readonly step: PlanStep }
  | { readonly kind: 'region'; readonly region: PlanFusedRegion };

/** A network whose inputs are all resident has a finish alone. */
export interface Execution {
  /** Before the first row of a pushed image is taken: the caller has written every other input by then. */
  readonly start: readonly Turn[];
  /** Takes the pushed rows, one after the other; null where every input is resident. */
  readonly pushed: PlanFusedRegion | null;
  /** After the last row. */
  readonly finish: readonly Turn[];
}

export function executionOf(plan: Plan): Execution {
  const turns = turnsOf(plan);
  const at = turns.findIndex((turn) => turn.kind === 'region' && turn.region.streamedInput !== null);
  const pushed = turns[at];
  return pushed?.kind === 'region'
    ? { start: turns.slice(0, at), pushed: pushed.region, finish: turns.slice(at + 1) }
    : { start: [], pushed: null, finish: turns };
}

/** Every turn in order, the pushed region's among them. */
export function turnsOf(plan: Plan): readonly Turn[] {
  const regions = new Map(plan.fused.map((region) => [region.region, region]));
  return plan.steps.flatMap((step): Turn[] => {
    const region = regions.get(step.region);
    if (region === undefined) return [{ kind: 'layer', step }];
    return step.index === region.units[0].firstStep ? [{ kind: 'region', region }] : [];
  });
}

/** The steps of a turn, by index. */
export const stepsOfTurn = (plan: Plan, turn: Turn): readonly PlanStep[] =>
  turn.kind === 'layer'
    ? [turn.step]
    : plan.steps.slice(turn.region.units[0].firstStep, turn.region.units[turn.region.units.length - 1].endStep);

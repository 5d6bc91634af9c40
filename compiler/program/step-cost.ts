/** What a step of a plan executes: its share of the schedule's cost, counted by schedule/instructions.ts. */

import { isOfParts } from '../ir/operators/index.js';
import type { Int8Node } from '../ir/int8-graph.js';
import type { PlanFusedRegion, PlanStep, PlanUnit } from '../memory/plan.js';
import { InstructionCosts } from '../schedule/instructions.js';
import { feedsGlobalPool } from '../schedule/stream.js';
import { unitCost, unitGeometry } from '../schedule/unit.js';
import type { Int8Graph } from '../ir/int8-graph.js';
import type { Machine } from '../machine/machine.js';
import type { Plan } from '../memory/plan.js';

export interface StepCost {
  /** Executed multiply-accumulates, recomputation included. */
  readonly macs: number;
  readonly instructions: number;
}

/** A plan of a graph on a machine. */
export interface CostedPlan {
  readonly graph: Int8Graph;
  readonly plan: Plan;
  readonly machine: Machine;
}

/**
 * By position in plan.steps; their sum is the plan's. A node that takes several steps (the copies of a concat) counts
 * its MACs with the first; the code around kernels counts with the first step of its unit or region.
 */
export function stepCosts(facts: CostedPlan): readonly StepCost[] {
  const { plan, graph } = facts;
  const costs = new InstructionCosts(graph, facts.machine.core);
  const ofUnits = new Map<number, StepCost>();
  for (const region of plan.fused) regionCosts(facts, costs, region, ofUnits);
  const seen = new Set<number>();
  return plan.steps.map((step, i) => {
    const node = graph.nodes[step.node];
    const first = !seen.has(step.node);
    seen.add(step.node);
    return (
      ofUnits.get(i) ?? {
        macs: first ? node.macs : 0,
        instructions: Math.round(
          costs.layer(facts.machine.kernelById(step.kernel), node, step.rowsPerCall, partOf(step, node)),
        ),
      }
    );
  });
}

/** The input that a concat's step copies. */
const partOf = (step: PlanStep, node: Int8Node): number | undefined =>
  isOfParts(node.op) ? node.inputs.indexOf(step.inputs[0].value) : undefined;

function regionCosts(
  facts: CostedPlan,
  costs: InstructionCosts,
  region: PlanFusedRegion,
  into: Map<number, StepCost>,
): void {
  const { plan, graph } = facts;
  let around = costs.region(
    region.units.map((u) => u.unit),
    region.streamedInput?.value ?? null,
  );
  for (const placed of region.units) {
    const g = unitGeometry(graph, placed.unit);
    const cost = unitCost(graph, g);
    const { byNode, around: aroundUnit } = costs.unit(g, placed.unit.kernels.map(facts.machine.kernelById), cost);
    const pooled = feedsGlobalPool(graph, g);
    around += aroundUnit;
    const seen = new Set<number>();
    for (let i = placed.firstStep; i < placed.endStep; i++) {
      const k = placed.unit.nodes.indexOf(plan.steps[i].node);
      const node = g.nodes[k];
      const steps = stepsOf(facts, placed, node);
      const first = !seen.has(node.id);
      seen.add(node.id);
      into.set(i, {
        macs: first ? Math.round(node.macs * (pooled ? 1 : cost.recompute[k])) : 0,
        instructions: Math.round(byNode[k] / steps + around),
      });
      around = 0;
    }
  }
}

const stepsOf = ({ plan }: CostedPlan, placed: PlanUnit, node: Int8Node): number =>
  plan.steps.slice(placed.firstStep, placed.endStep).filter((s) => s.node === node.id).length;

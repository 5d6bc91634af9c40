/** What a step of a plan executes: its share of the schedule's cost, as search/ counts it. */

import { type Int8Node, valueOf } from '../ir/int8-graph.js';
import type { PlanStep, PlanUnit } from '../memory/plan.js';
import { feedsGlobalPool } from '../schedule/stream.js';
import { unitCost, unitGeometry } from '../schedule/unit.js';
import type { CompileFacts } from './facts.js';

export interface StepCost {
  /** Executed multiply-accumulates, recomputation included. */
  readonly macs: number;
  readonly instructions: number;
}

/** By position in plan.steps. A node that takes several steps (the copies of a concat) counts its MACs with the first. */
export function stepCosts(facts: CompileFacts): readonly StepCost[] {
  const { plan, graph } = facts;
  const seen = new Set<number>();
  const units = new Map<number, PlanUnit>();
  for (const unit of plan.fused.flatMap((r) => r.units)) {
    for (let i = unit.firstStep; i < unit.endStep; i++) units.set(i, unit);
  }
  return plan.steps.map((step, i) => {
    const node = graph.nodes[step.node];
    const first = !seen.has(step.node);
    seen.add(step.node);
    const unit = units.get(i);
    if (unit !== undefined) return unitStepCost(facts, step, node, unit, i - unit.firstStep);
    return { macs: first ? node.macs : 0, instructions: layerInstructions(facts, step, node) };
  });
}

function layerInstructions(facts: CompileFacts, step: PlanStep, node: Int8Node): number {
  const kernel = facts.kernelById(step.kernel);
  const { height, width } = step.output;
  const rows = Math.min(step.rowsPerCall, height);
  const whole = Math.floor(height / rows);
  const rest = height - whole * rows;
  const call = (r: number): number => kernel.instructions(node, facts.graph, { rows: r, cols: width }, facts.core);
  return Math.round(whole * call(rows) + (rest > 0 ? call(rest) : 0));
}

function unitStepCost(facts: CompileFacts, step: PlanStep, node: Int8Node, placed: PlanUnit, k: number): StepCost {
  const { graph, core } = facts;
  const kernel = facts.kernelById(step.kernel);
  const geometry = unitGeometry(graph, placed.unit);
  if (feedsGlobalPool(graph, geometry)) {
    return { macs: node.macs, instructions: Math.round(kernel.instructions(node, graph, { rows: 1, cols: 1 }, core)) };
  }
  const cost = unitCost(graph, geometry);
  const { shape } = valueOf(graph, node.output);
  const call = cost.tiles.get(node.output) ?? { rows: Math.min(placed.unit.rowsPerCall, shape.h), cols: geometry.colsPerTile };
  const calls = (shape.h * shape.w * cost.recompute[k]) / (call.rows * call.cols);
  return {
    macs: Math.round(node.macs * cost.recompute[k]),
    instructions: Math.round(calls * kernel.instructions(node, graph, { rows: call.rows, cols: call.cols }, core)),
  };
}

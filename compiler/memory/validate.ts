/**
 * Checks a Plan by other means than the planner's: nothing here is imported from it. Run on every plan, in production
 * too. Two checks: buffers pair by pair (lifetimes, alignment, overlaps, arena size, gaps), and a simulation that
 * follows who owns which arena byte (validate-flow.ts). O(buffers^2 + steps * arena).
 */

import { type Int8Graph, elementBytesOf } from '../ir/int8-graph.js';
import type { PlacedBuffer, Plan, PlanStep, TensorView } from './plan.js';
import { stepsOfTurn, turnsOf } from './execution.js';
import { flowProblems } from './validate-flow.js';

/** One sentence for each fault; empty for a sound plan. */
export function validatePlan(graph: Int8Graph, plan: Plan): string[] {
  const problems = [
    ...orderProblems(plan),
    ...bufferProblems(plan),
    ...pairProblems(plan),
    ...viewProblems(graph, plan),
  ];
  // Ownership makes no sense where views point nowhere.
  return problems.length > 0 ? problems : flowProblems(graph, plan);
}

/** Lifetimes count steps by index: the program must visit them so, each once, and take pushed rows once. */
function orderProblems(plan: Plan): string[] {
  const visited = turnsOf(plan).flatMap((turn) => stepsOfTurn(plan, turn).map((step) => step.index));
  const wrong = plan.steps.findIndex((_, index) => visited[index] !== index);
  const pushed = plan.fused.filter((region) => region.streamedInput !== null).length;
  return [
    ...(wrong >= 0 || visited.length > plan.steps.length ? [`step ${wrong} is not executed in its turn`] : []),
    ...(pushed > 1 ? [`${pushed} regions take pushed rows`] : []),
  ];
}

const end = (b: PlacedBuffer): number => b.offsetBytes + b.bytes;

function bufferProblems(plan: Plan): string[] {
  const problems: string[] = [];
  const steps = Math.max(1, plan.steps.length);
  plan.buffers.forEach((b, i) => {
    if (b.id !== i) problems.push(`buffer ${i} has id ${b.id}`);
    if (b.offsetBytes < 0 || end(b) > plan.arenaBytes)
      problems.push(`${b.name}: [${b.offsetBytes}, ${end(b)}) is not within the arena of ${plan.arenaBytes} bytes`);
    if (b.offsetBytes % b.alignBytes !== 0)
      problems.push(`${b.name}: offset ${b.offsetBytes} is not aligned to ${b.alignBytes}`);
    if (plan.arenaAlignBytes % b.alignBytes !== 0)
      problems.push(`${b.name}: alignment ${b.alignBytes} exceeds the arena's`);
    if (b.firstStep < 0 || b.firstStep >= b.endStep || b.endStep > steps)
      problems.push(`${b.name}: lives in [${b.firstStep}, ${b.endStep}) of ${steps} steps`);
  });
  const highest = plan.buffers.reduce((max, b) => Math.max(max, end(b)), 0);
  if (highest !== plan.arenaBytes)
    problems.push(`the arena has ${plan.arenaBytes} bytes, its buffers end at ${highest}`);
  for (const [from, to] of plan.gaps) {
    if (from < 0 || to > plan.arenaBytes || from >= to)
      problems.push(`gap [${from}, ${to}) is empty or outside the arena`);
  }
  return [...problems, ...coverageProblems(plan)];
}

/** Every byte of the arena is in a buffer or in one gap, and not in both. */
function coverageProblems(plan: Plan): string[] {
  const gaps = plan.gaps.filter(([from, to]) => from < to);
  const changes = new Map<number, { buffers: number; gaps: number }>();
  const change = (at: number, what: 'buffers' | 'gaps', by: number): void => {
    const inside = Math.min(Math.max(0, at), plan.arenaBytes);
    const c = changes.get(inside) ?? { buffers: 0, gaps: 0 };
    c[what] += by;
    changes.set(inside, c);
  };
  for (const [what, intervals] of [
    ['buffers', plan.buffers.map((b) => [b.offsetBytes, end(b)] as const)],
    ['gaps', gaps],
  ] as const) {
    for (const [from, to] of intervals) {
      change(from, what, 1);
      change(to, what, -1);
    }
  }
  change(0, 'gaps', 0);
  const depth = { buffers: 0, gaps: 0 };
  for (const at of [...changes.keys()].sort((a, b) => a - b)) {
    const c = changes.get(at)!;
    depth.buffers += c.buffers;
    depth.gaps += c.gaps;
    if (at === plan.arenaBytes || (depth.buffers > 0 ? depth.gaps === 0 : depth.gaps === 1)) continue;
    return [
      `byte ${at} is ${depth.buffers === 0 && depth.gaps === 0 ? 'neither in a buffer nor in a gap' : 'in a gap, and in a buffer or another gap'}`,
    ];
  }
  return [];
}

/** Buffers that live together stay apart, but for a step's output and an input that dies at the step. */
function pairProblems(plan: Plan): string[] {
  const problems: string[] = [];
  const buffers = [...plan.buffers].sort((a, b) => a.firstStep - b.firstStep);
  buffers.forEach((a, i) => {
    for (let j = i + 1; j < buffers.length && buffers[j].firstStep < a.endStep; j++) {
      const b = buffers[j];
      if (end(a) <= b.offsetBytes || end(b) <= a.offsetBytes || replaces(plan, a, b) || replaces(plan, b, a)) continue;
      problems.push(`${a.name} and ${b.name} overlap and live together`);
    }
  });
  return problems;
}

/** Whether `output` is begun by the very steps after which `input` is dead; the flow check proves the distance safe. */
function replaces(plan: Plan, output: PlacedBuffer, input: PlacedBuffer): boolean {
  if (output.firstStep < input.firstStep || output.kind === 'scratch' || input.kind === 'scratch') return false;
  const shared = plan.steps.slice(Math.max(output.firstStep, input.firstStep), Math.min(output.endStep, input.endStep));
  const region = shared[0].region;
  const writes = (s: PlanStep): boolean => s.output.buffer === output.id;
  const reads = (s: PlanStep): boolean => s.inputs.some((v) => v.buffer === input.id);
  if (!shared.every((s) => s.region === region)) return false;
  const fused = plan.fused.some((r) => r.region === region);
  return fused ? shared.some(writes) && shared.some(reads) : shared.some((s) => writes(s) && reads(s));
}

function viewProblems(graph: Int8Graph, plan: Plan): string[] {
  const problems: string[] = [];
  const check = (view: TensorView, where: string, step: PlanStep | null): void => {
    const value = graph.values.get(view.value);
    if (value === undefined) {
      problems.push(`${where}: no value ${view.value}`);
      return;
    }
    if (view.buffer === null) {
      if (value.constant === null) problems.push(`${where}: ${value.name} is neither in the arena nor constant`);
      return;
    }
    const b = plan.buffers[view.buffer];
    if (step !== null && (b.firstStep > step.index || b.endStep <= step.index))
      problems.push(`${where}: ${b.name} is not alive`);
    // Where a tile's rows and columns are depends on the call: the flow check follows them.
    if (view.tile === true) return;
    const unit = elementBytesOf(value);
    const rows = view.ringRows > 0 ? view.ringRows : view.height;
    const last =
      view.offsetBytes +
      (rows - 1) * view.rowPitchBytes +
      (view.width - 1) * view.pixelPitchBytes +
      view.channels * unit;
    if (view.offsetBytes < b.offsetBytes || last > end(b))
      problems.push(`${where}: ${value.name} at [${view.offsetBytes}, ${last}) is not within ${b.name}`);
    if (
      view.pixelPitchBytes < view.channels * unit ||
      (rows > 1 &&
        view.rowPitchBytes < view.width * view.pixelPitchBytes - (view.pixelPitchBytes - view.channels * unit))
    ) {
      problems.push(`${where}: pitches of ${value.name} are smaller than its pixels or rows`);
    }
  };
  plan.steps.forEach((step, i) => {
    const where = `step ${i}`;
    if (step.index !== i) problems.push(`${where} has index ${step.index}`);
    for (const view of step.inputs) check(view, where, step);
    check(step.output, where, step);
    if (step.output.buffer === null) problems.push(`${where} writes to a constant`);
    if (step.scratch === null) return;
    const b = plan.buffers[step.scratch.buffer];
    const within = b.kind === 'scratch' && step.scratch.offsetBytes === b.offsetBytes && step.scratch.bytes <= b.bytes;
    if (!within || b.firstStep > i || b.endStep <= i) problems.push(`${where}: scratch is not within ${b.name}`);
  });
  plan.inputs.forEach((view, k) => check(view, `input ${k}`, null));
  plan.outputs.forEach((view, k) => check(view, `output ${k}`, null));
  return problems;
}

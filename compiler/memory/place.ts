/** Puts a Program at the offsets of a Placement: views, directions, scratch and the facts of the plan. */

import type { Schedule } from '../schedule/schedule.js';
import type { ProblemOfProgram } from './lifetimes.js';
import { gapsOf, peakStep, stepUsage } from './occupancy.js';
import type { PlacedBuffer, Plan, PlanStep, TensorView } from './plan.js';
import type { Placement, Problem } from './problem.js';
import type { Program, ProgramStep, StorageView } from './program.js';

export function placeProgram(
  schedule: Schedule, program: Program, { problem, scratch }: ProblemOfProgram, placement: Placement,
): Plan {
  const buffers = problem.buffers.map((b, i): PlacedBuffer => ({
    ...b, offsetBytes: placement.offsets[i], values: program.storages[i]?.values ?? [],
  }));
  const view = ({ storage, offsetBytes, ...rest }: StorageView): TensorView => ({
    ...rest, buffer: storage, offsetBytes: offsetBytes + (storage === null ? 0 : buffers[storage].offsetBytes),
  });
  const steps = program.steps.map((step, index): PlanStep => {
    const direction = walkOf(problem, placement, step);
    const rowsPerCall = direction === 'ascending' ? step.rowsPerCall : step.descendingRows!;
    const buffer = scratch[index];
    return {
      index, region: step.region, node: step.node, kernel: step.kernel.id, rowsPerCall, direction,
      inputs: step.inputs.map(view), output: view(step.output),
      scratch: buffer === null ? null : { buffer, offsetBytes: buffers[buffer].offsetBytes, bytes: step.scratchBytes },
    };
  });
  const usage = stepUsage(buffers, steps.length);
  const peak = peakStep(usage);
  return {
    schedule, steps, buffers, arenaBytes: placement.arenaBytes,
    arenaAlignBytes: buffers.reduce((max, b) => Math.max(max, b.alignBytes), 4),
    scratchBytes: usage[peak].scratchBytes,
    lowerBoundBytes: placement.lowerBoundBytes, provenOptimal: placement.provenOptimal, searchNodes: placement.nodes,
    peakStep: peak, gaps: gapsOf(buffers, placement.arenaBytes), fused: [],
    inputs: program.inputs.map(view), outputs: program.outputs.map(view),
    inputSurvives: program.inputs.map((input) => survives(buffers, input)),
  };
}

/** First to last rows, unless an overlap of the step's output only holds the other way. */
function walkOf(problem: Problem, placement: Placement, step: ProgramStep): 'ascending' | 'descending' {
  const at = (id: number): number => placement.offsets[id];
  const bytes = (id: number): number => problem.buffers[id].bytes;
  const needsDescending = problem.overlaps.some((o) => {
    if (o.output !== step.output.storage || !step.inputs.some((v) => v.storage === o.input)) return false;
    const disjoint = at(o.output) + bytes(o.output) <= at(o.input) || at(o.input) + bytes(o.input) <= at(o.output);
    const same = o.same && at(o.output) === at(o.input);
    const below = o.belowBytes !== null && at(o.output) + o.belowBytes <= at(o.input);
    return !disjoint && !same && !below;
  });
  return needsDescending ? 'descending' : 'ascending';
}

/** An input survives where no other buffer ever stands on its bytes. */
function survives(buffers: readonly PlacedBuffer[], input: StorageView): boolean {
  if (input.storage === null) return true;
  const own = buffers[input.storage];
  return buffers.every((b) => b === own || b.offsetBytes + b.bytes <= own.offsetBytes || own.offsetBytes + own.bytes <= b.offsetBytes);
}

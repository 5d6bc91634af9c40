/** Puts a StepSequence at the offsets of a Placement: views, directions, scratch and the facts of the plan. */

import type { Int8Graph } from '../ir/int8-graph.js';
import type { Schedule } from '../schedule/schedule.js';
import type { SequenceProblem } from './lifetimes.js';
import { gapsOf, peakStep, stepUsage } from './occupancy.js';
import type { PlacedBuffer, Plan, PlanFusedRegion, PlanStep, TensorView } from './plan.js';
import type { Placement, Problem } from './problem.js';
import type { FusedStepRegion, StepSequence, SequenceStep, StorageView } from './step-sequence.js';

export function placeSteps(
  graph: Int8Graph,
  schedule: Schedule,
  sequence: StepSequence,
  { problem, scratch }: SequenceProblem,
  placement: Placement,
): Plan {
  const walks = sequence.steps.map((step) => walkOf(problem, placement, step));
  const scratchBytes = sequence.steps.map((step, k) => usedScratch(graph, step, walks[k]));
  const scratchOf = new Map(scratch.map((id, k) => [id, scratchBytes[k]]));
  const buffers = problem.buffers.map(
    (b, i): PlacedBuffer => ({
      ...b,
      bytes: scratchOf.get(b.id) ?? b.bytes,
      offsetBytes: placement.offsets[i],
      values: sequence.storages[i]?.values ?? [],
    }),
  );
  const view = ({ storage, offsetBytes, ...rest }: StorageView): TensorView => ({
    ...rest,
    buffer: storage,
    offsetBytes: offsetBytes + (storage === null ? 0 : buffers[storage].offsetBytes),
  });
  const steps = sequence.steps.map((step, index): PlanStep => {
    const direction = walks[index];
    const rowsPerCall = direction === 'ascending' ? step.rowsPerCall : step.descendingRows!;
    const buffer = scratch[index];
    return {
      index,
      region: step.region,
      node: step.node,
      kernel: step.kernel.id,
      rowsPerCall,
      direction,
      inputs: step.inputs.map(view),
      output: view(step.output),
      scratch:
        buffer === null ? null : { buffer, offsetBytes: buffers[buffer].offsetBytes, bytes: scratchBytes[index] },
    };
  });
  const arenaBytes = buffers.reduce((max, b) => Math.max(max, b.offsetBytes + b.bytes), 0);
  const placedRegion = (r: FusedStepRegion): PlanFusedRegion => ({
    region: r.region,
    units: r.units.map(({ unit, firstStep, endStep, sumsStorage }) => ({
      unit,
      firstStep,
      endStep,
      sumsOffsetBytes: sumsStorage === null ? null : buffers[sumsStorage].offsetBytes,
    })),
    stateOffsetBytes: buffers[r.stateStorage].offsetBytes,
    takenOffsetBytes: r.takenStorage === null ? null : buffers[r.takenStorage].offsetBytes,
    streamedInput: r.streamedInput === null ? null : view(r.streamedInput),
  });
  const usage = stepUsage(buffers, steps.length);
  const peak = peakStep(usage);
  return {
    schedule,
    steps,
    buffers,
    arenaBytes,
    arenaAlignBytes: buffers.reduce((max, b) => Math.max(max, b.alignBytes), 4),
    scratchBytes: usage[peak].scratchBytes,
    lowerBoundBytes: Math.min(arenaBytes, placement.lowerBoundBytes),
    provenOptimal: placement.provenOptimal,
    searchNodes: placement.nodes,
    peakStep: peak,
    gaps: gapsOf(buffers, arenaBytes),
    fused: sequence.fused.map(placedRegion),
    inputs: sequence.inputs.map(view),
    outputs: sequence.outputs.map(view),
    inputSurvives: sequence.inputs.map((input) => input.ringRows === 0 && survives(buffers, input)),
  };
}

/** Scratch of the calls that a step really makes: a walk in small calls may need less than was set aside for either. */
function usedScratch(graph: Int8Graph, step: SequenceStep, walk: 'ascending' | 'descending'): number {
  if (walk === 'ascending' || step.scratchBytes === 0) return step.scratchBytes;
  return step.kernel.scratchBytes(graph.nodes[step.node], graph, {
    rows: step.descendingRows!,
    cols: step.output.width,
  });
}

/** First to last rows, unless an overlap of the step's output only holds the other way. */
function walkOf(problem: Problem, placement: Placement, step: SequenceStep): 'ascending' | 'descending' {
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
  return buffers.every(
    (b) => b === own || b.offsetBytes + b.bytes <= own.offsetBytes || own.offsetBytes + own.bytes <= b.offsetBytes,
  );
}

/**
 * StepSequence -> Problem: a buffer for each storage, alive from the first step that touches it to the last, and one for
 * each step's scratch; and where a step's output may stand over an input that dies there.
 */

import { isOfParts } from '../ir/operators/index.js';
import { type Int8Graph, valueOf, elementBytesOf } from '../ir/int8-graph.js';
import type { LayerDistances } from './overlap.js';
import type { Buffer, BufferId, Overlap, Problem } from './problem.js';
import type { StepSequence, SequenceStep, StorageId, StorageView } from './step-sequence.js';

export interface SequenceProblem {
  readonly problem: Problem;
  /** The scratch buffer of each step, null where it has none. Storages keep their ids as buffer ids. */
  readonly scratch: readonly (BufferId | null)[];
}

export function problemOf(graph: Int8Graph, sequence: StepSequence, distances: LayerDistances): SequenceProblem {
  const steps = Math.max(1, sequence.steps.length);
  const touched = touchedSteps(sequence);
  const storages = sequence.storages.map((s): Buffer => {
    const { id, name, kind, bytes, alignBytes } = s;
    const [first, end] = s.region ?? touched[id];
    const firstStep = s.liveBefore ? 0 : first;
    return {
      id,
      name,
      kind,
      bytes,
      alignBytes,
      firstStep,
      endStep: s.liveAfter ? steps : Math.max(end, firstStep + 1),
    };
  });
  const { buffers, scratch } = scratchBuffers(graph, sequence, storages.length);
  const dead = (id: StorageId, step: number): boolean =>
    storages[id].endStep <= step && !sequence.storages[id].liveAfter;
  const layers = sequence.steps.flatMap((step, i) => {
    const { storage } = step.output;
    if (isFused(sequence, i) || storage === null || storages[storage].firstStep !== i) return [];
    const dying = step.inputs
      .map((v) => v.storage)
      .filter((s): s is StorageId => s !== null && s !== storage && dead(s, i + 1));
    return [...new Set(dying)].flatMap((s) => stepOverlap(graph, distances, step, s) ?? []);
  });
  // A region's whole output may begin below a whole input that dies in the region and is not read before it.
  const fused = sequence.fused
    .flatMap((r) => r.overlaps)
    .filter((o) => storages[o.output].firstStep === o.region[0] && dead(o.input, o.region[1]))
    .map(
      ({ output, input, belowBytes }): Overlap => ({
        output,
        input,
        same: false,
        belowBytes: finite(belowBytes),
        aboveBytes: null,
      }),
    );
  const overlaps = [...layers, ...fused];
  return { problem: { steps, buffers: [...storages, ...buffers], overlaps }, scratch };
}

/**
 * For each storage the half-open interval of steps that touch it; [0, 0) where none does. Interleaved steps count as
 * one, but for a tile, which holds nothing between the turns of its unit.
 */
function touchedSteps(sequence: StepSequence): (readonly [number, number])[] {
  const first = sequence.storages.map(() => Infinity);
  const end = sequence.storages.map(() => 0);
  sequence.steps.forEach((step, index) => {
    for (const { storage } of [...step.inputs, step.output]) {
      if (storage === null) continue;
      const turn = sequence.storages[storage].turn === true;
      first[storage] = Math.min(first[storage], turn ? index : step.interleaved[0]);
      end[storage] = Math.max(end[storage], turn ? index + 1 : step.interleaved[1]);
    }
  });
  return first.map((f, id) => (f === Infinity ? [0, 0] : [f, end[id]]));
}

/** Scratch holds nothing between calls but sums over channel slices: else it lives at its own step, interleaved or not. */
function scratchBuffers(
  graph: Int8Graph,
  sequence: StepSequence,
  firstId: number,
): { buffers: Buffer[]; scratch: (BufferId | null)[] } {
  const buffers: Buffer[] = [];
  const scratch = sequence.steps.map((step, index): BufferId | null => {
    if (step.scratchBytes === 0) return null;
    buffers.push({
      id: firstId + buffers.length,
      name: `scratch of ${graph.nodes[step.node].name}`,
      kind: 'scratch',
      bytes: step.scratchBytes,
      alignBytes: step.kernel.scratchAlignBytes,
      firstStep: step.scratchFrom,
      endStep: index + 1,
    });
    return firstId + buffers.length - 1;
  });
  return { buffers, scratch };
}

const isFused = (sequence: StepSequence, index: number): boolean =>
  sequence.fused.some((r) => r.units.some((u) => u.firstStep <= index && index < u.endStep));

/**
 * How a layer's output may overlap the storage `input`, which dies there; null where any of the views is not HWC
 * without gaps. Distances of the kernel are between tensors; here they are between storages.
 */
function stepOverlap(
  graph: Int8Graph,
  distances: LayerDistances,
  step: SequenceStep,
  input: StorageId,
): Overlap | null {
  const node = graph.nodes[step.node];
  // The copies of a concat's parts write windows of its output.
  if (isOfParts(node.op) || !isDense(graph, step.output)) return null;
  let same = true;
  let belowBytes = -Infinity;
  let aboveBytes: number | null = -Infinity;
  for (const [k, view] of step.inputs.entries()) {
    if (view.storage !== input) continue;
    if (!isDense(graph, view)) return null;
    const shift = step.output.offsetBytes - view.offsetBytes;
    const { kernel, rowsPerCall, descendingRows } = step;
    const { height, width } = step.output;
    const layer = { kernel, node, input: k, height };
    belowBytes = Math.max(
      belowBytes,
      distances.of({ ...layer, rowsPerCall, direction: 'ascending' }).belowBytes + shift,
    );
    if (descendingRows === null || aboveBytes === null) aboveBytes = null;
    else
      aboveBytes = Math.max(
        aboveBytes,
        distances.of({ ...layer, rowsPerCall: descendingRows, direction: 'descending' }).aboveBytes - shift,
      );
    same &&= shift === 0 && kernel.inPlace(node, graph, k, { rows: rowsPerCall, cols: width });
  }
  return {
    output: step.output.storage!,
    input,
    same,
    belowBytes: finite(belowBytes),
    aboveBytes: aboveBytes === null ? null : finite(aboveBytes),
  };
}

/** A kernel that reads everything before it writes allows any distance. */
const finite = (distance: number): number => Math.max(distance, -(2 ** 28));

function isDense(graph: Int8Graph, view: StorageView): boolean {
  const unit = elementBytesOf(valueOf(graph, view.value));
  const pixels = view.width === 1 || view.pixelPitchBytes === view.channels * unit;
  return pixels && (view.height === 1 || view.rowPitchBytes === view.width * view.channels * unit);
}

/**
 * Program -> Problem: a buffer for each storage, alive from the first step that touches it to the last, and one for
 * each step's scratch; and where a step's output may stand over an input that dies there.
 */

import { type Int8Graph, valueOf } from '../ir/int8-graph.js';
import { type CallEvents, layerEvents, safeDistances } from './overlap.js';
import type { Buffer, BufferId, Overlap, Problem } from './problem.js';
import type { Program, ProgramStep, StorageId, StorageView } from './program.js';

export interface ProblemOfProgram {
  readonly problem: Problem;
  /** The scratch buffer of each step, null where it has none. Storages keep their ids as buffer ids. */
  readonly scratch: readonly (BufferId | null)[];
}

export function problemOf(graph: Int8Graph, program: Program): ProblemOfProgram {
  const steps = Math.max(1, program.steps.length);
  const storages = program.storages.map((s): Buffer => {
    const { id, name, kind, bytes, alignBytes } = s;
    const [first, end] = touched(program, id);
    const firstStep = s.liveBefore ? 0 : first;
    return { id, name, kind, bytes, alignBytes, firstStep, endStep: s.liveAfter ? steps : Math.max(end, firstStep + 1) };
  });
  const { buffers, scratch } = scratchBuffers(graph, program, storages.length);
  const overlaps = program.steps.flatMap((step, i) => layerOverlaps(graph, step, i, storages));
  return { problem: { steps, buffers: [...storages, ...buffers], overlaps }, scratch };
}

/** Half-open interval of steps that touch a storage; [0, 0) where none does. */
function touched(program: Program, storage: StorageId): [number, number] {
  let first = Infinity;
  let end = 0;
  for (const step of program.steps) {
    if (![...step.inputs, step.output].some((v) => v.storage === storage)) continue;
    first = Math.min(first, step.interleaved[0]);
    end = Math.max(end, step.interleaved[1]);
  }
  return first === Infinity ? [0, 0] : [first, end];
}

/** Steps that run interleaved use their scratch in turn, so they share one buffer. */
function scratchBuffers(graph: Int8Graph, program: Program, firstId: number): { buffers: Buffer[]; scratch: (BufferId | null)[] } {
  const buffers: Buffer[] = [];
  const scratch: (BufferId | null)[] = [];
  const byRange = new Map<string, number>();
  for (const step of program.steps) {
    if (step.scratchBytes === 0) {
      scratch.push(null);
      continue;
    }
    const key = step.interleaved.join();
    const old = byRange.get(key);
    const { scratchAlignBytes } = step.kernel;
    if (old === undefined) {
      byRange.set(key, buffers.length);
      scratch.push(firstId + buffers.length);
      buffers.push({
        id: firstId + buffers.length, name: `scratch of ${graph.nodes[step.node].name}`, kind: 'scratch',
        bytes: step.scratchBytes, alignBytes: scratchAlignBytes, firstStep: step.interleaved[0], endStep: step.interleaved[1],
      });
    } else {
      const b = buffers[old];
      buffers[old] = { ...b, bytes: Math.max(b.bytes, step.scratchBytes), alignBytes: Math.max(b.alignBytes, scratchAlignBytes) };
      scratch.push(b.id);
    }
  }
  return { buffers, scratch };
}

/** Overlaps of a layer's output with each input that dies at the layer. */
function layerOverlaps(graph: Int8Graph, step: ProgramStep, index: number, storages: readonly Buffer[]): Overlap[] {
  const output = step.output.storage;
  if (step.interleaved[1] - step.interleaved[0] !== 1 || output === null || storages[output].firstStep !== index) return [];
  const inputs = new Set(step.inputs.map((v) => v.storage).filter((s): s is StorageId => s !== null && s !== output));
  return [...inputs].filter((s) => storages[s].endStep === index + 1).flatMap((s) => stepOverlap(graph, step, s) ?? []);
}

/**
 * How a layer's output may overlap the storage `input`, which dies there; null where any of the views is not HWC
 * without gaps. Distances of the kernel are between tensors; here they are between storages.
 */
export function stepOverlap(graph: Int8Graph, step: ProgramStep, input: StorageId): Overlap | null {
  const node = graph.nodes[step.node];
  // The copies of a concat's parts write windows of its output.
  if (node.op.kind === 'concat' || !isDense(graph, step.output)) return null;
  let same = true;
  let belowBytes = -Infinity;
  let aboveBytes: number | null = -Infinity;
  for (const [k, view] of step.inputs.entries()) {
    if (view.storage !== input) continue;
    if (!isDense(graph, view)) return null;
    const shift = step.output.offsetBytes - view.offsetBytes;
    const events: CallEvents = (y, rows) => step.kernel.accesses(node, graph, k, y, rows);
    const { height, width } = step.output;
    const ascending = safeDistances(layerEvents(events, height, step.rowsPerCall, 'ascending'));
    belowBytes = Math.max(belowBytes, ascending.belowBytes + shift);
    if (step.descendingRows === null || aboveBytes === null) aboveBytes = null;
    else aboveBytes = Math.max(aboveBytes, safeDistances(layerEvents(events, height, step.descendingRows, 'descending')).aboveBytes - shift);
    same &&= shift === 0 && step.kernel.inPlace(node, graph, k, { rows: step.rowsPerCall, cols: width });
  }
  return { output: step.output.storage!, input, same, belowBytes: finite(belowBytes), aboveBytes: aboveBytes === null ? null : finite(aboveBytes) };
}

/** A kernel that reads everything before it writes allows any distance. */
const finite = (distance: number): number => Math.max(distance, -(2 ** 28));

function isDense(graph: Int8Graph, view: StorageView): boolean {
  const unit = valueOf(graph, view.value).dtype === 'int32' ? 4 : 1;
  const pixels = view.width === 1 || view.pixelPitchBytes === view.channels * unit;
  return pixels && (view.height === 1 || view.rowPitchBytes === view.width * view.channels * unit);
}

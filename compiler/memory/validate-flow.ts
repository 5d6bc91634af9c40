/**
 * Follows every byte of the arena through a plan: each byte carries the tag of the tensor element it holds, each step
 * must find its inputs' tags where its views point, and an output that overlaps an input must never be written where
 * the kernel still reads. Independent of how the planner decided on lifetimes, views and distances; the order is that
 * of the generated program (execution.ts).
 *
 * Nodes that only move data hand tags on (validate-tags.ts), so a view and a copy are judged alike.
 */

import { type Int8Graph, valueOf, elementBytesOf } from '../ir/int8-graph.js';
import type { AccessEvent, Kernel, RowFilter } from '../machine/kernel.js';
import { kernelById } from '../machine/kernel-table.js';
import { executionOf, type Turn } from './execution.js';
import type { Plan, PlanStep, TensorView } from './plan.js';
import { fusedFlow, setState } from './validate-fused.js';
import { carryTag, firstWrongTag, scratchTag, type TagArray, type Tags, TagTable, writeTags } from './validate-tags.js';

export function flowProblems(graph: Int8Graph, plan: Plan): string[] {
  const problems: string[] = [];
  const tags = new TagTable(graph);
  const arena = tags.array(plan.arenaBytes);
  const { start, pushed, finish } = executionOf(plan);
  // The other inputs may be written after an image is begun.
  if (pushed !== null) setState(graph, pushed, arena);
  plan.inputs.forEach((view) => {
    if (view.value !== pushed?.streamedInput?.value) write(arena, view, tags.of(view.value));
  });
  const turns: readonly Turn[] = pushed === null ? finish : [...start, { kind: 'region', region: pushed }, ...finish];
  for (const turn of turns) {
    if (turn.kind === 'layer') problems.push(...layerFlow(graph, arena, tags, turn.step));
    else problems.push(...fusedFlow(graph, plan, turn.region, arena, (value) => tags.of(value)));
  }
  plan.outputs.forEach((view, k) => {
    if (view.buffer !== null && firstMismatch(arena, view, tags.of(view.value)) >= 0)
      problems.push(`output ${k} does not hold its value after the last step`);
  });
  plan.inputs.forEach((view, k) => {
    const survives = firstMismatch(arena, view, tags.of(view.value)) < 0;
    if (plan.inputSurvives[k] && !survives) problems.push(`input ${k} is said to survive and does not`);
  });
  return problems;
}

/** One layer: its inputs must be in place; then its output is. */
function layerFlow(graph: Int8Graph, arena: TagArray, tags: TagTable, step: PlanStep): string[] {
  const problems: string[] = [];
  fillScratch(arena, step);
  step.inputs.forEach((view, k) => {
    const wrong = view.buffer === null ? -1 : firstMismatch(arena, view, tags.of(view.value));
    if (wrong >= 0)
      problems.push(
        `step ${step.index}: input ${k} (${valueOf(graph, view.value).name}) is not in place at byte ${wrong}`,
      );
  });
  problems.push(...overwrites(graph, step, kernelById(step.kernel)));
  write(arena, step.output, tags.of(writtenTags(graph, step)));
  if (!scratchIntact(arena, step)) problems.push(`step ${step.index}: the output is written over the scratch`);
  return problems;
}

/** Runs of contiguous bytes of a linear view: arena offset, offset in the tensor, length. */
function* spans(view: TensorView, unit: number): Iterable<readonly [number, number, number]> {
  const pixel = view.channels * unit;
  for (let y = 0; y < view.height; y++) {
    const row = view.offsetBytes + y * view.rowPitchBytes;
    if (view.pixelPitchBytes === pixel) {
      yield [row, y * view.width * pixel, view.width * pixel];
      continue;
    }
    for (let x = 0; x < view.width; x++) yield [row + x * view.pixelPitchBytes, (y * view.width + x) * pixel, pixel];
  }
}

const unitOf = (view: TensorView, tags: Tags): number => tags.length / (view.height * view.width * view.channels);

function write(arena: TagArray, view: TensorView, tags: Tags): void {
  for (const [to, from, length] of spans(view, unitOf(view, tags))) writeTags(arena, to, tags, from, length);
}

/** Arena offset of the first byte that does not carry its tag, -1 where all do. */
function firstMismatch(arena: TagArray, view: TensorView, tags: Tags): number {
  for (const [at, from, length] of spans(view, unitOf(view, tags))) {
    const wrong = firstWrongTag(arena, at, tags, from, length);
    if (wrong >= 0) return at + wrong;
  }
  return -1;
}

function fillScratch(arena: TagArray, { scratch }: PlanStep): void {
  if (scratch !== null) arena.fill(scratchTag, scratch.offsetBytes, scratch.offsetBytes + scratch.bytes);
}

const scratchIntact = (arena: TagArray, { scratch }: PlanStep): boolean =>
  scratch === null || carryTag(arena, scratch.offsetBytes, scratch.offsetBytes + scratch.bytes, scratchTag);

/** The tensor whose bytes a step writes: its node's result, or for a concat the part that it copies. */
const writtenTags = (graph: Int8Graph, step: PlanStep): number =>
  (graph.nodes[step.node].op.kind === 'concat' ? step.inputs[0] : step.output).value;

/** Whether a layer's output destroys input bytes before the kernel's last read of them. */
function overwrites(graph: Int8Graph, step: PlanStep, kernel: Kernel): string[] {
  const problems: string[] = [];
  const node = graph.nodes[step.node];
  const { output } = step;
  const unit = (view: TensorView): number => elementBytesOf(valueOf(graph, view.value));
  step.inputs.forEach((input, k) => {
    if (input.buffer === null || !meet(input, unit(input), output, unit(output))) return;
    const where = `step ${step.index}: the output overwrites input ${k} (${valueOf(graph, input.value).name})`;
    const call = { rows: step.rowsPerCall, cols: output.width };
    const d = output.offsetBytes - input.offsetBytes;
    if (d === 0 && step.direction === 'ascending' && kernel.inPlace(node, graph, k, call)) return;
    // A part's copy writes a window of the output: its events say nothing about where.
    if (node.op.kind === 'concat') problems.push(where);
    else if (!readsBeforeWrites(eventsOf(graph, step, kernel, k), d)) problems.push(`${where} before it is read`);
  });
  return problems;
}

/** Whether any byte belongs to both views; the spans of each are in ascending order. */
function meet(a: TensorView, unitA: number, b: TensorView, unitB: number): boolean {
  const others = [...spans(b, unitB)];
  let k = 0;
  for (const [at, , length] of spans(a, unitA)) {
    while (k < others.length && others[k][0] + others[k][2] <= at) k++;
    if (k < others.length && others[k][0] < at + length) return true;
  }
  return false;
}

/** Output pixels of a layer up to which its events are all listed; beyond, rows at both ends and in the middle stand for all. */
const allEventsPixels = 2 ** 20;
const blockRows = 48;

/** Whether a row of a layer of `height` rows is in one of three blocks of rows. */
function inBlocks(height: number, y: number): boolean {
  const middle = Math.floor((height - blockRows) / 2);
  return y < blockRows || y >= height - blockRows || (y >= middle && y < middle + blockRows);
}

function eventsOf(graph: Int8Graph, step: PlanStep, kernel: Kernel, input: number): AccessEvent[] {
  const { height, width } = step.output;
  const all = height * width <= allEventsPixels;
  const only: RowFilter | undefined = all
    ? undefined
    : function* (from, rows) {
        for (let y = from; y < from + rows; y++) if (inBlocks(height, y)) yield y;
      };
  const ys: number[] = [];
  for (let y = 0; y < height; y += step.rowsPerCall)
    if (all || step.rowsPerCall > blockRows || inBlocks(height, y)) ys.push(y);
  if (step.direction === 'descending') ys.reverse();
  return ys.flatMap((y) => [
    ...kernel.accesses(graph.nodes[step.node], graph, input, y, Math.min(step.rowsPerCall, height - y), only),
  ]);
}

/** With the output d bytes above the input: no event writes what a later one reads. */
function readsBeforeWrites(events: readonly AccessEvent[], d: number): boolean {
  let from = Infinity;
  let to = -Infinity;
  for (let k = events.length - 1; k >= 0; k--) {
    const e = events[k];
    if (e.writtenFrom < e.writtenTo && e.writtenFrom + d < to && from < e.writtenTo + d) return false;
    if (e.readFrom < e.readTo) {
      from = Math.min(from, e.readFrom);
      to = Math.max(to, e.readTo);
    }
  }
  return true;
}

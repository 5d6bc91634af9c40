/**
 * Follows every byte of the arena through a plan: each byte carries the tag of the tensor element it holds, each step
 * must find its inputs' tags where its views point, and an output that overlaps an input must never be written where
 * the kernel still reads. Independent of how the planner decided on lifetimes, views and distances.
 *
 * Nodes that only move data (Reshape, Slice, Concat) hand tags on, so a view and a copy are judged alike.
 */

import { type Int8Graph, type Int8Node, type ValueId, valueOf } from '../ir/int8-graph.js';
import type { Shape } from '../ir/tensor.js';
import type { AccessEvent, Kernel } from '../target/kernel.js';
import { kernelById } from '../target/kernel-table.js';
import type { Plan, PlanStep, TensorView } from './plan.js';
import { fusedFlow } from './validate-fused.js';

/** Tags are value * 2^28 + byte within the tensor. */
const tagStride = 2 ** 28;
const untouched = -1;
const scratchTag = -2;

export function flowProblems(graph: Int8Graph, plan: Plan): string[] {
  const problems: string[] = [];
  const tags = new TagTable(graph);
  const arena = new Float64Array(plan.arenaBytes).fill(untouched);
  plan.inputs.forEach((view) => {
    if (!isStreamed(plan, view)) write(arena, view, tags.of(view.value));
  });
  for (const steps of runs(plan)) {
    const fused = plan.fused.find((r) => r.region === steps[0].region);
    if (fused !== undefined) {
      problems.push(...fusedFlow(graph, plan, fused, arena, (value) => tags.of(value)));
      continue;
    }
    for (const step of steps) problems.push(...layerFlow(graph, arena, tags, step));
  }
  plan.outputs.forEach((view, k) => {
    if (view.buffer !== null && firstMismatch(arena, view, tags.of(view.value)) >= 0) problems.push(`output ${k} does not hold its value after the last step`);
  });
  plan.inputs.forEach((view, k) => {
    const survives = firstMismatch(arena, view, tags.of(view.value)) < 0;
    if (plan.inputSurvives[k] && !survives) problems.push(`input ${k} is said to survive and does not`);
  });
  return problems;
}

/** Steps one by one, those of a fused region together. */
function* runs(plan: Plan): Iterable<readonly PlanStep[]> {
  for (let i = 0; i < plan.steps.length;) {
    const { region } = plan.steps[i];
    let j = i + 1;
    if (plan.schedule.regions[region].kind === 'fused') while (j < plan.steps.length && plan.steps[j].region === region) j++;
    yield plan.steps.slice(i, j);
    i = j;
  }
}

const isStreamed = (plan: Plan, view: TensorView): boolean => plan.fused.some((r) => r.streamedInput?.value === view.value);

/** One layer: its inputs must be in place; then its output is. */
function layerFlow(graph: Int8Graph, arena: Float64Array, tags: TagTable, step: PlanStep): string[] {
  const problems: string[] = [];
  fillScratch(arena, step);
  step.inputs.forEach((view, k) => {
    const wrong = view.buffer === null ? -1 : firstMismatch(arena, view, tags.of(view.value));
    if (wrong >= 0) problems.push(`step ${step.index}: input ${k} (${valueOf(graph, view.value).name}) is not in place at byte ${wrong}`);
  });
  problems.push(...overwrites(graph, step, kernelById(step.kernel)));
  write(arena, step.output, tags.written(graph, step));
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

const unitOf = (view: TensorView, tags: Float64Array): number => tags.length / (view.height * view.width * view.channels);

function write(arena: Float64Array, view: TensorView, tags: Float64Array): void {
  for (const [to, from, length] of spans(view, unitOf(view, tags))) arena.set(tags.subarray(from, from + length), to);
}

/** Arena offset of the first byte that does not carry its tag, -1 where all do. */
function firstMismatch(arena: Float64Array, view: TensorView, tags: Float64Array): number {
  for (const [at, from, length] of spans(view, unitOf(view, tags))) {
    for (let i = 0; i < length; i++) if (arena[at + i] !== tags[from + i]) return at + i;
  }
  return -1;
}

function fillScratch(arena: Float64Array, step: PlanStep): void {
  if (step.scratch !== null) arena.fill(scratchTag, step.scratch.offsetBytes, step.scratch.offsetBytes + step.scratch.bytes);
}

function scratchIntact(arena: Float64Array, step: PlanStep): boolean {
  if (step.scratch === null) return true;
  return arena.subarray(step.scratch.offsetBytes, step.scratch.offsetBytes + step.scratch.bytes).every((tag) => tag === scratchTag);
}

const movesData: ReadonlySet<Int8Node['op']['kind']> = new Set(['reshape', 'slice', 'concat']);

/** The tags of every tensor, those of moved data derived from their source's. */
class TagTable {
  private readonly memo = new Map<ValueId, Float64Array>();
  private readonly producers: ReadonlyMap<ValueId, Int8Node>;

  constructor(private readonly graph: Int8Graph) {
    this.producers = new Map(graph.nodes.map((n) => [n.output, n]));
  }

  of(value: ValueId): Float64Array {
    // Sources first, and without recursion: a hostile file may chain thousands of nodes that move data.
    for (const pending = [value]; pending.length > 0;) {
      const next = pending[pending.length - 1];
      const missing = this.sources(next).filter((v) => !this.memo.has(v));
      if (missing.length > 0) pending.push(...missing);
      else {
        if (!this.memo.has(next)) this.memo.set(next, this.derive(next));
        pending.pop();
      }
    }
    return this.memo.get(value)!;
  }

  /** The tensors whose tags a value takes over. */
  private sources(value: ValueId): readonly ValueId[] {
    const node = this.producers.get(value);
    return node !== undefined && movesData.has(node.op.kind) ? node.inputs : [];
  }

  /** What a step writes: its node's result, or for a concat the part that it copies. */
  written(graph: Int8Graph, step: PlanStep): Float64Array {
    return graph.nodes[step.node].op.kind === 'concat' ? this.of(step.inputs[0].value) : this.of(step.output.value);
  }

  private derive(value: ValueId): Float64Array {
    const { shape, dtype } = valueOf(this.graph, value);
    const node = this.producers.get(value);
    const own = new Float64Array(shape.h * shape.w * shape.c * (dtype === 'int32' ? 4 : 1));
    if (node?.op.kind === 'reshape') return this.of(node.inputs[0]);
    if (node?.op.kind === 'slice') {
      const { start, step } = node.op;
      const at = { h: start.h, w: start.w, c: start.c };
      gather(own, shape, this.of(node.inputs[0]), valueOf(this.graph, node.inputs[0]).shape, at, step);
      return own;
    }
    if (node?.op.kind === 'concat') {
      const offset = { h: 0, w: 0, c: 0 };
      for (const input of node.inputs) {
        const part = valueOf(this.graph, input).shape;
        scatter(own, shape, this.of(input), part, offset);
        offset[node.op.axis] += part[node.op.axis];
      }
      return own;
    }
    for (let i = 0; i < own.length; i++) own[i] = value * tagStride + i;
    return own;
  }
}

function gather(to: Float64Array, shape: Shape, from: Float64Array, source: Shape, start: Shape, step: Shape): void {
  let i = 0;
  for (let y = 0; y < shape.h; y++) {
    for (let x = 0; x < shape.w; x++) {
      const pixel = ((start.h + y * step.h) * source.w + start.w + x * step.w) * source.c;
      for (let c = 0; c < shape.c; c++) to[i++] = from[pixel + start.c + c * step.c];
    }
  }
}

function scatter(to: Float64Array, shape: Shape, from: Float64Array, part: Shape, offset: Shape): void {
  let i = 0;
  for (let y = 0; y < part.h; y++) {
    for (let x = 0; x < part.w; x++) {
      const pixel = ((offset.h + y) * shape.w + offset.w + x) * shape.c + offset.c;
      for (let c = 0; c < part.c; c++) to[pixel + c] = from[i++];
    }
  }
}

/** Whether a layer's output destroys input bytes before the kernel's last read of them. */
function overwrites(graph: Int8Graph, step: PlanStep, kernel: Kernel): string[] {
  const problems: string[] = [];
  const node = graph.nodes[step.node];
  const { output } = step;
  const unit = (view: TensorView): number => (valueOf(graph, view.value).dtype === 'int32' ? 4 : 1);
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

function eventsOf(graph: Int8Graph, step: PlanStep, kernel: Kernel, input: number): AccessEvent[] {
  const ys: number[] = [];
  for (let y = 0; y < step.output.height; y += step.rowsPerCall) ys.push(y);
  if (step.direction === 'descending') ys.reverse();
  return ys.flatMap((y) => [...kernel.accesses(graph.nodes[step.node], graph, input, y, Math.min(step.rowsPerCall, step.output.height - y))]);
}

/** With the output d bytes above the input: no event writes what a later one reads. */
function readsBeforeWrites(events: readonly AccessEvent[], d: number): boolean {
  let from = Infinity;
  let to = -Infinity;
  for (const e of [...events].reverse()) {
    if (e.writtenFrom < e.writtenTo && e.writtenFrom + d < to && from < e.writtenTo + d) return false;
    if (e.readFrom < e.readTo) {
      from = Math.min(from, e.readFrom);
      to = Math.max(to, e.readTo);
    }
  }
  return true;
}

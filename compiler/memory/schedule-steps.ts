/**
 * A schedule as steps over storage. Layers: one step a node, none for a view, one for each part of a concat that is
 * copied. Fused regions: fused-steps.ts.
 */

import { isOfParts, isReshape, operatorOf } from '../ir/operators/index.js';
import { type Int8Graph, type Int8Node, numberBytes, type ValueId, valueOf } from '../ir/int8-graph.js';
import { InstructionCosts } from '../schedule/instructions.js';
import type { FusedRegion, LayerRegion, Schedule } from '../schedule/schedule.js';
import type { Core } from '../machine/core.js';
import type { Kernel } from '../machine/kernel.js';
import { type StepSink, addFusedRegion } from './fused-steps.js';
import type { FusedStepRegion, StepSequence, SequenceStep, Storage, StorageId, StorageView } from './step-sequence.js';
import { copyKey, elementBytes, planViews, tensorBytes, type Views } from './views.js';

export interface SequenceOptions {
  readonly kernelById: (id: string) => Kernel;
  /** Whose instruction estimates decide whether a walk in small calls pays. */
  readonly core: Core;
  readonly activationAlignBytes: number;
  /** Network inputs keep their data after the last step. */
  readonly keepInput: boolean;
  /** Concat parts and slices to be copied though they could be views (views.ts, copyKey). */
  readonly forcedCopies: ReadonlySet<string>;
}

/** A walk from the last row to the first may cost this much more than the schedule's own calls. */
const descendingOverhead = 1.02;

export interface ScheduledSteps {
  readonly sequence: StepSequence;
  readonly views: Views;
}

/** Throws (internal error) where the schedule is not in topological order. */
export function scheduleSteps(graph: Int8Graph, schedule: Schedule, options: SequenceOptions): ScheduledSteps {
  const fused = new Set(schedule.regions.flatMap((r) => (r.kind === 'fused' ? r.units.flatMap((u) => u.nodes) : [])));
  const layers = schedule.regions.flatMap((region, position) =>
    region.kind === 'layer' ? [{ region, position, node: graph.nodes[region.node] }] : [],
  );
  const scheduled = new Set(layers.map((r) => r.node.id));
  // A reshape has no region: it is the bytes that its input's node wrote.
  const reshapes = graph.nodes.filter((n) => isReshape(n.op) && !scheduled.has(n.id));
  const inFused = graph.nodes.filter((n) => fused.has(n.id));
  const views = planViews(graph, [...reshapes, ...layers.map((r) => r.node)], inFused, options.forcedCopies);
  const streamedInput = schedule.input === 'streamed' ? graph.inputs[0].value : null;
  const steps = new StepList(graph, views, options, streamedInput);
  const copies = new PartCopies(graph, views, layers, fused);
  const copyParts = (): void => {
    for (const { region: r, position: p, node: n, part } of copies.due()) steps.copyPart(r, p, n, part);
  };
  schedule.regions.forEach((region, position) => {
    if (region.kind === 'fused') {
      const nodes = region.units.flatMap((u) => u.nodes.map((id) => graph.nodes[id]));
      for (const node of nodes) copies.begin(node.output);
      copyParts();
      const reads = nodes.some((n) => streamedInput !== null && n.inputs.includes(streamedInput));
      steps.fused(region, position, reads ? streamedInput : null);
      for (const node of nodes) copies.finish(node);
    } else {
      const node = graph.nodes[region.node];
      // Parts are copied as soon as the concat's storage exists and their source does, so that the source dies early.
      copies.begin(node.output);
      copyParts();
      if (!isView(node, views)) steps.layer(region, position, node);
      copies.finish(node);
    }
    copyParts();
  });
  return { sequence: steps.sequence(), views };
}

const isView = (node: Int8Node, views: Views): boolean =>
  isOfParts(node.op) ||
  (operatorOf(node.op).view(node.op) !== null && !views.copies.has(copyKey({ node: node.id, part: 0 })));

interface PartCopy {
  readonly region: LayerRegion;
  readonly position: number;
  readonly node: Int8Node;
  readonly part: number;
}

/** The copies of concat parts that are still to be made, and which of them can be. */
class PartCopies {
  private pending: PartCopy[];
  /** Roots that some step has begun to write. */
  private readonly begun = new Set<ValueId>();
  /** Nodes whose results exist; a concat's as soon as its last part does. */
  private readonly finished = new Set<number>();
  private readonly producers: ReadonlyMap<ValueId, Int8Node>;

  constructor(
    graph: Int8Graph,
    private readonly views: Views,
    regions: readonly { region: LayerRegion; position: number; node: Int8Node }[],
    /** Nodes of fused regions: their results are never views. */
    private readonly fused: ReadonlySet<number>,
  ) {
    this.producers = new Map(graph.nodes.map((n) => [n.output, n]));
    this.pending = regions
      .filter(({ node }) => isOfParts(node.op))
      .flatMap((r) => r.node.inputs.map((_, part) => ({ ...r, part })))
      .filter(({ node, part }) => views.copies.has(copyKey({ node: node.id, part })));
  }

  /** A step is about to write `value`. */
  begin(value: ValueId): void {
    this.begun.add(this.views.layout(value).root);
  }

  finish(node: Int8Node): void {
    this.finished.add(node.id);
  }

  /** Copies to make now, in order; each makes its part exist. */
  due(): PartCopy[] {
    const now: PartCopy[] = [];
    for (;;) {
      const next = this.pending.find(
        ({ node, part }) => this.begun.has(this.views.layout(node.output).root) && this.exists(node.inputs[part]),
      );
      if (next === undefined) return now;
      this.pending = this.pending.filter((p) => p !== next);
      now.push(next);
    }
  }

  private exists(value: ValueId): boolean {
    const node = this.producers.get(value);
    if (node === undefined || this.finished.has(node.id)) return true;
    if (this.fused.has(node.id)) return false;
    if (isReshape(node.op)) return this.exists(node.inputs[0]);
    if (isOfParts(node.op)) {
      return node.inputs.every(
        (input, part) => !this.pending.some((p) => p.node === node && p.part === part) && this.exists(input),
      );
    }
    return isView(node, this.views) && this.exists(node.inputs[0]);
  }
}

/** Collects steps and the storages they touch. */
class StepList implements StepSink {
  readonly graph: Int8Graph;
  private readonly views: Views;
  private readonly options: SequenceOptions;
  private readonly steps: SequenceStep[] = [];
  /** In the order of their ids. */
  private readonly storages: Storage[] = [];
  /** Storages of whole values, by the value that owns the bytes. */
  private readonly roots = new Map<ValueId, StorageId>();
  private readonly regions: FusedStepRegion[] = [];
  private streamed: StorageView | null = null;

  constructor(graph: Int8Graph, views: Views, options: SequenceOptions, streamedInput: ValueId | null) {
    this.graph = graph;
    this.views = views;
    this.options = options;
    // Inputs and outputs come first, so that they exist even if no step touches them.
    for (const io of [...graph.inputs, ...graph.outputs]) if (io.value !== streamedInput) this.whole(io.value);
  }

  get stepCount(): number {
    return this.steps.length;
  }

  get activationAlignBytes(): number {
    return this.options.activationAlignBytes;
  }

  kernelById(id: string): Kernel {
    return this.options.kernelById(id);
  }

  push(step: SequenceStep): void {
    this.steps.push(step);
  }

  storage(storage: Omit<Storage, 'id'>): StorageId {
    this.storages.push({ ...storage, id: this.storages.length });
    return this.storages.length - 1;
  }

  fused(region: FusedRegion, position: number, streamedInput: ValueId | null): void {
    const placed = addFusedRegion(this, region, position, streamedInput);
    if (placed.streamedInput !== null) this.streamed = placed.streamedInput;
    this.regions.push(placed);
  }

  layer(region: LayerRegion, position: number, node: Int8Node): void {
    this.step(
      region,
      position,
      node,
      node.inputs.map((id) => this.whole(id)),
      this.whole(node.output),
    );
  }

  /** The copy of one input of a concat into its part of the output. */
  copyPart(region: LayerRegion, position: number, node: Int8Node, part: number): void {
    this.step(region, position, node, [this.whole(node.inputs[part])], this.partView(node, part));
  }

  sequence(): StepSequence {
    const { graph } = this;
    return {
      steps: this.steps,
      storages: this.storages,
      inputs: graph.inputs.map((io) => (this.streamed?.value === io.value ? this.streamed : this.whole(io.value))),
      outputs: graph.outputs.map((io) => this.whole(io.value)),
      fused: this.regions,
    };
  }

  private step(
    region: LayerRegion,
    position: number,
    node: Int8Node,
    inputs: StorageView[],
    output: StorageView,
  ): void {
    const kernel = this.options.kernelById(region.kernel);
    const rowsPerCall = Math.min(region.rowsPerCall, output.height);
    const descendingRows = descendingRowsOf(
      this.graph,
      node,
      kernel,
      rowsPerCall,
      output,
      this.options.core,
      partOf(node, inputs),
    );
    const scratchBytes = kernel.scratchBytes(node, this.graph, { rows: rowsPerCall, cols: output.width });
    const index = this.steps.length;
    this.steps.push({
      region: position,
      node: node.id,
      kernel,
      rowsPerCall,
      descendingRows,
      inputs,
      output,
      scratchBytes,
      scratchFrom: index,
      interleaved: [index, index + 1],
    });
  }

  whole(value: ValueId): StorageView {
    const { shape, constant } = valueOf(this.graph, value);
    const size = { height: shape.h, width: shape.w, channels: shape.c };
    if (constant !== null) {
      return {
        value,
        storage: null,
        offsetBytes: 0,
        rowPitchBytes: shape.w * shape.c,
        pixelPitchBytes: shape.c,
        ...size,
        ringRows: 0,
      };
    }
    const { root, offsetBytes, rowPitchBytes, pixelPitchBytes } = this.views.layout(value);
    return {
      value,
      storage: this.storageOf(root, value),
      offsetBytes,
      rowPitchBytes,
      pixelPitchBytes,
      ...size,
      ringRows: 0,
    };
  }

  /** Where input `part` of a concat belongs in the output; the view carries the output's value and the part's size. */
  private partView(node: Int8Node, part: number): StorageView {
    const axis = operatorOf(node.op).partAxis(node.op);
    if (axis === null) throw new Error(`${node.name} has no parts`);
    const whole = this.whole(node.output);
    const before = node.inputs.slice(0, part).reduce((sum, id) => sum + valueOf(this.graph, id).shape[axis], 0);
    const pitch = { h: whole.rowPitchBytes, w: whole.pixelPitchBytes, c: elementBytes(this.graph, node.output) }[axis];
    const { h, w, c } = valueOf(this.graph, node.inputs[part]).shape;
    return { ...whole, offsetBytes: whole.offsetBytes + before * pitch, height: h, width: w, channels: c };
  }

  private storageOf(root: ValueId, value: ValueId): StorageId {
    const old = this.roots.get(root);
    if (old !== undefined) {
      const values = [...new Set([...this.storages[old].values, value])];
      this.storages[old] = { ...this.storages[old], values, ...this.liveOutside(values) };
      return old;
    }
    const values = [...new Set([root, value])];
    const live = this.liveOutside(values);
    const rootValue = valueOf(this.graph, root);
    const id = this.storage({
      name: rootValue.name,
      bytes: tensorBytes(this.graph, root),
      kind: live.liveBefore ? 'input' : live.liveAfter ? 'output' : 'activation',
      alignBytes: Math.max(this.options.activationAlignBytes, numberBytes(rootValue.dtype)),
      values,
      ...live,
    });
    this.roots.set(root, id);
    return id;
  }

  private liveOutside(values: readonly ValueId[]): { liveBefore: boolean; liveAfter: boolean } {
    const liveBefore = this.graph.inputs.some((io) => values.includes(io.value));
    const isOutput = this.graph.outputs.some((io) => values.includes(io.value));
    return { liveBefore, liveAfter: isOutput || (liveBefore && this.options.keepInput) };
  }
}

/** Of a concat's step: the input that it copies. */
const partOf = (node: Int8Node, inputs: readonly StorageView[]): number | undefined =>
  isOfParts(node.op) ? node.inputs.indexOf(inputs[0].value) : undefined;

/**
 * Rows per call for a walk from the last rows to the first: the fewest, hence the closest to the input, whose
 * instructions stay near those of the schedule's own calls and that need no more scratch. Null where the kernel only
 * takes the whole image, or where one call covers it anyhow.
 */
function descendingRowsOf(
  graph: Int8Graph,
  node: Int8Node,
  kernel: Kernel,
  rowsPerCall: number,
  output: StorageView,
  core: Core,
  part: number | undefined,
): number | null {
  if (kernel.calls === 'whole' || output.height === 1) return null;
  const costs = new InstructionCosts(graph, core);
  const cost = (rows: number): number => costs.layer(kernel, node, rows, part);
  const scratch = (rows: number): number => kernel.scratchBytes(node, graph, { rows, cols: output.width });
  const limit = cost(rowsPerCall) * descendingOverhead;
  for (let rows = 1; rows < rowsPerCall; rows *= 2) {
    if (cost(rows) <= limit && scratch(rows) <= scratch(rowsPerCall)) return rows;
  }
  return rowsPerCall < output.height ? rowsPerCall : null;
}

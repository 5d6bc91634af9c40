/**
 * Follows every byte through a fused region as the generated program runs it: counters decide which unit works, tiles
 * slide, rings turn. Each kernel call must find in memory the very rows and columns that its window reads, whatever
 * was written in between. Shares the receptive-field calculus with the planner, and nothing else.
 */

import { type Int8Graph, type Int8Node, type ValueId, valueOf } from '../ir/int8-graph.js';
import { inputInterval } from '../schedule/receptive-field.js';
import { counterBytes, feedsGlobalPool, unitRows } from '../schedule/stream.js';
import { type UnitGeometry, backward, tileColumns, unitGeometry } from '../schedule/unit.js';
import type { Plan, PlanFusedRegion, PlanStep, PlanUnit, TensorView } from './plan.js';
import { carryTag, firstWrongTag, scratchTag, stateTag, type TagArray, type Tags, writeTags } from './validate-tags.js';

interface Box {
  readonly top: number;
  readonly bottom: number;
  readonly left: number;
  readonly right: number;
}

/** Channels [firstChannel, firstChannel + channels) of a tensor, of which alone the tile holds anything. */
interface ChannelRange {
  readonly firstChannel: number;
  readonly channels: number;
}

/** A call for one slice of its channels: of its output, and unless it is the unit's first node, of its input. */
interface SliceCall extends ChannelRange {
  readonly reads: boolean;
  /** Adds to sums in its scratch, and writes its whole output with the last slice. */
  readonly sums: boolean;
  readonly first: boolean;
  readonly last: boolean;
}

/**
 * Runs the region over `arena`, in which each byte carries the tag of the tensor byte it holds (`tagsOf`), and leaves
 * the region's results there. One sentence for each fault, the first of each step.
 */
export function fusedFlow(
  graph: Int8Graph,
  plan: Plan,
  region: PlanFusedRegion,
  arena: TagArray,
  tagsOf: (value: ValueId) => Tags,
): string[] {
  return new FusedFlow(graph, plan, region, arena, tagsOf).run();
}

/** Sets a region's counters and sums, as the program does before its first row. */
export function setState(graph: Int8Graph, region: PlanFusedRegion, arena: TagArray): void {
  for (const [from, to] of stateRanges(graph, region)) arena.fill(stateTag, from, to);
}

/** Counters and sums: theirs alone from the first row to the last. */
function stateRanges(graph: Int8Graph, region: PlanFusedRegion): (readonly [number, number])[] {
  const bytes = (from: number | null, count: number): (readonly [number, number])[] =>
    from === null ? [] : [[from, from + count]];
  return [
    ...bytes(region.stateOffsetBytes, counterBytes * region.units.length),
    ...bytes(region.takenOffsetBytes, counterBytes),
    ...region.units.flatMap(({ unit, sumsOffsetBytes }) =>
      bytes(sumsOffsetBytes, 4 * valueOf(graph, graph.nodes[unit.nodes[0]].output).shape.c),
    ),
  ];
}

class FusedFlow {
  private readonly problems = new Map<string, string>();
  private readonly geometries: readonly UnitGeometry[];
  private readonly done: number[];
  private readonly total: readonly number[];
  private pushed = 0;
  /** First row and column held by a tile. */
  private readonly origins = new Map<ValueId, { y: number; x: number }>();

  constructor(
    private readonly graph: Int8Graph,
    private readonly plan: Plan,
    private readonly region: PlanFusedRegion,
    private readonly arena: TagArray,
    private readonly tagsOf: (value: ValueId) => Tags,
  ) {
    this.geometries = region.units.map((u) => unitGeometry(graph, u.unit));
    this.total = this.geometries.map((g) => unitRows(graph, g));
    this.done = region.units.map(() => 0);
  }

  run(): string[] {
    const { region } = this;
    // Those of pushed rows are set when the image begins, which may be long before.
    if (region.streamedInput === null) setState(this.graph, region, this.arena);
    while (this.advance()) {
      /* until no unit can work and no row is left to push */
    }
    const stuck = this.done.findIndex((rows, k) => rows < this.total[k]);
    if (stuck >= 0) this.fault(`unit ${stuck}`, `stops after ${this.done[stuck]} of ${this.total[stuck]} rows`);
    for (const [from, to] of stateRanges(this.graph, region)) {
      if (!carryTag(this.arena, from, to, stateTag)) this.fault('state', `bytes [${from}, ${to}) are overwritten`);
    }
    return [...this.problems.values()];
  }

  private advance(): boolean {
    for (let k = this.geometries.length - 1; k >= 0; k--) {
      if (this.done[k] >= this.total[k]) continue;
      const rows = Math.min(this.region.units[k].unit.rowsPerCall, this.total[k] - this.done[k]);
      if (!this.ready(k, rows)) continue;
      this.unit(k, this.done[k], rows);
      this.done[k] += rows;
      return true;
    }
    const streamed = this.region.streamedInput;
    if (streamed === null || this.pushed >= streamed.height) return false;
    this.write(streamed, { top: this.pushed, bottom: this.pushed + 1, left: 0, right: streamed.width });
    this.pushed++;
    return true;
  }

  private ready(k: number, rows: number): boolean {
    const g = this.geometries[k];
    const needs = feedsGlobalPool(this.graph, g)
      ? null
      : backward(this.graph, g, 'h', this.done[k], this.done[k] + rows);
    return g.external.every((id) => {
      const hi = needs === null ? this.done[k] + rows : (needs.get(id)?.hi ?? 0);
      return hi <= this.rowsOf(id);
    });
  }

  /** Rows of a tensor that exist; a whole one from before the region has them all. */
  private rowsOf(id: ValueId): number {
    if (this.region.streamedInput?.value === id) return this.pushed;
    const k = this.geometries.findIndex((g) => g.output === id);
    if (k < 0) return Infinity;
    return feedsGlobalPool(this.graph, this.geometries[k]) ? Math.floor(this.done[k] / this.total[k]) : this.done[k];
  }

  private unit(k: number, y: number, rows: number): void {
    const g = this.geometries[k];
    const placed = this.region.units[k];
    if (feedsGlobalPool(this.graph, g)) {
      this.pool(this.plan.steps[placed.firstStep], y, rows, y + rows === this.total[k]);
      return;
    }
    if (g.nodes[0].op.kind === 'concat') {
      for (let i = placed.firstStep; i < placed.endStep; i++) this.part(this.plan.steps[i], y, y + rows);
      return;
    }
    const rowWindows = backward(this.graph, g, 'h', y, y + rows);
    const sliced = g.slices === null ? 0 : g.slices.sumsAt + 1;
    for (const tile of tileColumns(this.graph, g)) {
      const call = (i: number, slice: SliceCall | null): void => {
        const node = g.nodes[i];
        const rowsWindow = rowWindows.get(node.output);
        const columns = tile.get(node.output);
        if (rowsWindow === undefined || columns === undefined) return;
        const inner = node.output !== g.output;
        if (inner) this.slide(this.stepOf(placed, i).output, { y: rowsWindow.lo, x: columns.lo }, rowsWindow, columns);
        const box = { top: rowsWindow.lo, bottom: rowsWindow.hi, left: columns.newFrom, right: columns.hi };
        if (box.left < box.right) this.call(this.stepOf(placed, i), node, box, slice);
      };
      for (let s = 0; s < (g.slices?.count ?? 0); s++) {
        const { firstChannel, channels } = g.slices!.slice(s);
        for (let i = 0; i < sliced; i++) {
          call(i, {
            firstChannel,
            channels,
            reads: i > 0,
            sums: i === sliced - 1,
            first: s === 0,
            last: s === g.slices!.count - 1,
          });
        }
      }
      for (let i = sliced; i < g.nodes.length; i++) call(i, null);
    }
    for (const id of g.internal) this.origins.delete(id);
  }

  private stepOf(placed: PlanUnit, i: number): PlanStep {
    return this.plan.steps[placed.firstStep + i];
  }

  /** Moves the kept columns of a tile to its front; the first tile of a batch has none. */
  private slide(
    view: TensorView,
    to: { y: number; x: number },
    rows: { lo: number; hi: number },
    columns: { lo: number; newFrom: number },
  ): void {
    const from = this.origins.get(view.value);
    if (from !== undefined && columns.newFrom > columns.lo && from.x !== to.x) {
      for (let y = rows.lo; y < rows.hi; y++) {
        const row = view.offsetBytes + (y - rows.lo) * view.rowPitchBytes;
        const start = row + (columns.lo - from.x) * view.pixelPitchBytes;
        this.arena.copyWithin(row, start, start + (columns.newFrom - columns.lo) * view.pixelPitchBytes);
      }
    }
    this.origins.set(view.value, to);
  }

  private call(step: PlanStep, node: Int8Node, box: Box, slice: SliceCall | null): void {
    const s = step.scratch;
    const [scratchFrom, scratchTo] = s === null ? [0, 0] : [s.offsetBytes, s.offsetBytes + s.bytes];
    const holds = (): boolean => carryTag(this.arena, scratchFrom, scratchTo, scratchTag);
    // Sums over slices stay in the scratch from the first slice of a tile to its last.
    if (slice?.sums === true && !slice.first) {
      if (!holds()) this.fault(`step ${step.index}`, 'finds its sums overwritten');
    } else {
      this.arena.fill(scratchTag, scratchFrom, scratchTo);
    }
    step.inputs.forEach((view, index) => {
      if (view.buffer === null) return;
      const h = inputInterval(node, this.graph, index, 'h', box.top, box.bottom);
      const w = inputInterval(node, this.graph, index, 'w', box.left, box.right);
      this.read(
        step,
        index,
        view,
        { top: h.lo, bottom: h.hi, left: w.lo, right: w.hi },
        slice?.reads === true ? slice : null,
      );
    });
    if (slice === null || !slice.sums) this.write(step.output, box, slice);
    else if (slice.last) this.write(step.output, box);
    if (!holds()) this.fault(`step ${step.index}`, 'writes its output over its scratch');
  }

  /** Copies rows of one input of a concat: its bytes, under its own tags, into its part of the output. */
  private part(step: PlanStep, top: number, bottom: number): void {
    const [input] = step.inputs;
    const box = { top, bottom, left: 0, right: input.width };
    if (input.buffer !== null) this.read(step, 0, input, box);
    this.write({ ...step.output, value: input.value }, box);
  }

  private pool(step: PlanStep, y: number, rows: number, last: boolean): void {
    const [input] = step.inputs;
    this.read(step, 0, input, { top: y, bottom: y + rows, left: 0, right: input.width });
    if (last) this.write(step.output, { top: 0, bottom: 1, left: 0, right: 1 });
  }

  private read(step: PlanStep, index: number, view: TensorView, box: Box, slice: ChannelRange | null = null): void {
    const tags = this.tagsOf(view.value);
    this.eachPixel(view, box, slice, (at, from, bytes) => {
      const wrong = firstWrongTag(this.arena, at, tags, from, bytes);
      if (wrong >= 0)
        this.fault(
          `step ${step.index} input ${index}`,
          `does not find byte ${from + wrong} of ${valueOf(this.graph, view.value).name} at ${at + wrong}`,
        );
      return wrong < 0;
    });
  }

  private write(view: TensorView, box: Box, slice: ChannelRange | null = null): void {
    const tags = this.tagsOf(view.value);
    const limit = this.plan.buffers[view.buffer!];
    this.eachPixel(view, box, slice, (at, from, bytes) => {
      if (at < limit.offsetBytes || at + bytes > limit.offsetBytes + limit.bytes) {
        this.fault(
          `value ${view.value}`,
          `${valueOf(this.graph, view.value).name} is written at [${at}, ${at + bytes}), outside its buffer`,
        );
        return false;
      }
      writeTags(this.arena, at, tags, from, bytes);
      return true;
    });
  }

  /** Runs of bytes of a box: arena offset, offset in the tensor, length; stops where `visit` says false. */
  private eachPixel(
    view: TensorView,
    box: Box,
    slice: ChannelRange | null,
    visit: (at: number, from: number, bytes: number) => boolean,
  ): void {
    const origin = view.tile === true ? this.origins.get(view.value)! : { y: 0, x: 0 };
    const { dtype, shape } = valueOf(this.graph, view.value);
    const unit = dtype === 'int32' ? 4 : 1;
    const pixel = view.channels * unit;
    for (let y = box.top; y < box.bottom; y++) {
      const slot = view.ringRows > 0 ? y % view.ringRows : y - origin.y;
      const row = view.offsetBytes + slot * view.rowPitchBytes;
      if (slice !== null) {
        for (let x = box.left; x < box.right; x++) {
          const from = (y * view.width + x) * shape.c + slice.firstChannel;
          if (!visit(row + (x - origin.x) * view.pixelPitchBytes, from, slice.channels)) return;
        }
        continue;
      }
      if (view.pixelPitchBytes === pixel) {
        if (
          !visit(
            row + (box.left - origin.x) * pixel,
            (y * view.width + box.left) * pixel,
            (box.right - box.left) * pixel,
          )
        )
          return;
        continue;
      }
      for (let x = box.left; x < box.right; x++) {
        if (!visit(row + (x - origin.x) * view.pixelPitchBytes, (y * view.width + x) * pixel, pixel)) return;
      }
    }
  }

  private fault(where: string, what: string): void {
    if (!this.problems.has(where)) this.problems.set(where, `region ${this.region.region}, ${where}: ${what}`);
  }
}

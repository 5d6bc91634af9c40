/**
 * Follows every byte through a fused region as the generated program runs it: counters decide which unit works, tiles
 * slide, rings turn. Each kernel call must find in memory the very rows and columns that its window reads, whatever
 * was written in between. Shares nothing with the planner: windows and tiles are walked in validate-tiles.ts.
 */

import { type Int8Graph, type Int8Node, type ValueId, valueOf, elementBytesOf } from '../ir/int8-graph.js';
import type { Plan, PlanFusedRegion, PlanStep, PlanUnit, TensorView } from './plan.js';
import { Reads } from './validate-reads.js';
import { carryTag, firstWrongTag, scratchTag, stateTag, type TagArray, type Tags, writeTags } from './validate-tags.js';
import { type SliceRange, UnitWalk } from './validate-tiles.js';

/** Of each uint16 counter. */
const counterBytes = 2;

interface Box {
  readonly top: number;
  readonly bottom: number;
  readonly left: number;
  readonly right: number;
}

/** A call for one slice of its channels: of its output, and unless it is the unit's first node, of its input. */
interface SliceCall extends SliceRange {
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
  private readonly reads: Reads;
  private readonly units: readonly UnitWalk[];
  private readonly done: number[];
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
    this.reads = new Reads(graph);
    this.units = region.units.map((placed) => new UnitWalk(graph, this.reads, placed));
    this.done = region.units.map(() => 0);
  }

  run(): string[] {
    const { region } = this;
    // Those of pushed rows are set when the image begins, which may be long before.
    if (region.streamedInput === null) setState(this.graph, region, this.arena);
    this.push();
    do {
      while (this.advance()) {
        /* until no unit can work */
      }
    } while (this.push());
    const stuck = this.done.findIndex((rows, k) => rows < this.units[k].total);
    if (stuck >= 0) this.fault(`unit ${stuck}`, `stops after ${this.done[stuck]} of ${this.units[stuck].total} rows`);
    for (const [from, to] of stateRanges(this.graph, region)) {
      if (!carryTag(this.arena, from, to, stateTag)) this.fault('state', `bytes [${from}, ${to}) are overwritten`);
    }
    return [...this.problems.values()];
  }

  private advance(): boolean {
    for (let k = this.units.length - 1; k >= 0; k--) {
      const left = this.units[k].total - this.done[k];
      if (left <= 0) continue;
      const rows = Math.min(this.region.units[k].unit.rowsPerCall, left);
      if (!this.ready(k, rows)) continue;
      this.unit(k, this.done[k], rows);
      this.done[k] += rows;
      return true;
    }
    return false;
  }

  /** A row comes before anything runs, and each other one when nothing can run without it. */
  private push(): boolean {
    const streamed = this.region.streamedInput;
    if (streamed === null || this.pushed >= streamed.height) return false;
    this.write(streamed, { top: this.pushed, bottom: this.pushed + 1, left: 0, right: streamed.width });
    this.pushed++;
    return true;
  }

  private ready(k: number, rows: number): boolean {
    const needs = this.units[k].rows(this.done[k], rows);
    return this.units[k].outer.every((id) => (needs.get(id)?.hi ?? 0) <= this.rowsOf(id));
  }

  /** Rows of a tensor that exist; a whole one from before the region has them all. */
  private rowsOf(id: ValueId): number {
    if (this.region.streamedInput?.value === id) return this.pushed;
    const k = this.units.findIndex((u) => u.output === id);
    if (k < 0) return Infinity;
    return this.units[k].sums ? Math.floor(this.done[k] / this.units[k].total) : this.done[k];
  }

  private unit(k: number, y: number, rows: number): void {
    const u = this.units[k];
    const placed = this.region.units[k];
    if (u.sums) {
      this.pool(this.plan.steps[placed.firstStep], y, rows, y + rows === u.total);
      return;
    }
    if (u.nodes[0].op.kind === 'concat') {
      for (let i = placed.firstStep; i < placed.endStep; i++) this.part(this.plan.steps[i], y, y + rows);
      return;
    }
    const rowWindows = u.rows(y, rows);
    for (const tile of u.tiles()) {
      const call = (i: number, slice: SliceCall | null): void => {
        const node = u.nodes[i];
        const rowsWindow = rowWindows.get(node.output);
        const columns = tile.get(node.output);
        if (rowsWindow === undefined || columns === undefined) return;
        if (u.inner.has(node.output))
          this.slide(this.stepOf(placed, i).output, { y: rowsWindow.lo, x: columns.lo }, rowsWindow, columns);
        const box = { top: rowsWindow.lo, bottom: rowsWindow.hi, left: columns.from, right: columns.hi };
        if (box.left < box.right) this.call(this.stepOf(placed, i), node, box, slice);
      };
      u.slices.forEach((slice, s) => {
        for (let i = 0; i < u.sliced; i++) {
          call(i, {
            ...slice,
            reads: i > 0,
            sums: i === u.sliced - 1,
            first: s === 0,
            last: s === u.slices.length - 1,
          });
        }
      });
      for (let i = u.sliced; i < u.nodes.length; i++) call(i, null);
    }
    for (const id of u.inner) this.origins.delete(id);
  }

  private stepOf(placed: PlanUnit, i: number): PlanStep {
    return this.plan.steps[placed.firstStep + i];
  }

  /** Moves the kept columns of a tile to its front; the first tile of a batch has none. */
  private slide(
    view: TensorView,
    to: { y: number; x: number },
    rows: { lo: number; hi: number },
    columns: { lo: number; from: number },
  ): void {
    const from = this.origins.get(view.value);
    if (from !== undefined && columns.from > columns.lo && from.x !== to.x) {
      for (let y = rows.lo; y < rows.hi; y++) {
        const row = view.offsetBytes + (y - rows.lo) * view.rowPitchBytes;
        const start = row + (columns.lo - from.x) * view.pixelPitchBytes;
        this.arena.copyWithin(row, start, start + (columns.from - columns.lo) * view.pixelPitchBytes);
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
      const h = this.reads.span(node, index, 'h', box.top, box.bottom);
      const w = this.reads.span(node, index, 'w', box.left, box.right);
      if (h === null || w === null) return;
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

  private read(step: PlanStep, index: number, view: TensorView, box: Box, slice: SliceRange | null = null): void {
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

  private write(view: TensorView, box: Box, slice: SliceRange | null = null): void {
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
    slice: SliceRange | null,
    visit: (at: number, from: number, bytes: number) => boolean,
  ): void {
    const origin = view.tile === true ? this.origins.get(view.value)! : { y: 0, x: 0 };
    const value = valueOf(this.graph, view.value);
    const { shape } = value;
    const pixel = view.channels * elementBytesOf(value);
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

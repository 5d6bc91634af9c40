/**
 * How the generated program walks a unit of a fused region, in the checker's own lines: batches of rows, tiles of
 * columns, from the unit's output back to what its inner tensors hold.
 */

import { type Int8Graph, type Int8Node, type ValueId, valueOf } from '../ir/int8-graph.js';
import type { PlanUnit } from './plan.js';
import type { Axis, Reads } from './validate-reads.js';

/** Positions [lo, hi) that a tile holds of a tensor; those from `from` on are computed, those before were kept. */
export interface Held {
  readonly lo: number;
  readonly hi: number;
  readonly from: number;
}
export type Windows = ReadonlyMap<ValueId, Held>;

/** A part of the channels of what a unit makes before its sum. */
export interface SliceRange {
  readonly firstChannel: number;
  readonly channels: number;
}

export class UnitWalk {
  readonly nodes: readonly Int8Node[];
  readonly output: ValueId;
  /** Made and used up inside. */
  readonly inner: ReadonlySet<ValueId>;
  /** Read from outside, constants left out. */
  readonly outer: readonly ValueId[];
  /** Rows of the output, or of the input where they are added to sums as they come. */
  readonly total: number;
  /** Takes its input's rows as they come. */
  readonly sums: boolean;
  /** Empty: all channels at once. The last sliced node sums up. */
  readonly slices: readonly SliceRange[];
  /** Nodes that run once a slice. */
  readonly sliced: number;
  readonly #graph: Int8Graph;
  readonly #reads: Reads;
  readonly #slides: boolean;
  readonly #columns: number;

  constructor(graph: Int8Graph, reads: Reads, { unit, sumsOffsetBytes }: PlanUnit) {
    this.#graph = graph;
    this.#reads = reads;
    this.nodes = unit.nodes.map((id) => graph.nodes[id]);
    this.output = this.nodes[this.nodes.length - 1].output;
    this.inner = new Set(this.nodes.slice(0, -1).map((node) => node.output));
    const read = new Set(this.nodes.flatMap((node) => node.inputs));
    this.outer = [...read].filter((id) => !this.inner.has(id) && valueOf(graph, id).constant === null);
    this.sums = sumsOffsetBytes !== null;
    this.total = valueOf(graph, this.sums ? this.nodes[0].inputs[0] : this.output).shape.h;
    this.#slides = unit.slideColumns;
    this.#columns = unit.colsPerTile === 0 ? valueOf(graph, this.output).shape.w : unit.colsPerTile;
    const width = unit.sliceChannels;
    const channels = valueOf(graph, this.nodes[0].output).shape.c;
    // What lies between the first convolution and the sum works on each channel apart.
    const sumsAt = this.nodes.findIndex((node, k) => k > 0 && node.op.kind === 'conv2d' && node.op.groups === 1);
    this.sliced = width === undefined ? 0 : sumsAt + 1;
    this.slices =
      width === undefined
        ? []
        : Array.from({ length: Math.ceil(channels / width) }, (_, s) => ({
            firstChannel: s * width,
            channels: Math.min(width, channels - s * width),
          }));
  }

  /** Rows of every tensor for rows [y, y + rows) of the output; of a sum, those that it takes. */
  rows(y: number, rows: number): Windows {
    if (this.sums) return new Map([[this.outer[0], { lo: y, hi: y + rows, from: y }]]);
    return this.#back('h', y, y + rows, () => 0);
  }

  /** Columns of every tensor, tile by tile. */
  *tiles(): Iterable<Windows> {
    const { w } = valueOf(this.#graph, this.output).shape;
    const done = new Map<ValueId, number>();
    for (let x = 0; x < w; x += this.#columns) {
      const tile = this.#back('w', x, Math.min(w, x + this.#columns), (id) => (this.#slides ? (done.get(id) ?? 0) : 0));
      for (const [id, { hi }] of tile) done.set(id, Math.max(hi, done.get(id) ?? 0));
      yield tile;
    }
  }

  /** Windows of all tensors for outputs [lo, hi); of inner ones the positions below `kept` exist. */
  #back(axis: Axis, lo: number, hi: number, kept: (id: ValueId) => number): Windows {
    const windows = new Map<ValueId, Held>([[this.output, { lo, hi, from: lo }]]);
    for (const node of [...this.nodes].reverse()) {
      const made = windows.get(node.output);
      if (made === undefined) continue;
      node.inputs.forEach((id, index) => {
        const span =
          valueOf(this.#graph, id).constant === null ? this.#reads.span(node, index, axis, made.from, made.hi) : null;
        if (span === null) return;
        const old = windows.get(id) ?? { lo: span.lo, hi: span.hi };
        const keep = this.inner.has(id) ? kept(id) : 0;
        const held = { lo: Math.min(old.lo, span.lo), hi: Math.max(old.hi, span.hi, keep) };
        windows.set(id, { ...held, from: Math.min(held.hi, Math.max(held.lo, keep)) });
      });
    }
    return windows;
  }
}

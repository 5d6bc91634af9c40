/**
 * Tags of arena bytes: each tells which byte of which tensor is held. Tensors that a network computes are numbered
 * through, byte after byte; those that only move data (Reshape, Slice, Concat) hand the tags of their sources on.
 */

import { bytesOf, type Int8Graph, type Int8Node, type ValueId, valueOf } from '../ir/int8-graph.js';
import type { Shape } from '../ir/tensor.js';

/** Four bytes a tag unless the tensors of a network have more bytes than that can number. */
export type TagArray = Uint32Array | Float64Array;

/** A byte that nothing was written to, one of a step's scratch, and one of a fused region's counters and sums. */
export const untouchedTag = 0;
export const scratchTag = 1;
export const stateTag = 2;
const firstTag = 3;

/** The tags of a tensor's bytes: first, first + 1, ..., or those listed. */
export interface Tags {
  readonly length: number;
  readonly first: number;
  readonly listed: TagArray | null;
}

/** Puts tags [from, from + length) of a tensor at an arena offset. */
export function writeTags(arena: TagArray, at: number, tags: Tags, from: number, length: number): void {
  if (tags.listed !== null) arena.set(tags.listed.subarray(from, from + length), at);
  else for (let i = 0, tag = tags.first + from; i < length; i++) arena[at + i] = tag + i;
}

/** Of the bytes from an arena offset on that should carry tags [from, from + length), the first that does not; -1 where all do. */
export function firstWrongTag(arena: TagArray, at: number, tags: Tags, from: number, length: number): number {
  const { listed } = tags;
  if (listed !== null) {
    for (let i = 0; i < length; i++) if (arena[at + i] !== listed[from + i]) return i;
    return -1;
  }
  for (let i = 0, tag = tags.first + from; i < length; i++) if (arena[at + i] !== tag + i) return i;
  return -1;
}

/** Whether all bytes of an interval carry one tag. */
export function carryTag(arena: TagArray, from: number, to: number, tag: number): boolean {
  for (let i = from; i < to; i++) if (arena[i] !== tag) return false;
  return true;
}

const movesData: ReadonlySet<Int8Node['op']['kind']> = new Set(['reshape', 'slice', 'concat']);

/** The tags of every tensor of a graph. */
export class TagTable {
  private readonly memo = new Map<ValueId, Tags>();
  private readonly producers: ReadonlyMap<ValueId, Int8Node>;
  private readonly firsts = new Map<ValueId, number>();
  private readonly isWide: boolean;

  constructor(private readonly graph: Int8Graph) {
    this.producers = new Map(graph.nodes.map((n) => [n.output, n]));
    let next = firstTag;
    for (const value of graph.values.values()) {
      this.firsts.set(value.id, next);
      next += bytesOf(value);
    }
    this.isWide = next > 2 ** 32;
  }

  /** An arena, untouched. */
  array(bytes: number): TagArray {
    return this.isWide ? new Float64Array(bytes) : new Uint32Array(bytes);
  }

  of(value: ValueId): Tags {
    // Sources first, and without recursion: a hostile file may chain thousands of nodes that move data.
    for (const pending = [value]; pending.length > 0; ) {
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

  private derive(value: ValueId): Tags {
    const described = valueOf(this.graph, value);
    const { shape } = described;
    const length = bytesOf(described);
    const node = this.producers.get(value);
    switch (node?.op.kind) {
      case 'reshape':
        return this.of(node.inputs[0]);
      case 'slice': {
        const listed = this.array(length);
        const { start, step } = node.op;
        gather(listed, shape, this.of(node.inputs[0]), valueOf(this.graph, node.inputs[0]).shape, start, step);
        return { length, first: 0, listed };
      }
      case 'concat': {
        const listed = this.array(length);
        const offset = { h: 0, w: 0, c: 0 };
        for (const input of node.inputs) {
          const part = valueOf(this.graph, input).shape;
          scatter(listed, shape, this.of(input), part, offset);
          offset[node.op.axis] += part[node.op.axis];
        }
        return { length, first: 0, listed };
      }
      default:
        return { length, first: this.firsts.get(value)!, listed: null };
    }
  }
}

const tagAt = (tags: Tags, i: number): number => (tags.listed === null ? tags.first + i : tags.listed[i]);

function gather(to: TagArray, shape: Shape, from: Tags, source: Shape, start: Shape, step: Shape): void {
  let i = 0;
  for (let y = 0; y < shape.h; y++) {
    for (let x = 0; x < shape.w; x++) {
      const pixel = ((start.h + y * step.h) * source.w + start.w + x * step.w) * source.c;
      for (let c = 0; c < shape.c; c++) to[i++] = tagAt(from, pixel + start.c + c * step.c);
    }
  }
}

function scatter(to: TagArray, shape: Shape, from: Tags, part: Shape, offset: Shape): void {
  let i = 0;
  for (let y = 0; y < part.h; y++) {
    for (let x = 0; x < part.w; x++) {
      const pixel = ((offset.h + y) * shape.w + offset.w + x) * shape.c + offset.c;
      for (let c = 0; c < part.c; c++) to[pixel + c] = tagAt(from, i++);
    }
  }
}

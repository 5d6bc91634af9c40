/**
 * Which positions of its inputs a node reads, from the definition of its operator, output position by output position.
 * For the checker alone: the planner has a calculus of its own (schedule/receptive-field.ts), and nothing is shared.
 */

import { epilogueOf, type Int8Graph, type Int8Node, valueOf } from '../ir/int8-graph.js';

export type Axis = 'h' | 'w';

/** Positions [lo, hi). */
export interface Span {
  readonly lo: number;
  readonly hi: number;
}

/** The same for every output position: first position read and the one behind the last, empty where first >= last. */
interface Table {
  readonly first: Int32Array;
  readonly end: Int32Array;
}

export class Reads {
  readonly #graph: Int8Graph;
  readonly #tables = new Map<string, Table>();

  constructor(graph: Int8Graph) {
    this.#graph = graph;
  }

  /** From the first to the last position of input `index` that outputs [lo, hi) read; null where they read none. */
  span(node: Int8Node, index: number, axis: Axis, lo: number, hi: number): Span | null {
    const { first, end } = this.#table(node, index, axis);
    let [from, to] = [Infinity, 0];
    for (let at = lo; at < hi; at++) {
      if (first[at] >= end[at]) continue;
      from = Math.min(from, first[at]);
      to = Math.max(to, end[at]);
    }
    return from < to ? { lo: from, hi: to } : null;
  }

  #table(node: Int8Node, index: number, axis: Axis): Table {
    const key = `${node.id} ${index} ${axis}`;
    const known = this.#tables.get(key);
    if (known !== undefined) return known;
    const extent = valueOf(this.#graph, node.inputs[index]).shape[axis];
    const outputs = valueOf(this.#graph, node.output).shape[axis];
    const table = { first: new Int32Array(outputs).fill(extent), end: new Int32Array(outputs) };
    for (let at = 0; at < outputs; at++) {
      for (const position of this.#positions(node, index, axis, at, extent, outputs)) {
        if (position < 0 || position >= extent) continue;
        table.first[at] = Math.min(table.first[at], position);
        table.end[at] = Math.max(table.end[at], position + 1);
      }
    }
    this.#tables.set(key, table);
    return table;
  }

  /** What output position `at` looks at, padding included. */
  *#positions(
    node: Int8Node,
    index: number,
    axis: Axis,
    at: number,
    extent: number,
    outputs: number,
  ): Iterable<number> {
    const { op } = node;
    // Behind the first, the operands of an epilogue are read where the result is written, broadcast where they are smaller.
    if (index > 0 && epilogueOf(op) !== null) {
      yield extent === 1 ? 0 : at;
      return;
    }
    switch (op.kind) {
      case 'conv2d':
      case 'maxPool':
      case 'averagePool':
      case 'poolSums':
      case 'convTranspose2d': {
        const w = op.window;
        const [kernel, stride, dilation, pad] =
          axis === 'h' ? [w.kernelH, w.strideH, w.dilationH, w.padTop] : [w.kernelW, w.strideW, w.dilationW, w.padLeft];
        for (let tap = 0; tap <= (kernel - 1) * dilation; tap++) {
          // A tile holds what lies between dilated taps too; scattered ones are alone.
          if (op.kind !== 'convTranspose2d') yield at * stride - pad + tap;
          else if (tap % dilation === 0 && (at + pad - tap) % stride === 0) yield (at + pad - tap) / stride;
        }
        return;
      }
      case 'add':
      case 'mul':
      case 'min':
      case 'max':
      case 'elementwise':
        yield extent === 1 ? 0 : at;
        return;
      case 'slice':
        yield op.start[axis] + at * op.step[axis];
        return;
      case 'pad':
        yield padded(op.mode, at - op.before[axis], extent);
        return;
      case 'resize': {
        const table = axis === 'h' ? op.rows : op.columns;
        yield table.index0[at];
        if (op.mode === 'linear') yield table.index1[at];
        return;
      }
      case 'gather':
        yield op.axis === axis ? op.indices[at] : at;
        return;
      case 'concat': {
        const before = node.inputs.slice(0, index).map((id) => valueOf(this.#graph, id).shape[axis]);
        yield op.axis === axis ? at - before.reduce((a, b) => a + b, 0) : at;
        return;
      }
      case 'reshape':
      case 'transpose':
        if (op.kind === 'reshape' && extent === outputs && this.#keepsRows(node)) yield at;
        else for (let position = 0; position < extent; position++) yield position;
        return;
      case 'lut':
      case 'prelu':
      case 'softmax':
      case 'logSoftmax':
      case 'argMax':
      case 'floatPixels':
        yield at;
        return;
      default:
        throw new Error(`the checker does not know ${(op satisfies never as Int8Node['op']).kind}`);
    }
  }

  #keepsRows(node: Int8Node): boolean {
    const [from, to] = [node.inputs[0], node.output].map((id) => valueOf(this.#graph, id).shape);
    return from.h === to.h && from.w === to.w && from.c === to.c;
  }
}

function padded(mode: 'constant' | 'reflect' | 'edge', at: number, extent: number): number {
  if (mode === 'constant' || extent === 1) return mode === 'constant' ? at : 0;
  if (mode === 'edge') return Math.min(Math.max(at, 0), extent - 1);
  let position = at;
  while (position < 0 || position >= extent) position = position < 0 ? -position : 2 * (extent - 1) - position;
  return position;
}

/** The same operators on images of another size. */

import { type Graph, type Node, type Op, type Value, type ValueId, valueOfGraph } from '../ir/graph.js';
import { sameShape, type Shape } from '../ir/tensor.js';
import { dilated, type Window } from '../ir/window.js';

/** Sizes of all values where those in `changed` have others, or in words which operator does not take its input. */
export function withSizes(graph: Graph, changed: ReadonlyMap<ValueId, Shape>): Graph | string {
  const values = new Map<ValueId, Value>(
    [...graph.values].map(([id, value]) => [id, { ...value, shape: changed.get(id) ?? value.shape }]),
  );
  const nodes: Node[] = [];
  for (const node of graph.nodes) {
    const before = node.inputs.map((id) => valueOfGraph(graph, id).shape);
    const now = node.inputs.map((id) => values.get(id)?.shape ?? valueOfGraph(graph, id).shape);
    const output = valueOfGraph(graph, node.output);
    if (now.every((shape, i) => sameShape(shape, before[i]))) {
      nodes.push(node);
      continue;
    }
    const made = resized(node.op, before, now, output.shape);
    if (made === null) return `'${node.name}' (${node.op.kind}) does not take an image of another size`;
    values.set(node.output, { ...output, shape: made.shape });
    nodes.push(made.op === node.op ? node : { ...node, op: made.op });
  }
  const moved = graph.outputs.find(
    (io) => !sameShape(valueOfGraph(graph, io.value).shape, values.get(io.value)?.shape ?? { h: 0, w: 0, c: 0 }),
  );
  return moved === undefined ? { ...graph, values, nodes } : `the output '${moved.name}' would have another size`;
}

function resized(
  op: Op,
  before: readonly Shape[],
  now: readonly Shape[],
  output: Shape,
): { op: Op; shape: Shape } | null {
  const [x] = now;
  switch (op.kind) {
    case 'unary':
    case 'prelu':
    case 'softmax':
      return { op, shape: { ...x, c: output.c } };
    case 'conv2d': {
      const size = windowed(op.window, x);
      return size === null ? null : { op, shape: { ...size, c: output.c } };
    }
    case 'maxPool':
    case 'averagePool': {
      const { window: w } = op;
      const isGlobal = output.h * output.w === 1 && w.kernelH === before[0].h && w.kernelW === before[0].w;
      if (isGlobal) {
        const window = { ...w, kernelH: x.h, kernelW: x.w, strideH: 1, strideW: 1 };
        return { op: { ...op, window }, shape: { h: 1, w: 1, c: output.c } };
      }
      const size = windowed(w, x);
      return size === null ? null : { op, shape: { ...size, c: output.c } };
    }
    case 'binary': {
      const axis = (k: 'h' | 'w'): number | null => {
        const [a, b] = now.map((s) => s[k]);
        return a === b || b === 1 ? a : a === 1 ? b : null;
      };
      const [h, w] = [axis('h'), axis('w')];
      return h === null || w === null ? null : { op, shape: { h, w, c: output.c } };
    }
    case 'concat': {
      const alike = now.every((s) => s.h === x.h && s.w === x.w);
      return op.axis === 'c' && alike ? { op, shape: { ...x, c: output.c } } : null;
    }
    default:
      return null;
  }
}

function windowed(w: Window, x: Shape): { h: number; w: number } | null {
  const [spanH, spanW] = [dilated(w.kernelH, w.dilationH), dilated(w.kernelW, w.dilationW)];
  const h = Math.floor((x.h + w.padTop + w.padBottom - spanH) / w.strideH) + 1;
  const width = Math.floor((x.w + w.padLeft + w.padRight - spanW) / w.strideW) + 1;
  return h < 1 || width < 1 ? null : { h, w: width };
}

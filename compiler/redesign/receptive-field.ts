/** What each stage of a network sees of the image, what it computes, and what rows it keeps while it streams. */

import { type Graph, type Node, type ValueId, valueOfGraph } from '../ir/graph.js';
import { countMacs } from '../ir/graph-size.js';
import { dilated } from '../ir/window.js';

/** Consecutive nodes whose results have the same height and width. */
export interface StageField {
  /** From 1. */
  readonly stage: number;
  /** The last node of the stage. */
  readonly node: string;
  readonly height: number;
  readonly width: number;
  /** Rows or columns of the image, whichever are more, that one result of that node reads, padding counted. */
  readonly receptiveField: number;
  readonly macs: number;
  /** Rows of int8 that windows of the stage read at once: kernel rows x width x channels of each input. */
  readonly ringBytes: number;
}

/** Of one value: pixels of the image that an element reads, and their distance from those of its neighbour. */
interface Field {
  readonly size: readonly [number, number];
  readonly step: readonly [number, number];
}

const axes = ['h', 'w'] as const;

export function receptiveFields(graph: Graph): readonly StageField[] {
  const fields = new Map<ValueId, Field>();
  for (const io of graph.inputs) fields.set(io.value, { size: [1, 1], step: [1, 1] });
  const stages: { nodes: Node[]; height: number; width: number }[] = [];
  for (const node of graph.nodes) {
    fields.set(node.output, fieldOf(graph, node, fields));
    const { h: height, w: width } = valueOfGraph(graph, node.output).shape;
    const last = stages.at(-1);
    if (last !== undefined && last.height === height && last.width === width) last.nodes.push(node);
    else stages.push({ nodes: [node], height, width });
  }
  return stages.map(({ nodes, height, width }, i) => {
    const end = nodes[nodes.length - 1];
    return {
      stage: i + 1,
      node: end.name,
      height,
      width,
      receptiveField: Math.round(Math.max(...(fields.get(end.output)?.size ?? [1]))),
      macs: countMacs({ ...graph, nodes }),
      ringBytes: nodes.reduce((sum, node) => sum + ringBytes(graph, node), 0),
    };
  });
}

/** Height and width of a window, its stride in rows and columns of its input. */
function windowOf(graph: Graph, node: Node): { span: readonly [number, number]; stride: readonly [number, number] } {
  const { op } = node;
  const input = valueOfGraph(graph, node.inputs[0]).shape;
  const output = valueOfGraph(graph, node.output).shape;
  switch (op.kind) {
    case 'conv2d':
    case 'maxPool':
    case 'averagePool': {
      const w = op.window;
      return {
        span: [dilated(w.kernelH, w.dilationH), dilated(w.kernelW, w.dilationW)],
        stride: [w.strideH, w.strideW],
      };
    }
    case 'convTranspose2d': {
      const { window: w } = op;
      return {
        span: [
          Math.ceil(dilated(w.kernelH, w.dilationH) / w.strideH),
          Math.ceil(dilated(w.kernelW, w.dilationW) / w.strideW),
        ],
        stride: [1 / w.strideH, 1 / w.strideW],
      };
    }
    case 'resize': {
      const stride = axes.map((a) => input[a] / output[a]) as [number, number];
      return { span: op.mode === 'nearest' ? [1, 1] : [Math.min(2, input.h), Math.min(2, input.w)], stride };
    }
    case 'slice':
      return { span: [1, 1], stride: [Math.abs(op.step.h), Math.abs(op.step.w)] };
    case 'transpose':
      return { span: [input.h, input.w], stride: [1, 1] };
    case 'reshape':
      return input.h === output.h && input.w === output.w
        ? { span: [1, 1], stride: [1, 1] }
        : { span: [input.h, input.w], stride: [1, 1] };
    default:
      return { span: [1, 1], stride: [1, 1] };
  }
}

function fieldOf(graph: Graph, node: Node, fields: ReadonlyMap<ValueId, Field>): Field {
  const read = node.inputs.flatMap((id) => fields.get(id) ?? []);
  if (read.length === 0) return { size: [0, 0], step: [1, 1] };
  const { span, stride } = windowOf(graph, node);
  const most = (of: (f: Field) => number): number => Math.max(...read.map(of));
  const along = (i: 0 | 1): readonly [number, number] => {
    const step = most((f) => f.step[i]);
    return [most((f) => f.size[i]) + (span[i] - 1) * step, step * stride[i]];
  };
  const [[h, stepH], [w, stepW]] = [along(0), along(1)];
  return { size: [h, w], step: [stepH, stepW] };
}

function ringBytes(graph: Graph, node: Node): number {
  const [rows] = windowOf(graph, node).span;
  const { h, w, c } = valueOfGraph(graph, node.inputs[0]).shape;
  const { op } = node;
  const hasRows = op.kind !== 'reshape' && op.kind !== 'transpose' && rows > 1 && h > 1;
  // A pool over the whole image adds rows up as they come.
  const isGlobal = op.kind === 'averagePool' && rows >= h;
  return hasRows && !isGlobal ? Math.min(rows, h) * w * c : 0;
}

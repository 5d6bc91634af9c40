/** The rules of a Graph: what every pass may rely on and must keep. */

import type { Graph, Node, Op, Value, ValueId } from './graph.js';
import { elements, formatShape, sameShape } from './tensor.js';
import type { IoLayout, Shape } from './tensor.js';
import { dilated } from './window.js';
import type { Window } from './window.js';

/** What is wrong with the graph, one sentence each; empty when nothing is. */
export function verifyGraph(graph: Graph): string[] {
  const problems: string[] = [];
  const defined = new Set<ValueId>();
  const value = (id: ValueId): Value | undefined => graph.values.get(id);
  for (const [id, v] of graph.values) {
    if (v.id !== id) problems.push(`value ${id} calls itself ${v.id}`);
    problems.push(...checkValue(v));
    if (v.constant !== null) defined.add(id);
  }
  for (const io of graph.inputs) {
    if (!graph.values.has(io.value)) problems.push(`input '${io.name}' has no value`);
    defined.add(io.value);
    problems.push(...checkLayout(io.name, io.layout, value(io.value)));
  }
  const names = new Set<string>();
  for (const node of graph.nodes) {
    if (names.has(node.name)) problems.push(`two nodes are called '${node.name}'`);
    names.add(node.name);
    for (const input of node.inputs)
      if (!defined.has(input)) problems.push(`'${node.name}' reads value ${input} before it is written`);
    if (defined.has(node.output)) problems.push(`'${node.name}' writes value ${node.output}, which exists already`);
    defined.add(node.output);
    const inputs = node.inputs.map(value);
    const output = value(node.output);
    if (output === undefined || inputs.includes(undefined))
      problems.push(`'${node.name}' uses values that do not exist`);
    else
      problems.push(...checkNode(node, inputs as Value[], output).map((p) => `'${node.name}' (${node.op.kind}): ${p}`));
  }
  for (const io of graph.outputs) {
    if (!defined.has(io.value)) problems.push(`output '${io.name}' is never written`);
    problems.push(...checkLayout(io.name, io.layout, value(io.value)));
  }
  if (graph.outputs.length === 0) problems.push('the graph has no output');
  return problems;
}

function checkValue(v: Value): string[] {
  const problems: string[] = [];
  const { h, w, c } = v.shape;
  if (![h, w, c].every((n) => Number.isInteger(n) && n >= 1))
    problems.push(`value ${v.id} has the shape ${formatShape(v.shape)}`);
  if (v.constant !== null && v.constant.length !== elements(v.shape))
    problems.push(`constant ${v.id} has ${v.constant.length} elements`);
  if ((v.dtype === 'int8') !== (v.quant !== null))
    problems.push(`value ${v.id} is ${v.dtype} ${v.quant === null ? 'without' : 'with'} a quantisation`);
  if (v.quant !== null) {
    const { scale, zeroPoint } = v.quant;
    if (!(Number.isFinite(scale) && scale > 0)) problems.push(`value ${v.id} has the scale ${scale}`);
    if (!Number.isInteger(zeroPoint) || zeroPoint < -128 || zeroPoint > 127)
      problems.push(`value ${v.id} has the zero point ${zeroPoint}`);
  }
  return problems;
}

function checkLayout(name: string, layout: IoLayout, value: Value | undefined): string[] {
  const product = (list: readonly number[]): number => list.reduce((a, b) => a * b, 1);
  const count = value === undefined ? 0 : elements(value.shape);
  const order = [...layout.order].sort((a, b) => a - b);
  if (product(layout.factors) !== count || product(layout.onnxShape) !== count)
    return [`the layout of '${name}' does not have ${count} elements`];
  return order.length === layout.factors.length && order.every((o, i) => o === i)
    ? []
    : [`the layout of '${name}' has the order [${layout.order.join(', ')}]`];
}

function checkNode(node: Node, inputs: readonly Value[], output: Value): string[] {
  const { op } = node;
  const arity = op.kind === 'binary' ? 2 : op.kind === 'concat' ? inputs.length : 1;
  if (inputs.length !== arity || inputs.length === 0) return [`${inputs.length} inputs`];
  const wanted = expectedShape(
    op,
    inputs.map((v) => v.shape),
    output.shape,
  );
  if (typeof wanted === 'string') return [wanted];
  const shapes = sameShape(wanted, output.shape)
    ? []
    : [`its result is ${formatShape(output.shape)}, not ${formatShape(wanted)}`];
  return [...shapes, ...checkConstants(op, inputs)];
}

/** The shape that an operator gives, or what is wrong with its inputs. */
function expectedShape(op: Op, inputs: readonly Shape[], output: Shape): Shape | string {
  const [x] = inputs;
  switch (op.kind) {
    case 'conv2d':
      return { ...windowed(op.window, x, null), c: op.outChannels };
    case 'convTranspose2d':
      return { ...output, c: op.outChannels };
    case 'maxPool':
    case 'averagePool':
      return { ...windowed(op.window, x, output), c: x.c };
    case 'binary':
      return broadcast(inputs[0], inputs[1]);
    case 'unary':
    case 'prelu':
    case 'softmax':
      return x;
    case 'argMax':
      return { ...x, c: 1 };
    case 'concat': {
      const total = inputs.reduce((sum, s) => sum + s[op.axis], 0);
      const alike = inputs.every((s) => sameShape({ ...s, [op.axis]: 1 }, { ...x, [op.axis]: 1 }));
      return alike ? { ...x, [op.axis]: total } : 'its parts differ in other axes';
    }
    case 'slice':
      return sliceFits(op.start, op.step, x, output) ? output : 'it reads outside its input';
    case 'pad':
      return {
        h: x.h + op.before.h + op.after.h,
        w: x.w + op.before.w + op.after.w,
        c: x.c + op.before.c + op.after.c,
      };
    case 'resize':
      return { h: op.rows.index0.length, w: op.columns.index0.length, c: x.c };
    case 'transpose':
    case 'reshape':
      return elements(x) === elements(output) ? output : `it makes ${elements(output)} elements of ${elements(x)}`;
    case 'gather':
      return { ...x, [op.axis]: op.indices.length };
  }
}

function broadcast(a: Shape, b: Shape): Shape | string {
  const join = (m: number, n: number): number => (m === 1 ? n : n === 1 || m === n ? m : NaN);
  const shape = { h: join(a.h, b.h), w: join(a.w, b.w), c: join(a.c, b.c) };
  return [shape.h, shape.w, shape.c].some(Number.isNaN)
    ? `${formatShape(a)} and ${formatShape(b)} do not broadcast`
    : shape;
}

/** Output size of a window; a pool that rounds up may have one more where a window still starts in the image. */
function windowed(w: Window, x: Shape, pooled: Shape | null): { h: number; w: number } {
  const axis = (
    n: number,
    kernel: number,
    stride: number,
    before: number,
    after: number,
    out: number | undefined,
  ): number => {
    const floor = Math.floor((n + before + after - kernel) / stride) + 1;
    return out === floor + 1 && floor * stride < n + before ? out : floor;
  };
  return {
    h: axis(x.h, dilated(w.kernelH, w.dilationH), w.strideH, w.padTop, w.padBottom, pooled?.h),
    w: axis(x.w, dilated(w.kernelW, w.dilationW), w.strideW, w.padLeft, w.padRight, pooled?.w),
  };
}

function sliceFits(start: Shape, step: Shape, x: Shape, output: Shape): boolean {
  return (['h', 'w', 'c'] as const).every((k) => {
    const last = start[k] + (output[k] - 1) * step[k];
    return start[k] >= 0 && start[k] < x[k] && last >= 0 && last < x[k] && step[k] !== 0;
  });
}

/** Weights, biases, tables and permutations have the sizes that the shapes ask for. */
function checkConstants(op: Op, inputs: readonly Value[]): string[] {
  const [{ shape: x }] = inputs;
  switch (op.kind) {
    case 'conv2d':
    case 'convTranspose2d': {
      const expected = op.outChannels * op.window.kernelH * op.window.kernelW * (x.c / op.groups);
      const problems: string[] = [];
      if (x.c % op.groups !== 0 || op.outChannels % op.groups !== 0)
        problems.push(`${op.groups} groups of ${x.c} and ${op.outChannels} channels`);
      if (op.weights.data.length !== expected) problems.push(`${op.weights.data.length} weights, not ${expected}`);
      if (op.weights.kind === 'quantised' && op.weights.scales.length !== op.outChannels)
        problems.push(`${op.weights.scales.length} weight scales`);
      if (op.bias !== null && op.bias.data.length !== op.outChannels) problems.push(`${op.bias.data.length} biases`);
      return problems;
    }
    case 'prelu':
      return op.slopes.length === x.c ? [] : [`${op.slopes.length} slopes`];
    case 'gather':
      return op.indices.every((i) => i >= 0 && i < x[op.axis]) ? [] : ['it gathers outside its input'];
    case 'transpose': {
      const isPermutation =
        [...op.perm].sort((a, b) => a - b).every((p, i) => p === i) && op.perm.length === op.dims.length;
      return isPermutation && op.dims.reduce((a, b) => a * b, 1) === elements(x) ? [] : ['its dims or perm are wrong'];
    }
    case 'resize': {
      const inside = (axis: { index0: Int32Array; index1: Int32Array }, size: number): boolean =>
        [axis.index0, axis.index1].every((list) => list.every((i) => i >= 0 && i < size));
      return inside(op.rows, x.h) && inside(op.columns, x.w) ? [] : ['it samples outside its input'];
    }
    default:
      return [];
  }
}

/**
 * A float network written out as one `nn.Module` in plain PyTorch: tensors are N x C x H x W, weights come from a file. Every line of
 * `forward` is one node. What cannot be written so is named.
 */

import { countMacs } from '../ir/graph-size.js';
import {
  type Conv2d,
  floatBias,
  floatWeights,
  type Graph,
  type Node,
  type ResizeAxis,
  type ValueId,
  valueOfGraph,
} from '../ir/graph.js';
import type { IoLayout, Shape } from '../ir/tensor.js';
import type { Window } from '../ir/window.js';
import { clamped, expression } from './expression.js';
import { comment, literal, PythonNames, tuple } from './python-names.js';

export interface ArrayFile {
  readonly shape: readonly number[];
  readonly data: Float32Array | Int32Array;
}

export interface NetworkSource {
  /** The class. */
  readonly text: string;
  /** By parameter or buffer: what the module's state is loaded from. */
  readonly arrays: ReadonlyMap<string, ArrayFile>;
  /** Attribute names of the convolutions by node, in the graph's order. */
  readonly convolutions: ReadonlyMap<string, string>;
}

/** The parts of a class: lines of `forward` by node, so that another class can order them anew. */
export interface NetworkParts {
  readonly documentation: string;
  readonly init: readonly string[];
  /** Names of the arguments. */
  readonly given: readonly string[];
  /** Before the first node. */
  readonly prologue: readonly string[];
  readonly lines: ReadonlyMap<Node, string>;
  /** The variable that holds a value. */
  readonly variables: ReadonlyMap<ValueId, string>;
  readonly results: readonly string[];
  readonly arrays: ReadonlyMap<string, ArrayFile>;
  readonly convolutions: ReadonlyMap<string, string>;
}

/** A node that PyTorch does not train as it is written here. */
export class NotTrainable extends Error {}

export function networkSource(graph: Graph, className: string): NetworkSource {
  const parts = networkParts(graph, 'Conv');
  const text = classText(className, 'nn.Module', parts, [...parts.lines.values()]);
  return { text, arrays: parts.arrays, convolutions: parts.convolutions };
}

/** `convClass` names the class of the convolutions. */
export const networkParts = (graph: Graph, convClass: string): NetworkParts =>
  new NetworkWriter(graph, convClass).write();

export function classText(name: string, base: string, parts: NetworkParts, body: readonly string[]): string {
  const lines = [
    `class ${name}(${base}):`,
    `    """${parts.documentation}"""`,
    '',
    '    def __init__(self):',
    '        super().__init__()',
    ...parts.init.map((line) => `        ${line}`),
    '',
    `    def forward(self, ${parts.given.join(', ')}):`,
    ...[...parts.prologue, ...body].map((line) => `        ${line}`),
    `        return ${parts.results.join(', ')}`,
  ];
  return `${lines.join('\n')}\n`;
}

class NetworkWriter {
  readonly #graph: Graph;
  readonly #names = new PythonNames();
  readonly #variables = new Map<ValueId, string>();
  readonly #arrays = new Map<string, ArrayFile>();
  readonly #convolutions = new Map<string, string>();
  readonly #init: string[] = [];
  readonly #lines = new Map<Node, string>();
  readonly #convClass: string;

  constructor(graph: Graph, convClass: string) {
    this.#graph = graph;
    this.#convClass = convClass;
  }

  write(): NetworkParts {
    const { inputs, outputs, nodes, values, name } = this.#graph;
    const prologue: string[] = [];
    const given = inputs.map((io) => this.#names.take(io.name, 'input'));
    inputs.forEach((io, i) => {
      this.#variables.set(io.value, given[i]);
      const text = fromFile(given[i], io.layout, valueOfGraph(this.#graph, io.value).shape);
      if (text !== given[i]) prologue.push(`${given[i]} = ${text}`);
    });
    for (const value of values.values()) {
      if (value.constant === null) continue;
      const attribute = this.#names.take(value.name, 'constant');
      const { h, w, c } = value.shape;
      this.#arrays.set(attribute, {
        shape: [1, c, h, w],
        data: toNchw(Float32Array.from(value.constant), value.shape),
      });
      this.#init.push(`self.register_buffer("${attribute}", torch.zeros(1, ${c}, ${h}, ${w}))`);
      this.#variables.set(value.id, `self.${attribute}`);
    }
    for (const node of nodes) this.#node(node);
    const results = outputs.map((io) =>
      toFile(this.#read(io.value), io.layout, valueOfGraph(this.#graph, io.value).shape),
    );
    const plainName = comment(name === '' ? 'network' : name)
      .replaceAll('\\', '/')
      .replaceAll('"', "'");
    return {
      documentation: `${plainName}: ${nodes.length} nodes, ${(countMacs(this.#graph) / 1e6).toFixed(1)} M multiply-accumulates.`,
      init: this.#init,
      given,
      prologue,
      lines: this.#lines,
      variables: this.#variables,
      results,
      arrays: this.#arrays,
      convolutions: this.#convolutions,
    };
  }

  #read(id: ValueId): string {
    const variable = this.#variables.get(id);
    if (variable === undefined) throw new Error(`value ${id} is read before it is written`);
    return variable;
  }

  #shape = (id: ValueId): Shape => valueOfGraph(this.#graph, id).shape;

  #node(node: Node): void {
    const variable = this.#names.take(node.name, node.op.kind.toLowerCase());
    this.#lines.set(node, `${variable} = ${this.#result(node, variable)}`);
    this.#variables.set(node.output, variable);
  }

  #result(node: Node, variable: string): string {
    const { op } = node;
    const inputs = node.inputs.map((id) => this.#read(id));
    const [x] = inputs;
    const input = this.#shape(node.inputs[0]);
    const output = this.#shape(node.output);
    switch (op.kind) {
      case 'conv2d':
        return this.#convolution(node, op, variable, x);
      case 'binary': {
        const [a, b] = inputs;
        const sign = { add: '+', sub: '-', mul: '*', div: '/' } as const;
        const text = op.fn === 'min' || op.fn === 'max' ? `torch.${op.fn}imum(${a}, ${b})` : `${a} ${sign[op.fn]} ${b}`;
        return clamped(text, op.clamp.min, op.clamp.max);
      }
      case 'unary':
        return expression(op.expr, x);
      case 'prelu': {
        const slopes = this.#array(`${variable}_slope`, [output.c], Float32Array.from(op.slopes));
        return `F.prelu(${x}, ${slopes})`;
      }
      case 'maxPool':
        return clamped(
          `F.max_pool2d(${padded(x, op.window, '-inf')}, ${geometry(op.window)}, dilation=${tuple([op.window.dilationH, op.window.dilationW])})`,
          op.clamp.min,
          op.clamp.max,
        );
      case 'averagePool':
        return clamped(averagePool(x, op.window, op.countIncludePad, input), op.clamp.min, op.clamp.max);
      case 'softmax':
        return `${op.log ? 'F.log_softmax' : 'F.softmax'}(${x}, 1)`;
      case 'concat':
        return `torch.cat((${inputs.join(', ')}), ${axisOf[op.axis]})`;
      case 'slice': {
        const { start, step } = op;
        if (step.h < 1 || step.w < 1 || step.c < 1) throw this.#refused(node);
        const part = (s: number, by: number, n: number): string =>
          `${s}:${s + by * (n - 1) + 1}${by === 1 ? '' : `:${by}`}`;
        return `${x}[:, ${part(start.c, step.c, output.c)}, ${part(start.h, step.h, output.h)}, ${part(start.w, step.w, output.w)}]`;
      }
      case 'pad': {
        const { before: b, after: a } = op;
        const mode = { constant: `value=${literal(op.value)}`, reflect: 'mode="reflect"', edge: 'mode="replicate"' }[
          op.mode
        ];
        if (op.mode !== 'constant' && b.c + a.c > 0) throw this.#refused(node);
        const sides = [b.w, a.w, b.h, a.h, ...(b.c + a.c > 0 ? [b.c, a.c] : [])];
        return `F.pad(${x}, ${tuple(sides)}, ${mode})`;
      }
      case 'resize':
        return this.#along(this.#along(x, `${variable}_rows`, 2, op.rows), `${variable}_columns`, 3, op.columns);
      case 'transpose':
        return `in_memory(${x}, ${tuple(op.dims)}, ${tuple(op.perm)}, ${tuple([output.h, output.w, output.c])})`;
      case 'reshape':
        return `in_memory(${x}, (${input.h * input.w * input.c},), (0,), ${tuple([output.h, output.w, output.c])})`;
      case 'gather': {
        const indices = this.#array(`${variable}_indices`, [op.indices.length], op.indices);
        return `${x}.index_select(${axisOf[op.axis]}, ${indices})`;
      }
      default:
        throw this.#refused(node);
    }
  }

  #refused(node: Node): NotTrainable {
    return new NotTrainable(`'${comment(node.name)}' (${node.op.kind}) is not written in PyTorch`);
  }

  #convolution(node: Node, op: Conv2d, variable: string, x: string): string {
    const { window: w, groups, outChannels } = op;
    const input = this.#shape(node.inputs[0]);
    const inner = input.c / groups;
    const arguments_ = [
      input.c,
      outChannels,
      tuple([w.kernelH, w.kernelW]),
      tuple([w.strideH, w.strideW]),
      tuple([w.padTop, w.padLeft, w.padBottom, w.padRight]),
      tuple([w.dilationH, w.dilationW]),
      groups,
      tuple([literal(op.clamp.min), literal(op.clamp.max)]),
    ];
    this.#init.push(`self.${variable} = ${this.#convClass}(${arguments_.join(', ')})  # ${comment(node.name)}`);
    this.#arrays.set(`${variable}.weight`, {
      shape: [outChannels, inner, w.kernelH, w.kernelW],
      data: toOihw(floatWeights(op), outChannels, w.kernelH * w.kernelW, inner),
    });
    this.#arrays.set(`${variable}.bias`, { shape: [outChannels], data: Float32Array.from(floatBias(op)) });
    this.#convolutions.set(node.name, variable);
    return `self.${variable}(${x})`;
  }

  #array(name: string, shape: readonly number[], data: Float32Array | Int32Array): string {
    const zeros = `torch.zeros(${tuple(shape)}${data instanceof Int32Array ? ', dtype=torch.int32' : ''})`;
    this.#arrays.set(name, { shape, data });
    this.#init.push(`self.register_buffer("${name}", ${zeros})`);
    return `self.${name}`;
  }

  #along(x: string, name: string, axis: number, { index0, index1, weight1, denominator }: ResizeAxis): string {
    if (index0.every((at, i) => at === i) && weight1.every((w) => w === 0)) return x;
    const first = this.#array(`${name}_0`, [index0.length], index0);
    if (weight1.every((w) => w === 0)) return `${x}.index_select(${axis}, ${first})`;
    const second = this.#array(`${name}_1`, [index1.length], index1);
    const share = Float32Array.from(weight1, (w) => w / denominator);
    const shape = axis === 2 ? [share.length, 1] : [share.length];
    return `torch.lerp(${x}.index_select(${axis}, ${first}), ${x}.index_select(${axis}, ${second}), ${this.#array(`${name}_share`, shape, share)})`;
  }
}

const axisOf = { c: 1, h: 2, w: 3 } as const;

const geometry = (w: Window): string => `${tuple([w.kernelH, w.kernelW])}, ${tuple([w.strideH, w.strideW])}`;

const hasPads = (w: Window): boolean => w.padTop + w.padLeft + w.padBottom + w.padRight > 0;

function padded(x: string, w: Window, value: string): string {
  if (!hasPads(w)) return x;
  const filler = value === '0' ? '' : `, value=float("${value}")`;
  return `F.pad(${x}, ${tuple([w.padLeft, w.padRight, w.padTop, w.padBottom])}${filler})`;
}

function averagePool(x: string, w: Window, countIncludePad: boolean, input: Shape): string {
  if (!hasPads(w) && w.kernelH === input.h && w.kernelW === input.w) return `${x}.mean((2, 3), keepdim=True)`;
  const mean = `F.avg_pool2d(${padded(x, w, '0')}, ${geometry(w)})`;
  if (countIncludePad || !hasPads(w)) return mean;
  return `${mean} / F.avg_pool2d(${padded(`torch.ones_like(${x})`, w, '0')}, ${geometry(w)})`;
}

/** N x C x H x W of a tensor that the file has in a layout of its own. */
function fromFile(x: string, layout: IoLayout, { h, w, c }: Shape): string {
  const { onnxShape, factors, order } = layout;
  if (isNchw(layout)) return x;
  const stored = order.map((axis) => factors[axis]);
  const inverse = factors.map((_, axis) => order.indexOf(axis) + 1);
  const batch = onnxShape.length > 0 ? `${x}.shape[0]` : '1';
  return `${x}.reshape(${[batch, ...stored].join(', ')}).permute(${[0, ...inverse].join(', ')}).reshape(-1, ${h}, ${w}, ${c}).permute(0, 3, 1, 2)`;
}

function toFile(x: string, layout: IoLayout, _: Shape): string {
  const { onnxShape, factors, order } = layout;
  if (isNchw(layout)) return x;
  const permuted = `${x}.permute(0, 2, 3, 1).reshape(${[-1, ...factors].join(', ')}).permute(${[0, ...order.map((a) => a + 1)].join(', ')})`;
  return `${permuted}.reshape(${[-1, ...onnxShape.slice(1)].join(', ')})`;
}

const isNchw = ({ onnxShape, factors, order }: IoLayout): boolean =>
  onnxShape.length === 4 && factors.length === 3 && order.join() === '2,0,1' && onnxShape[1] === factors[2];

/** HWC to CHW. */
function toNchw(data: Float32Array, { h, w, c }: Shape): Float32Array {
  const out = new Float32Array(data.length);
  for (let y = 0, i = 0; y < h; y++)
    for (let x = 0; x < w; x++) for (let k = 0; k < c; k++, i++) out[(k * h + y) * w + x] = data[i];
  return out;
}

/** OHWI to OIHW. */
function toOihw(data: Float32Array, outputs: number, taps: number, inner: number): Float32Array {
  const out = new Float32Array(data.length);
  for (let o = 0, i = 0; o < outputs; o++)
    for (let t = 0; t < taps; t++) for (let k = 0; k < inner; k++, i++) out[(o * inner + k) * taps + t] = data[i];
  return out;
}

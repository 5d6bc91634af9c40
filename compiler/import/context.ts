/** What a converter sees of the node it converts: inputs, attributes, and where to put results. */

import type { Domain } from './raw-graph.js';
import type { Origin, RawBuilder, View } from './raw-builder.js';
import type { Constant, ElementType } from './constant.js';
import { isFloatType } from './constant.js';
import type { OnnxNode } from './onnx-model.js';
import { NodeProblem } from './problems.js';
import type { Diagnostic, DiagnosticCode } from '../diagnostics.js';
import { layoutOf, shapeOf } from './view.js';

/** A tensor computed from the network's inputs. */
export interface Activation {
  readonly kind: 'activation';
  readonly view: View;
  readonly type: ElementType;
}

/** What a tensor name stands for; `poison`: its producer could not be converted. */
export type Entry =
  | Activation
  | { readonly kind: 'constant'; readonly constant: Constant }
  | { readonly kind: 'poison' };

/** What converters of all nodes share. */
export interface NetworkState {
  readonly builder: RawBuilder;
  /** By tensor name. */
  readonly entries: Map<string, Entry>;
  /** Tensor names that a node or a network output reads. */
  readonly read: ReadonlySet<string>;
  readonly warn: (diagnostic: Diagnostic) => void;
}

export class NodeContext {
  readonly node: OnnxNode;
  /** Version of the node's operator set. */
  readonly opset: number;
  readonly builder: RawBuilder;
  readonly #network: NetworkState;

  constructor(node: OnnxNode, opset: number, network: NetworkState) {
    this.node = node;
    this.opset = opset;
    this.builder = network.builder;
    this.#network = network;
  }

  get origin(): Origin {
    return { node: this.node.name, source: this.node.op, tensor: this.node.outputs[0] };
  }

  warn(code: DiagnosticCode, message: string, hint?: string): void {
    this.#network.warn({
      code,
      severity: 'warning',
      message,
      node: this.node.name,
      ...(hint === undefined ? {} : { hint }),
    });
  }

  /** A limit of the operator's table entry. */
  unsupported(message: string, hint?: string): never {
    throw new NodeProblem('E204', message, hint);
  }

  shapeProblem(message: string): never {
    throw new NodeProblem('E303', message);
  }

  // --- inputs ----------------------------------------------------------------------------------------------

  has(index: number): boolean {
    const name = this.node.inputs[index];
    return name !== undefined && name !== '';
  }

  entry(index: number): Entry {
    const name = this.node.inputs[index];
    const entry = name === undefined || name === '' ? undefined : this.#network.entries.get(name);
    if (entry === undefined) throw new NodeProblem('E103', `input ${index} of ${this.node.op} is missing`);
    return entry;
  }

  /** A tensor of the network; a constant only where the caller asks for one. */
  activation(index: number): Activation {
    const entry = this.entry(index);
    if (entry.kind === 'activation') return entry;
    return this.unsupported(
      `input ${index} ('${this.node.inputs[index]}') is a constant; a tensor of the network is expected`,
    );
  }

  constant(index: number): Constant {
    const entry = this.entry(index);
    if (entry.kind === 'constant') return entry.constant;
    return this.unsupported(
      `input ${index} ('${this.node.inputs[index]}') must be a constant; here it depends on the network's input`,
    );
  }

  optionalConstant(index: number): Constant | null {
    return this.has(index) ? this.constant(index) : null;
  }

  /** Real numbers; anything else is refused. */
  real(index: number): Activation {
    const x = this.activation(index);
    this.requireDomain(x, 'real', index);
    return x;
  }

  requireDomain(x: Activation, domain: Domain, index: number): void {
    const is = this.domain(x);
    if (is === 'index') {
      this.unsupported(
        `input ${index} ('${this.node.inputs[index]}') holds indices of ArgMax or ArgMin; ${this.node.op} of them is not supported`,
        'End the model at the indices, which may be cast, and go on in your application.',
      );
    }
    if (is !== domain) {
      this.unsupported(
        `input ${index} ('${this.node.inputs[index]}') is ${x.type}; ${this.node.op} is supported on ` +
          (domain === 'real' ? 'floating-point tensors' : 'int8 and uint8 tensors'),
      );
    }
  }

  domain(x: Activation): Domain {
    return this.builder.values[x.view.value].domain;
  }

  /** An activation, or a floating-point constant as one. */
  operand(index: number): Activation {
    const entry = this.entry(index);
    if (entry.kind === 'activation') return entry;
    if (entry.kind === 'poison') return this.activation(index);
    return {
      kind: 'activation',
      view: constantView(this.builder, entry.constant, this.node.inputs[index]),
      type: entry.constant.type,
    };
  }

  // --- attributes ------------------------------------------------------------------------------------------

  #attribute<K extends string>(name: string, kind: K) {
    const a = this.node.attributes.get(name);
    if (a === undefined) return undefined;
    if (a.kind !== kind) throw new NodeProblem('E107', `attribute ${name} is ${a.kind}, expected ${kind}`);
    return a as Extract<typeof a, { kind: K }>;
  }

  int(name: string, fallback: number): number {
    return this.#attribute(name, 'int')?.value ?? fallback;
  }

  /** A float32, defaults too. */
  float(name: string, fallback: number): number {
    return Math.fround(this.#attribute(name, 'float')?.value ?? fallback);
  }

  string(name: string, fallback: string): string {
    return this.#attribute(name, 'string')?.value ?? fallback;
  }

  ints(name: string): readonly number[] | null {
    return this.#attribute(name, 'ints')?.values ?? null;
  }

  floats(name: string): readonly number[] | null {
    return this.#attribute(name, 'floats')?.values ?? null;
  }

  /** Integers given as an attribute in old operator versions and as a constant input in newer ones. */
  intsAttributeOrInput(name: string, index: number): readonly number[] | null {
    const attribute = this.ints(name);
    if (attribute !== null) return attribute;
    return this.has(index) ? Array.from(this.constant(index).data) : null;
  }

  // --- results ---------------------------------------------------------------------------------------------

  set(index: number, entry: Entry): void {
    const name = this.node.outputs[index];
    if (name !== undefined && name !== '') this.#network.entries.set(name, entry);
  }

  result(view: View, type: ElementType): void {
    this.set(0, { kind: 'activation', view, type });
  }

  resultConstant(constant: Constant): void {
    this.set(0, { kind: 'constant', constant });
  }

  /** Whether anything reads an output behind the first. */
  get readsFurtherOutputs(): boolean {
    return this.node.outputs.slice(1).some((o) => o !== '' && this.#network.read.has(o));
  }

  /** Refuses a second output that something reads. */
  onlyFirstOutput(reason: string): void {
    if (this.readsFurtherOutputs) this.unsupported(reason);
  }

  /** Axes of a tensor, counted from the end where negative; checked. */
  axes(axes: readonly number[], rank: number): number[] {
    return axes.map((a) => this.axis(a, rank));
  }

  axis(axis: number, rank: number): number {
    const a = axis < 0 ? axis + rank : axis;
    if (!Number.isInteger(a) || a < 0 || a >= rank)
      this.shapeProblem(`axis ${axis} does not exist in a tensor of rank ${rank}`);
    return a;
  }
}

/** A constant as a value of the network, in the constant's own order. */
export function constantView(builder: RawBuilder, constant: Constant, name: string): View {
  if (!isFloatType(constant.type)) {
    throw new NodeProblem('E204', `constant '${name}' of ${constant.type} meets a floating-point tensor`);
  }
  if (constant.data.length === 0) throw new NodeProblem('E303', `constant '${name}' has no elements`);
  const q = constant.quantised;
  const shift = q?.codeType === 'uint8' ? 128 : 0;
  const isPlain = q !== null && q.axis === null && (q.codeType === 'int8' || q.codeType === 'uint8') && q.scales[0] > 0;
  const layout = layoutOf(constant.dims);
  const value = builder.newValue(name, { h: 1, w: 1, c: constant.data.length }, 'real', {
    real: Float32Array.from(constant.data),
    codes: isPlain ? Int8Array.from(q.codes, (code) => code - shift) : null,
    quant: isPlain ? { scale: q.scales[0], zeroPoint: q.zeroPoints[0] - shift } : null,
  });
  return { value, ...layout };
}

export const dimsOf = (x: Activation): number[] => shapeOf(x.view);

/** What the lowering of one graph shares: the integer program under construction, code ranges, problems. */

import type { Diagnostic, DiagnosticCode } from '../diagnostics.js';
import type { Graph, Node, Value } from '../ir/graph.js';
import { float32Bytes, type Int8Node, type Int8Op, type Int8Value, type ValueId } from '../ir/int8-graph.js';
import type { Quant, Shape } from '../ir/tensor.js';
import { fullRange, imageOf, rangeOfConstant, type CodeRange } from './ranges.js';
import { requantisationTable } from './table.js';

/** A node that cannot be lowered; `lowerToInt8` collects these. */
export class LoweringProblem extends Error {
  readonly diagnostic: Diagnostic;
  constructor(diagnostic: Diagnostic) {
    super(diagnostic.message);
    this.diagnostic = diagnostic;
  }
}

export interface Emission {
  readonly op: Int8Op;
  readonly inputs: readonly ValueId[];
  readonly range: CodeRange | null;
  /** What the result is, where the graph does not say: a real number has no type of its own. */
  readonly result?: { readonly dtype: 'int8' | 'int32'; readonly quant: Quant | null };
  readonly macs?: number;
  readonly deviations?: { readonly off: number; readonly of: number };
}

function readersOf(graph: Graph): ReadonlyMap<ValueId, readonly Node[]> {
  const readers = new Map<ValueId, Node[]>();
  for (const node of graph.nodes) {
    for (const id of node.inputs) readers.set(id, [...(readers.get(id) ?? []), node]);
  }
  return readers;
}

export class LowerContext {
  readonly values = new Map<ValueId, Int8Value>();
  readonly nodes: Int8Node[] = [];
  readonly diagnostics: Diagnostic[] = [];
  readonly #graph: Graph;
  readonly #ranges = new Map<ValueId, CodeRange>();
  readonly #names = new Set<string>();
  #nextId: number;
  #readers: ReadonlyMap<ValueId, readonly Node[]> | null = null;

  constructor(graph: Graph) {
    this.#graph = graph;
    this.#nextId = [...graph.values.keys()].reduce((a, b) => Math.max(a, b), -1) + 1;
  }

  /** The nodes that read a value of the graph, one as often as it does. */
  readers(id: ValueId): readonly Node[] {
    this.#readers ??= readersOf(this.#graph);
    return this.#readers.get(id) ?? [];
  }

  /** Whether a value of the graph is an output of the network. */
  isOutput(id: ValueId): boolean {
    return this.#graph.outputs.some((io) => io.value === id);
  }

  /** A value of the graph. */
  source(id: ValueId): Value {
    const value = this.#graph.values.get(id);
    if (value === undefined) throw new Error(`no value ${id}`);
    return value;
  }

  /** The integer value behind a node's operand; a problem where it is real. */
  operand(node: Node, id: ValueId): Int8Value & { readonly quant: Quant } {
    const known = this.values.get(id) ?? this.#declare(id);
    if (known === null || known.quant === null)
      return this.fail(node, 'E401', `its input '${this.source(id).name}' is not quantised`, needsQuantisation);
    return { ...known, quant: known.quant };
  }

  /** The output's quantisation; a problem where the result is real. */
  outputQuant(node: Node): Quant {
    const { quant, name } = this.source(node.output);
    return quant ?? this.fail(node, 'E401', `its output '${name}' is not quantised`, needsQuantisation);
  }

  shape(id: ValueId): Shape {
    return (this.values.get(id) ?? this.source(id)).shape;
  }

  /** Which codes a value can hold. */
  range(id: ValueId): CodeRange {
    const known = this.#ranges.get(id);
    if (known !== undefined) return known;
    const { constant, shape } = this.values.get(id) ?? this.source(id);
    const range = constant instanceof Int8Array ? rangeOfConstant(constant, shape.c) : fullRange(shape.c);
    this.#ranges.set(id, range);
    return range;
  }

  /** Registers an input of the network or a constant; null where it is real. */
  #declare(id: ValueId): Int8Value | null {
    const { name, shape, quant, constant } = this.source(id);
    if (quant === null || constant instanceof Float32Array) return null;
    const value: Int8Value = { id, name, shape, dtype: 'int8', quant, constant };
    this.values.set(id, value);
    return value;
  }

  /** Declares an input of the network, read or not. */
  declareInput(id: ValueId): boolean {
    return this.values.has(id) || this.#declare(id) !== null;
  }

  constant(name: string, shape: Shape, quant: Quant, codes: Int8Array): ValueId {
    const id = this.#nextId++;
    this.values.set(id, { id, name, shape, dtype: 'int8', quant, constant: codes });
    return id;
  }

  /** Adds the node that makes the graph node's own output. */
  emit(node: Node, emission: Emission): void {
    const { name, shape, quant } = this.source(node.output);
    const isIndex = emission.op.kind === 'argMax';
    const result = emission.result ?? (isIndex ? { dtype: 'int32', quant: null } : { dtype: 'int8', quant });
    this.#append(node.name, emission, {
      id: node.output,
      name,
      shape,
      ...result,
      constant: null,
    });
  }

  /** Adds a node that makes a value the graph does not have. */
  emitBetween(node: Node, suffix: string, shape: Shape, quant: Quant | null, emission: Emission): ValueId {
    const id = this.#nextId++;
    this.#append(`${node.name}:${suffix}`, emission, {
      id,
      name: `${this.source(node.output).name}:${suffix}`,
      shape,
      ...(emission.result ?? { dtype: 'int8', quant }),
      constant: null,
    });
    return id;
  }

  /** Adds the node that makes the graph node's own float32 result. */
  emitFloat(node: Node, emission: Emission): void {
    const { name, shape } = this.source(node.output);
    const bytes = float32Bytes(shape);
    this.#append(node.name, emission, {
      id: node.output,
      name,
      shape: bytes,
      dtype: 'float32',
      quant: null,
      constant: null,
    });
  }

  /** Adds a node that makes float32 numbers of a value, for `node`. */
  emitFloatBetween(node: Node, { name, shape }: Value, emission: Emission): ValueId {
    const id = this.#nextId++;
    const bytes = float32Bytes(shape);
    this.#append(`${node.name}:float`, emission, {
      id,
      name: `${name}:float`,
      shape: bytes,
      dtype: 'float32',
      quant: null,
      constant: null,
    });
    return id;
  }

  #append(name: string, emission: Emission, output: Int8Value): void {
    this.values.set(output.id, output);
    if (emission.range !== null) this.#ranges.set(output.id, emission.range);
    this.nodes.push({
      id: this.nodes.length,
      name: this.#unique(name),
      op: emission.op,
      inputs: emission.inputs,
      output: output.id,
      macs: emission.macs ?? 0,
      deviations: emission.deviations ?? { off: 0, of: 0 },
    });
  }

  #unique(name: string): string {
    let unique = name;
    for (let i = 2; this.#names.has(unique); i++) unique = `${name}:${i}`;
    this.#names.add(unique);
    return unique;
  }

  /** The table that brings an operand to another quantisation, or null where no reachable code changes. */
  requantisationOf(
    input: Int8Value & { readonly quant: Quant },
    quant: Quant,
    clamp = { min: -128, max: 127 },
  ): Int8Array | null {
    const table = requantisationTable(input.quant, quant, clamp.min, clamp.max);
    return isIdentity(table, this.range(input.id)) ? null : table;
  }

  /** The operand in another quantisation, clamped. */
  requantised(
    node: Node,
    input: Int8Value & { readonly quant: Quant },
    quant: Quant,
    clamp = { min: -128, max: 127 },
  ): ValueId {
    const table = this.requantisationOf(input, quant, clamp);
    if (table === null) return input.id;
    if (input.constant !== null) {
      return this.constant(
        `${input.name}:requantised`,
        input.shape,
        quant,
        input.constant.map((q) => table[q + 128]),
      );
    }
    return this.emitBetween(node, 'requantised', input.shape, quant, this.tableEmission(input.id, table));
  }

  /** What a table node on a value is. */
  tableEmission(input: ValueId, table: Int8Array): Emission {
    return {
      op: { kind: 'lut', table },
      inputs: [input],
      range: imageOf(this.range(input), (code) => table[code + 128]),
    };
  }

  warn(node: Node, code: DiagnosticCode, message: string, hint?: string): void {
    this.diagnostics.push({ code, severity: 'warning', message, node: node.name, hint });
  }

  fail(node: Node, code: DiagnosticCode, message: string, hint?: string): never {
    throw new LoweringProblem({ code, severity: 'error', message, node: node.name, hint });
  }
}

export const needsQuantisation =
  'Give typical inputs (--calibrate images/) and rivulet quantises it to int8, or compile a file that a quantiser wrote (QDQ format).';

/** The way out where a part that is left in floating point begins with a real number of the network. */
export const cutAt = (name: string): string =>
  `Quantise that part as well, or cut the network before it and compute it in your own code: --outputs ${name}, with the ` +
  'other outputs that are wanted.';

/** Does the table leave every code of the range as it is? */
export function isIdentity(table: Int8Array, range: CodeRange): boolean {
  const min = range.min.reduce((a, b) => Math.min(a, b));
  const max = range.max.reduce((a, b) => Math.max(a, b));
  for (let code = min; code <= max; code++) if (table[code + 128] !== code) return false;
  return true;
}

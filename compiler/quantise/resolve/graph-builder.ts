/** Collects the values and nodes of the final Graph. */

import type { Graph, GraphIo, Node, Op, Value, ValueId } from '../../ir/graph.js';
import type { DType, Quant, Shape } from '../../ir/tensor.js';

/** A quantisation that may become known later: integer inputs get theirs from the DequantizeLinear that reads them. */
export interface QuantCell {
  quant: Quant | null;
}

interface Draft {
  readonly name: string;
  readonly shape: Shape;
  readonly dtype: DType;
  readonly cell: QuantCell | null;
  readonly constant: Int8Array | Float32Array | null;
}

/** Codes of an integer input that nothing dequantises stand for themselves. */
const ownValue: Quant = { scale: 1, zeroPoint: 0 };

export class GraphBuilder {
  readonly #values: Draft[] = [];
  readonly #nodes: Node[] = [];
  readonly #names = new Set<string>();

  value(
    name: string,
    shape: Shape,
    dtype: DType,
    cell: QuantCell | null,
    constant: Int8Array | Float32Array | null = null,
  ): ValueId {
    this.#values.push({ name, shape, dtype, cell, constant });
    return this.#values.length - 1;
  }

  shape(id: ValueId): Shape {
    return this.#values[id].shape;
  }

  dtype(id: ValueId): DType {
    return this.#values[id].dtype;
  }

  cell(id: ValueId): QuantCell | null {
    return this.#values[id].cell;
  }

  /** Appends a node and its result; a name that is taken gets the operator's kind, then a number. */
  node(
    name: string,
    op: Op,
    inputs: readonly ValueId[],
    result: { name: string; shape: Shape; dtype: DType; cell: QuantCell | null },
  ): ValueId {
    const output = this.value(result.name, result.shape, result.dtype, result.cell);
    this.#nodes.push({ name: this.#unique(name, op.kind), op, inputs, output });
    return output;
  }

  #unique(name: string, kind: string): string {
    let unique = name;
    if (this.#names.has(unique)) unique = `${name}.${kind}`;
    if (this.#names.has(unique)) unique = `${name}.${kind}#${this.#nodes.length}`;
    this.#names.add(unique);
    return unique;
  }

  build(name: string, inputs: readonly GraphIo[], outputs: readonly GraphIo[]): Graph {
    const used = new Set([...inputs, ...outputs].map((io) => io.value));
    for (const node of this.#nodes) {
      used.add(node.output);
      for (const input of node.inputs) used.add(input);
    }
    const values = new Map<ValueId, Value>();
    for (const [id, v] of this.#values.entries()) {
      if (!used.has(id)) continue;
      const quant = v.cell === null ? null : (v.cell.quant ?? ownValue);
      values.set(id, { id, name: v.name, shape: v.shape, dtype: v.dtype, quant, constant: v.constant });
    }
    return { name, values, nodes: this.#nodes, inputs, outputs };
  }
}

/**
 * The end of a network that stays in floating point. Operators that compute each pixel on its own become steps of one
 * FloatPixelsOp, from the int8 tensors (or float32 ones, where a move stands between) to the tensor that something
 * needs as a whole: an output, or the operand of a move. Moves work on the bytes.
 */

import { isFloatValue } from '../ir/float-tail.js';
import { type Graph, type Node, type Value, type ValueId, valueOfGraph } from '../ir/graph.js';
import type { FloatPixelsOp, Int8Op } from '../ir/int8-graph.js';
import { formatShape, type Quant, type Shape } from '../ir/tensor.js';
import { cutAt, type LowerContext } from './context.js';
import { FloatProgram, type Registers } from './float-program.js';

const floatBytes = 4;

export class FloatTail {
  readonly #ctx: LowerContext;
  readonly #graph: Graph;
  readonly #producers = new Map<ValueId, Node>();

  constructor(ctx: LowerContext, graph: Graph) {
    this.#ctx = ctx;
    this.#graph = graph;
  }

  /** Takes a node with a float result; it is computed when something needs it. */
  add(node: Node): void {
    this.#producers.set(node.output, node);
  }

  makes(id: ValueId): boolean {
    return this.#producers.has(id);
  }

  /** Emits what computes a float value; nothing where that was done. */
  materialise(id: ValueId, reader: Node | null = null): void {
    if (this.#ctx.values.has(id)) return;
    const node = this.#producers.get(id);
    if (node === undefined) {
      if (reader === null) throw new Error(`nothing computes the float value ${id}`);
      const { name } = valueOfGraph(this.#graph, id);
      this.#ctx.fail(reader, 'E401', `its input '${name}' is not quantised`, cutAt(name));
    }
    const move = this.#moveOf(node);
    if (move === null) this.#compute(node);
    else
      this.#ctx.emitFloat(node, {
        op: move,
        inputs: node.inputs.map((input) => this.#bytes(node, input)),
        range: null,
      });
  }

  /** The operator on bytes, where it is a move that mixes pixels. */
  #moveOf(node: Node): Int8Op | null {
    const { op } = node;
    const input = valueOfGraph(this.#graph, node.inputs[0]).shape;
    switch (op.kind) {
      case 'reshape':
        return { kind: 'reshape' };
      case 'concat':
        return op.axis === 'c' ? null : op;
      case 'gather':
        return op.axis === 'c' ? { ...op, indices: byteIndices(op.indices) } : op;
      case 'transpose':
        return {
          kind: 'transpose',
          dims: [...op.dims, floatBytes],
          perm: [...op.perm, op.perm.length],
        };
      case 'slice': {
        const { start, step } = op;
        const output = valueOfGraph(this.#graph, node.output).shape;
        if (output.h === input.h && output.w === input.w && step.h === 1 && step.w === 1) return null;
        if (step.c !== 1)
          this.#ctx.fail(
            node,
            'E204',
            'a slice of rows and of every other channel at once is not supported in a float tail',
          );
        return { kind: 'slice', start: { ...start, c: start.c * floatBytes }, step };
      }
      default:
        return null;
    }
  }

  /** An operand of a move: the float tensor, or an int8 one made float. */
  #bytes(node: Node, id: ValueId): ValueId {
    const value = valueOfGraph(this.#graph, id);
    if (isFloatValue(value)) {
      this.materialise(id, node);
      return id;
    }
    if (value.constant !== null)
      this.#ctx.fail(node, 'E204', `a constant ('${value.name}') joined to a tensor is not supported in a float tail`);
    const builder = new PixelBuilder(this.#ctx, this.#graph, this.#producers, node, value.shape);
    const result = builder.registersOf(id);
    const op = builder.operation(result);
    return this.#ctx.emitFloatBetween(node, value, { op, inputs: builder.inputs, range: null });
  }

  #compute(node: Node): void {
    const { shape } = valueOfGraph(this.#graph, node.output);
    const builder = new PixelBuilder(this.#ctx, this.#graph, this.#producers, node, shape, (id) =>
      this.materialise(id, node),
    );
    const op = builder.operation(builder.registersOf(node.output));
    this.#ctx.emitFloat(node, { op, inputs: builder.inputs, range: null });
  }
}

const byteIndices = (indices: Int32Array): Int32Array =>
  Int32Array.from(
    { length: indices.length * floatBytes },
    (_, i) => indices[Math.floor(i / floatBytes)] * floatBytes + (i % floatBytes),
  );

/** The steps that compute one value from int8 and float32 tensors of its rows and columns. */
class PixelBuilder {
  readonly inputs: ValueId[] = [];
  readonly #program = new FloatProgram();
  readonly #known = new Map<ValueId, Registers>();

  readonly #ctx: LowerContext;
  readonly #graph: Graph;
  readonly #producers: ReadonlyMap<ValueId, Node>;
  /** The node that is lowered, for messages. */
  readonly #reader: Node;
  readonly #shape: Shape;
  readonly #materialise: (id: ValueId) => void;

  constructor(
    ctx: LowerContext,
    graph: Graph,
    producers: ReadonlyMap<ValueId, Node>,
    reader: Node,
    shape: Shape,
    materialise: (id: ValueId) => void = () => undefined,
  ) {
    this.#ctx = ctx;
    this.#graph = graph;
    this.#producers = producers;
    this.#reader = reader;
    this.#shape = shape;
    this.#materialise = materialise;
  }

  operation(result: Registers): FloatPixelsOp {
    const { steps, registers } = this.#program;
    return { kind: 'floatPixels', registers, steps, result: result.at };
  }

  registersOf(id: ValueId): Registers {
    const known = this.#known.get(id);
    if (known !== undefined) return known;
    const made = this.#make(id);
    this.#known.set(id, made);
    return made;
  }

  #make(id: ValueId): Registers {
    const value = valueOfGraph(this.#graph, id);
    if (value.constant !== null) return this.#constant(value);
    const node = isFloatValue(value) && !this.#ctx.values.has(id) ? this.#producers.get(id) : undefined;
    if (node !== undefined && this.#isPixelwise(node)) return this.#node(node, value.shape.c);
    if (isFloatValue(value)) this.#materialise(id);
    return this.#load(id, 0, value.shape.c);
  }

  /** Whether an operator gives each pixel of its result from the same pixel of its operands. */
  #isPixelwise({ op, inputs, output }: Node): boolean {
    const shapes = [...inputs, output].map((id) => valueOfGraph(this.#graph, id).shape);
    const alike = shapes.every((s) => s.h === this.#shape.h && s.w === this.#shape.w);
    switch (op.kind) {
      case 'binary':
        return true;
      case 'unary':
      case 'prelu':
      case 'softmax':
        return alike;
      case 'concat':
        return op.axis === 'c' && alike;
      case 'slice':
        return alike && op.step.h === 1 && op.step.w === 1;
      default:
        return false;
    }
  }

  #load(id: ValueId, from: number, count: number): Registers {
    const { shape, quant, name } = valueOfGraph(this.#graph, id);
    if (shape.h !== this.#shape.h || shape.w !== this.#shape.w)
      this.#ctx.fail(
        this.#reader,
        'E204',
        `a tensor of ${formatShape(shape)} ('${name}') repeated over ${formatShape(this.#shape)} is not supported in a float tail`,
      );
    if (quant !== null) this.#ctx.operand(this.#reader, id);
    let input = this.inputs.indexOf(id);
    if (input < 0) input = this.inputs.push(id) - 1;
    return this.#program.load(input, from, count, quant);
  }

  #constant({ shape, constant, quant }: Value): Registers {
    const data = realConstant(constant ?? new Float32Array(), quant);
    const rowStep = shape.h === 1 ? 0 : shape.w * shape.c;
    const pixelStep = shape.w === 1 ? 0 : shape.c;
    const first = data[0];
    // One number for all pixels is kept once.
    if (data.every((v) => v === first))
      return { at: this.#program.constant(Float32Array.of(first), 1, 0, 0).at, step: 0 };
    const made = this.#program.constant(data, shape.c, rowStep, pixelStep);
    return shape.c === 1 ? { ...made, step: 0 } : made;
  }

  #node(node: Node, count: number): Registers {
    const { op } = node;
    const operand = (i: number): Registers => {
      const { at, step } = this.registersOf(node.inputs[i]);
      const { c } = valueOfGraph(this.#graph, node.inputs[i]).shape;
      return { at, step: c === 1 ? 0 : step };
    };
    switch (op.kind) {
      case 'binary': {
        const a = operand(0);
        return this.#program.clamp(this.#program.binary(op.fn, a, operand(1), count), op.clamp, count);
      }
      case 'unary':
        return this.#program.function(op.expr, operand(0), count);
      case 'prelu': {
        const slopes = this.#program.constant(Float32Array.from(op.slopes), count, 0, 0);
        return this.#program.leaky(operand(0), slopes, count);
      }
      case 'softmax':
        return this.#program.softmax(this.#dense(operand(0), count), count);
      case 'slice':
        return this.#slice(node.inputs[0], op.start.c, op.step.c, count);
      case 'concat':
        return this.#program.join(
          node.inputs.map((id) => ({ ...this.registersOf(id), count: valueOfGraph(this.#graph, id).shape.c })),
        );
      default:
        throw new Error(`${op.kind} does not work on pixels`);
    }
  }

  #dense(x: Registers, count: number): Registers {
    return x.step === 1 || count === 1 ? { ...x, step: 1 } : this.#program.join([{ ...x, count }]);
  }

  /** Of a tensor that is loaded only what is read. */
  #slice(id: ValueId, start: number, step: number, count: number): Registers {
    const value = valueOfGraph(this.#graph, id);
    const isComputed = isFloatValue(value) && !this.#ctx.values.has(id);
    if (step === 1 && !isComputed && value.constant === null && !this.#known.has(id))
      return this.#load(id, start, count);
    return this.#program.pick(this.registersOf(id), start, step, count);
  }
}

function realConstant(constant: Int8Array | Float32Array, quant: Quant | null): Float32Array {
  if (constant instanceof Float32Array || quant === null) return Float32Array.from(constant);
  return Float32Array.from(constant, (q) => (q - quant.zeroPoint) * quant.scale);
}

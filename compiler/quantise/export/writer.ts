/** An ONNX file under construction: nodes and tensors by name, encoded with the official schema. */

import onnxProto from 'onnx-proto';

const { onnx } = onnxProto;
type Proto = typeof onnxProto.onnx;

/** Operator set and IR version: what ONNX Runtime reads since 1.10 (2021). */
const [opset, irVersion] = [13, 8];

const elementTypes = { float32: 1, uint8: 2, int8: 3, int32: 6, int64: 7 } as const;
export type ElementType = keyof typeof elementTypes;

export type Attribute = number | string | readonly number[] | { readonly float: number };

const bytesOf = (a: ArrayBufferView): Uint8Array => new Uint8Array(a.buffer, a.byteOffset, a.byteLength);

export class OnnxWriter {
  readonly #nodes: InstanceType<Proto['NodeProto']>[] = [];
  readonly #initializers: InstanceType<Proto['TensorProto']>[] = [];
  readonly #inputs: InstanceType<Proto['ValueInfoProto']>[] = [];
  readonly #outputs: InstanceType<Proto['ValueInfoProto']>[] = [];
  readonly #names = new Set<string>();
  readonly #nodeNames = new Set<string>();
  readonly #constants = new Map<string, string>();

  /** Takes a tensor's name; another one like it where it is taken. */
  name(wanted: string): string {
    return unique(this.#names, wanted === '' ? 'tensor' : wanted);
  }

  input(name: string, type: ElementType, shape: readonly number[]): void {
    this.#names.add(name);
    this.#inputs.push(valueInfo(name, type, shape));
  }

  output(name: string, type: ElementType, shape: readonly number[]): void {
    this.#outputs.push(valueInfo(name, type, shape));
  }

  /** Keeps a name for an output that a node will have. */
  reserve(name: string): void {
    this.#names.add(name);
  }

  tensor(name: string, type: ElementType, dims: readonly number[], data: ArrayLike<number>): string {
    const own = this.name(name);
    this.#initializers.push(
      onnx.TensorProto.create({
        name: own,
        dims: [...dims],
        dataType: elementTypes[type],
        rawData: encode(type, data),
      }),
    );
    return own;
  }

  /** A small tensor that nodes may share. */
  shared(type: ElementType, dims: readonly number[], data: readonly number[]): string {
    const key = `${type}|${dims.join(',')}|${data.map((v) => (Object.is(v, -0) ? '-0' : String(v))).join(',')}`;
    const known = this.#constants.get(key);
    if (known !== undefined) return known;
    const made = this.tensor(`constant_${this.#constants.size}`, type, dims, data);
    this.#constants.set(key, made);
    return made;
  }

  /** Adds a node; returns its output, called `output` or something like it. */
  node(
    op: string,
    name: string,
    inputs: readonly string[],
    output: string,
    attributes: Readonly<Record<string, Attribute>> = {},
  ): string {
    const own = this.name(output);
    this.nodeInto(op, name, inputs, own, attributes);
    return own;
  }

  /** Adds a node whose output has a name that is kept for it. */
  nodeInto(
    op: string,
    name: string,
    inputs: readonly string[],
    output: string,
    attributes: Readonly<Record<string, Attribute>> = {},
  ): void {
    this.#nodes.push(
      onnx.NodeProto.create({
        opType: op,
        name: unique(this.#nodeNames, name),
        input: [...inputs],
        output: [output],
        attribute: Object.entries(attributes).map(([key, value]) => attributeOf(key, value)),
      }),
    );
  }

  encode(graphName: string): Uint8Array {
    const model = onnx.ModelProto.create({
      irVersion,
      producerName: 'rivulet',
      opsetImport: [{ domain: '', version: opset }],
      graph: {
        name: graphName,
        node: this.#nodes,
        initializer: this.#initializers,
        input: this.#inputs,
        output: this.#outputs,
      },
    });
    return Uint8Array.from(onnx.ModelProto.encode(model).finish());
  }
}

function unique(taken: Set<string>, wanted: string): string {
  let own = wanted;
  for (let i = 2; taken.has(own); i++) own = `${wanted}_${i}`;
  taken.add(own);
  return own;
}

function encode(type: ElementType, data: ArrayLike<number>): Uint8Array {
  switch (type) {
    case 'float32':
      return bytesOf(Float32Array.from(data));
    case 'int8':
      return bytesOf(Int8Array.from(data));
    case 'uint8':
      return Uint8Array.from(data);
    case 'int32':
      return bytesOf(Int32Array.from(data));
    case 'int64':
      return bytesOf(BigInt64Array.from(Array.from(data, BigInt)));
  }
}

function attributeOf(name: string, value: Attribute): InstanceType<Proto['AttributeProto']> {
  const types = onnx.AttributeProto.AttributeType;
  if (typeof value === 'number') return onnx.AttributeProto.create({ name, type: types.INT, i: value });
  if (typeof value === 'string')
    return onnx.AttributeProto.create({ name, type: types.STRING, s: new TextEncoder().encode(value) });
  if ('float' in value) return onnx.AttributeProto.create({ name, type: types.FLOAT, f: value.float });
  return onnx.AttributeProto.create({ name, type: types.INTS, ints: [...value] });
}

function valueInfo(name: string, type: ElementType, shape: readonly number[]): InstanceType<Proto['ValueInfoProto']> {
  return onnx.ValueInfoProto.create({
    name,
    type: { tensorType: { elemType: elementTypes[type], shape: { dim: shape.map((d) => ({ dimValue: d })) } } },
  });
}

/** Cuts a quantised model into one model for each operator that makes codes: what stands between the codes it reads and those. */

import onnxProto from 'onnx-proto';

const { onnx } = onnxProto;
type Node = onnxProto.onnx.INodeProto;
type Graph = onnxProto.onnx.IGraphProto;

export interface Piece {
  /** Name of the codes it makes. */
  readonly output: string;
  /** Names of the tensors it reads: codes of other pieces, or the network's real input. */
  readonly inputs: readonly string[];
  /** ONNX operators inside, without QuantizeLinear and DequantizeLinear. */
  readonly operators: readonly string[];
  /** The codes it makes are uint8: for a QuantizeLinear. */
  readonly isUint8: boolean;
  readonly bytes: Uint8Array;
}

/** Codes are made by QuantizeLinear, by an integer operator, or by moving codes. */
function codeMakers(graph: Graph): Set<Node> {
  const constants = new Set((graph.initializer ?? []).map((t) => t.name));
  const makers = new Set<Node>();
  const codes = new Set<string>();
  for (const node of graph.node ?? []) {
    const [first] = node.input ?? [];
    const op = node.opType ?? '';
    const makes =
      op === 'QuantizeLinear'
        ? !constants.has(first)
        : /^(QLinear|QGemm)/.test(op) || (op !== 'DequantizeLinear' && codes.has(first));
    if (!makes) continue;
    makers.add(node);
    for (const output of node.output ?? []) codes.add(output);
  }
  return makers;
}

/** Pieces in the order of the model's nodes, which is topological. */
export function cut(bytes: Uint8Array): Piece[] {
  const model = onnx.ModelProto.decode(bytes);
  const graph = model.graph;
  if (!graph) throw new Error('the model has no graph');
  const nodes = graph.node ?? [];
  const makers = new Map(nodes.flatMap((n) => (n.output ?? []).map((name) => [name, n] as const)));
  const constants = new Map((graph.initializer ?? []).map((t) => [t.name ?? '', t]));
  const makingCodes = codeMakers(graph);

  return [...makingCodes].map((last) => {
    const inside = new Set<Node>([last]);
    const inputs = new Set<string>();
    const visit = (name: string): void => {
      if (name === '' || constants.has(name)) return;
      const maker = makers.get(name);
      if (maker === undefined || makingCodes.has(maker)) {
        inputs.add(name);
        return;
      }
      if (inside.has(maker)) return;
      inside.add(maker);
      for (const input of maker.input ?? []) visit(input);
    };
    for (const input of last.input ?? []) visit(input);
    const own = nodes.filter((n) => inside.has(n));
    const used = new Set(own.flatMap((n) => n.input ?? []));
    const piece = onnx.ModelProto.create({
      irVersion: model.irVersion,
      opsetImport: model.opsetImport,
      graph: {
        name: 'piece',
        node: own,
        initializer: [...constants.values()].filter((t) => used.has(t.name ?? '')),
        input: [...inputs].map((name) => ({ name })),
        output: [{ name: last.output?.[0] ?? '' }],
      },
    });
    return {
      output: last.output?.[0] ?? '',
      inputs: [...inputs],
      operators: own.map((n) => n.opType ?? '').filter((op) => op !== 'QuantizeLinear' && op !== 'DequantizeLinear'),
      isUint8:
        last.opType === 'QuantizeLinear' &&
        (constants.get(last.input?.[2] ?? '')?.dataType ?? onnx.TensorProto.DataType.UINT8) ===
          onnx.TensorProto.DataType.UINT8,
      bytes: onnx.ModelProto.encode(piece).finish(),
    };
  });
}

/** Names of the codes behind the network's (real) outputs, in order. */
export function outputCodes(bytes: Uint8Array): string[] {
  const graph = onnx.ModelProto.decode(bytes).graph;
  const makers = new Map((graph?.node ?? []).flatMap((n) => (n.output ?? []).map((name) => [name, n] as const)));
  const codes = (name: string): string => {
    const maker = makers.get(name);
    if (maker === undefined) return name;
    return maker.opType === 'Identity' || maker.opType === 'DequantizeLinear' ? codes(maker.input?.[0] ?? '') : name;
  };
  return (graph?.output ?? []).map((v) => codes(v.name ?? ''));
}

export interface TensorType {
  readonly type: 'int8' | 'uint8' | 'float32';
  readonly dims: readonly number[];
}

/** The piece with the types and shapes of its inputs and output. */
export function withTypes(piece: Piece, types: ReadonlyMap<string, TensorType>): Uint8Array {
  const model = onnx.ModelProto.decode(piece.bytes);
  for (const value of [...(model.graph?.input ?? []), ...(model.graph?.output ?? [])]) {
    const known = types.get(value.name ?? '');
    if (known === undefined) continue;
    const elemType =
      onnx.TensorProto.DataType[({ int8: 'INT8', uint8: 'UINT8', float32: 'FLOAT' } as const)[known.type]];
    value.type = onnx.TypeProto.create({
      tensorType: { elemType, shape: { dim: known.dims.map((dimValue) => ({ dimValue })) } },
    });
  }
  return onnx.ModelProto.encode(model).finish();
}

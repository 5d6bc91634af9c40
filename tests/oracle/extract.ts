/** Cuts a QDQ model into one model for each QuantizeLinear: what stands between the codes it reads and those it makes. */

import onnxProto from 'onnx-proto';

const { onnx } = onnxProto;
type Node = onnxProto.onnx.INodeProto;

export interface Piece {
  /** Name of the codes it makes. */
  readonly output: string;
  /** Names of the tensors it reads: codes of other pieces, or the network's real input. */
  readonly inputs: readonly string[];
  /** ONNX operators inside, without QuantizeLinear and DequantizeLinear. */
  readonly operators: readonly string[];
  readonly bytes: Uint8Array;
}

const isFloat = 1;

/** Pieces in the order of the model's nodes, which is topological. */
export function cut(bytes: Uint8Array): Piece[] {
  const model = onnx.ModelProto.decode(bytes);
  const graph = model.graph;
  if (!graph) throw new Error('the model has no graph');
  const nodes = graph.node ?? [];
  const makers = new Map(nodes.flatMap((n) => (n.output ?? []).map((name) => [name, n] as const)));
  const constants = new Map((graph.initializer ?? []).map((t) => [t.name ?? '', t]));
  const realInputs = new Map((graph.input ?? []).map((v) => [v.name ?? '', v]));
  const activations = nodes.filter((n) => n.opType === 'QuantizeLinear' && !constants.has(n.input?.[0] ?? ''));
  const typeOf = (q: Node): number => constants.get(q.input?.[2] ?? '')?.dataType ?? onnx.TensorProto.DataType.UINT8;
  const codeTypes = new Map(activations.map((q) => [q.output?.[0] ?? '', typeOf(q)]));

  return activations.map((q) => {
    const inside = new Set<Node>([q]);
    const inputs = new Set<string>();
    const visit = (name: string): void => {
      if (name === '' || constants.has(name)) return;
      const maker = makers.get(name);
      if (maker === undefined || (maker.opType === 'QuantizeLinear' && maker !== q)) {
        inputs.add(name);
        return;
      }
      if (inside.has(maker)) return;
      inside.add(maker);
      for (const input of maker.input ?? []) visit(input);
    };
    for (const input of q.input ?? []) visit(input);
    const own = nodes.filter((n) => inside.has(n));
    const used = new Set(own.flatMap((n) => n.input ?? []));
    const value = (name: string, elemType: number, shape: onnxProto.onnx.IValueInfoProto | undefined): onnxProto.onnx.IValueInfoProto =>
      ({ name, type: { tensorType: { elemType, shape: shape?.type?.tensorType?.shape } } });
    const piece = onnx.ModelProto.create({
      irVersion: model.irVersion,
      opsetImport: model.opsetImport,
      graph: {
        name: 'piece',
        node: own,
        initializer: [...constants.values()].filter((t) => used.has(t.name ?? '')),
        input: [...inputs].map((name) => value(name, codeTypes.get(name) ?? isFloat, realInputs.get(name))),
        output: [value(q.output?.[0] ?? '', typeOf(q), undefined)],
      },
    });
    return {
      output: q.output?.[0] ?? '',
      inputs: [...inputs],
      operators: own.map((n) => n.opType ?? '').filter((op) => op !== 'QuantizeLinear' && op !== 'DequantizeLinear'),
      bytes: onnx.ModelProto.encode(piece).finish(),
    };
  });
}

/** Names of the codes behind the network's (real) outputs, in order. */
export function outputCodes(bytes: Uint8Array): string[] {
  const graph = onnx.ModelProto.decode(bytes).graph;
  const makers = new Map((graph?.node ?? []).flatMap((n) => (n.output ?? []).map((name) => [name, n] as const)));
  return (graph?.output ?? []).map((v) => makers.get(v.name ?? '')?.input?.[0] ?? '');
}

/** The piece with the shapes of its inputs, which the importer needs. */
export function withShapes(piece: Piece, shapes: ReadonlyMap<string, readonly number[]>): Uint8Array {
  const model = onnx.ModelProto.decode(piece.bytes);
  for (const input of model.graph?.input ?? []) {
    const shape = shapes.get(input.name ?? '');
    if (shape !== undefined && input.type?.tensorType) input.type.tensorType.shape = { dim: shape.map((dimValue) => ({ dimValue })) };
  }
  return onnx.ModelProto.encode(model).finish();
}

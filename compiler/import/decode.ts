/** bytes -> OnnxModel. Whatever is wrong with the bytes comes out as a NodeProblem, never as another exception. */

import onnxProto from 'onnx-proto';
import protobuf from 'protobufjs/minimal.js';
import type { Constant } from './constant.js';
import type { ExternalDataReader } from './external-data.js';
import { otherFormat } from './file-format.js';
import { maxNodes } from './limits.js';
import type { Attribute, OnnxModel, OnnxNode, OnnxValueInfo } from './onnx-model.js';
import { NodeProblem } from './problems.js';
import type { ProblemList } from './problems.js';
import { decodeTensor, safeInteger } from './tensor-data.js';

const { onnx } = onnxProto;
type Proto = typeof onnxProto.onnx;
type AttributeProto = InstanceType<Proto['AttributeProto']>;

/** Domains of ONNX's own operators are written '' or 'ai.onnx'. */
const normalDomain = (domain: string): string => (domain === 'ai.onnx' ? '' : domain);

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });

/**
 * A reader that means the same everywhere: protobuf.js has another one for Node's Buffer, with other strings where
 * bytes are not valid UTF-8, and another end of a file that is cut short.
 */
function readerOf(bytes: Uint8Array): protobuf.Reader {
  const reader = new protobuf.Reader(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length));
  reader.string = () => utf8.decode(reader.bytes());
  return reader;
}

/** Problems with single tensors go to `problems`; a file that cannot be read at all throws a NodeProblem. */
export function decodeModel(bytes: Uint8Array, external: ExternalDataReader, problems: ProblemList): OnnxModel {
  if (bytes.length === 0) throw new NodeProblem('E101', 'the file is empty');
  let proto: InstanceType<Proto['ModelProto']>;
  try {
    proto = onnx.ModelProto.decode(readerOf(bytes));
  } catch (error) {
    const detail = error instanceof RangeError && /stack/i.test(error.message) ? 'nested too deeply' : describe(error);
    throw notOnnx(bytes, `not a readable ONNX file: ${detail}`);
  }
  const graph = proto.graph;
  if (graph === null || graph === undefined) {
    throw notOnnx(bytes, 'not an ONNX model: it has no graph');
  }
  const nodes = graph.node ?? [];
  if (nodes.length > maxNodes)
    throw new NodeProblem('E206', `the file has ${nodes.length} nodes; up to ${maxNodes} are read`);
  const opsets = new Map<string, number>();
  for (const o of proto.opsetImport ?? []) opsets.set(normalDomain(o.domain ?? ''), safeInteger(o.version));

  const initializers = new Map<string, Constant>();
  for (const [i, t] of (graph.initializer ?? []).entries()) {
    const name = t.name ?? '';
    try {
      if (initializers.has(name)) throw new NodeProblem('E103', 'two initialisers have this name', undefined, name);
      initializers.set(name, decodeTensor(t, name === '' ? `initialiser ${i}` : name, external));
    } catch (error) {
      report(error, problems);
      // Stands in for the unreadable tensor so that nodes that read it are not reported as dangling.
      initializers.set(name, { dims: [0], type: 'float32', data: new Float32Array(0), quantised: null });
    }
  }
  for (const s of graph.sparseInitializer ?? []) {
    problems.error('E204', 'sparse initialisers are not supported', s.values?.name ?? '', 'Store the tensor densely.');
  }

  return {
    irVersion: safeInteger(proto.irVersion),
    opsets,
    graphName: graph.name ?? '',
    nodes: decodeNodes(nodes, external, problems),
    initializers,
    inputs: (graph.input ?? []).map(valueInfo).filter((v) => !initializers.has(v.name)),
    outputs: (graph.output ?? []).map(valueInfo),
    functionDomains: new Set((proto.functions ?? []).map((f) => normalDomain(f.domain ?? ''))),
  };
}

/** E101, with the file's own format where its bytes tell. */
function notOnnx(bytes: Uint8Array, otherwise: string): NodeProblem {
  const other = otherFormat(bytes);
  return other === null
    ? new NodeProblem('E101', otherwise)
    : new NodeProblem('E101', `the file is ${other.what}`, other.hint);
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function report(error: unknown, problems: ProblemList): void {
  if (!(error instanceof NodeProblem)) throw error;
  problems.error(error.code, error.message, error.subject, error.hint);
}

function decodeNodes(
  protos: readonly onnxProto.onnx.INodeProto[],
  external: ExternalDataReader,
  problems: ProblemList,
): OnnxNode[] {
  const taken = new Set<string>();
  const noAttributes: ReadonlyMap<string, Attribute> = new Map();
  return protos.map((n, index) => {
    const op = n.opType ?? '';
    const given = n.name ?? '';
    let name = given === '' ? `${op === '' ? 'node' : op}_${index}` : given;
    if (taken.has(name)) name = `${name}#${index}`;
    taken.add(name);
    let attributes = noAttributes;
    if (n.attribute !== null && n.attribute !== undefined && n.attribute.length > 0) {
      const map = new Map<string, Attribute>();
      for (const a of n.attribute) {
        try {
          map.set(a.name ?? '', decodeAttribute(a as AttributeProto, name, external));
        } catch (error) {
          report(error, problems);
        }
      }
      attributes = map;
    }
    return {
      index,
      name,
      op,
      domain: normalDomain(n.domain ?? ''),
      inputs: n.input ?? [],
      outputs: n.output ?? [],
      attributes,
    };
  });
}

const text = (bytes: Uint8Array | null | undefined): string => new TextDecoder().decode(bytes ?? new Uint8Array(0));

function decodeAttribute(a: AttributeProto, node: string, external: ExternalDataReader): Attribute {
  const types = onnx.AttributeProto.AttributeType;
  switch (a.type) {
    case types.INT:
      return { kind: 'int', value: safeInteger(a.i) };
    case types.FLOAT:
      return { kind: 'float', value: a.f };
    case types.STRING:
      return { kind: 'string', value: text(a.s) };
    case types.INTS:
      return { kind: 'ints', values: a.ints.map(safeInteger) };
    case types.FLOATS:
      return { kind: 'floats', values: a.floats };
    case types.STRINGS:
      return { kind: 'strings', values: a.strings.map(text) };
    case types.TENSOR:
      if (a.t === null || a.t === undefined)
        throw new NodeProblem('E107', `attribute ${a.name} has no tensor`, undefined, node);
      return { kind: 'tensor', value: decodeTensor(a.t, `${node}.${a.name}`, external) };
    case types.GRAPH:
    case types.GRAPHS:
      return { kind: 'graph' };
    default:
      return untyped(a);
  }
}

/** Files of IR 1 leave `type` out: the field that is set tells. */
function untyped(a: AttributeProto): Attribute {
  const has = (field: string): boolean => Object.hasOwn(a, field);
  if (has('i')) return { kind: 'int', value: safeInteger(a.i) };
  if (has('f')) return { kind: 'float', value: a.f };
  if (has('s')) return { kind: 'string', value: text(a.s) };
  if (a.ints.length > 0) return { kind: 'ints', values: a.ints.map(safeInteger) };
  if (a.floats.length > 0) return { kind: 'floats', values: a.floats };
  return { kind: 'other' };
}

function valueInfo(v: onnxProto.onnx.IValueInfoProto): OnnxValueInfo {
  const tensor = v.type?.tensorType;
  const dims = tensor?.shape?.dim;
  return {
    name: v.name ?? '',
    elementType: tensor?.elemType ?? 0,
    shape:
      tensor?.shape === null || tensor?.shape === undefined
        ? null
        : (dims ?? []).map((d) => {
            const has = Object.hasOwn(d, 'dimValue') && d.dimValue !== null && d.dimValue !== undefined;
            return has ? safeInteger(d.dimValue) : (d.dimParam ?? '');
          }),
  };
}

/** ONNX bytes -> RawGraph. */

import type { ConstantOutput } from '../ir/constant-output.js';
import { type Constant, isFloatType } from './constant.js';
import type { Entry, NetworkState } from './context.js';
import { NodeContext } from './context.js';
import { cutAt } from './cut.js';
import { decodeModel } from './decode.js';
import type { ReadExternal } from './external-data.js';
import { ExternalDataReader } from './external-data.js';
import { requireFinite, requireFiniteConstant } from './finite.js';
import { tryFold } from './fold/fold.js';
import { makeInputs } from './network-inputs.js';
import { commonOpset, convertHint, olderForm } from './older-forms.js';
import type { OnnxModel, OnnxNode } from './onnx-model.js';
import { findOperator, latestOpset, oldestOpset, unsupportedHints } from './op-table.js';
import type { ProblemList } from './problems.js';
import { errorDiagnostic, NodeProblem } from './problems.js';
import { RawBuilder } from './raw-builder.js';
import type { RawGraph } from './raw-graph.js';
import { orderNodes } from './topology.js';

export interface ModelFile {
  readonly bytes: Uint8Array;
  /** Bytes of a file beside the model, by the relative location that the model gives. */
  readonly externalData?: ReadExternal;
}

export interface ImportOptions {
  /** Shapes of inputs, by name, batch included. */
  readonly inputShapes?: Readonly<Record<string, readonly number[]>>;
  /** Names of the tensors that the network ends at, in this order; the file's own outputs otherwise. */
  readonly outputs?: readonly string[];
}

/** What a file says, before anything is made of its quantisation. */
export interface ReadModel {
  readonly raw: RawGraph;
  readonly constantOutputs: readonly ConstantOutput[];
  readonly opset: number;
  readonly irVersion: number;
}

/** Newest IR version known; newer files are tried all the same, as far as their operators are known. */
const latestIrVersion = 14;

/** Reads a model; every problem goes to `problems`. Throws a RivuletError with all of them where one is an error. */
export function readModel(file: ModelFile, options: ImportOptions, problems: ProblemList): ReadModel {
  const whole = decodeModel(file.bytes, new ExternalDataReader(file.externalData), problems);
  const model = options.outputs === undefined ? whole : cutAt(whole, options.outputs, problems);
  const opset = checkVersions(model, problems);
  problems.throwIfErrors();
  const order = orderNodes(model, problems);
  problems.throwIfErrors();
  const builder = new RawBuilder();
  const entries = new Map<string, Entry>();
  for (const [name, constant] of model.initializers) entries.set(name, { kind: 'constant', constant });
  const read = new Set([...order.flatMap((n) => n.inputs), ...model.outputs.map((o) => o.name)]);
  const inputs = makeInputs(model, order, read, options.inputShapes ?? {}, builder, problems);
  for (const { name } of model.inputs) entries.set(name, inputs.get(name) ?? { kind: 'poison' });
  const network: NetworkState = { builder, entries, read, warn: (d) => problems.add(d) };
  for (const node of order) convertNode(node, model, network, problems);
  const constantOutputs = makeOutputs(model, builder, entries, problems);
  problems.throwIfErrors();
  const { values, nodes } = builder;
  const raw: RawGraph = { name: model.graphName, values, nodes, inputs: builder.inputs, outputs: builder.outputs };
  return { raw, constantOutputs, opset, irVersion: model.irVersion };
}

/** The version of ONNX's own operator set. */
function checkVersions(model: OnnxModel, problems: ProblemList): number {
  if (model.irVersion > latestIrVersion) {
    problems.add({
      code: 'W102',
      severity: 'warning',
      message: `IR version ${model.irVersion} is newer than the newest one known, ${latestIrVersion}`,
    });
  }
  const opset = model.opsets.get('');
  if (opset === undefined) {
    const quantisedOnly = model.opsets.size > 0 && model.nodes.every((n) => n.domain !== '');
    if (!quantisedOnly) problems.error('E102', 'the model does not say which operator set it uses');
    return 0;
  }
  if (opset < oldestOpset) problems.error('E102', `${opset} is no operator set; the first is ${oldestOpset}`);
  return opset;
}

function convertNode(node: OnnxNode, model: OnnxModel, network: NetworkState, problems: ProblemList): void {
  const { entries } = network;
  const fail = (error: unknown): void => {
    if (!(error instanceof NodeProblem)) throw error;
    problems.add({
      ...errorDiagnostic(error.code, error.message, error.subject ?? node.name, error.hint),
      op: node.op,
    });
  };
  try {
    const version = model.opsets.get(node.domain) ?? 0;
    const ctx = new NodeContext(node, version, network);
    const convert = findConverter(node, model, version);
    const isPoisoned = node.inputs.some((name) => name !== '' && entries.get(name)?.kind === 'poison');
    if (!isPoisoned) {
      requireFinite(node, entries);
      if (tryFold(ctx)) return;
      if (convert === null) {
        throw new NodeProblem(
          'E201',
          `${node.op} is supported on constants only; here it depends on the network's input`,
          unsupportedHints[node.op],
        );
      }
      convert(ctx);
      for (const name of node.outputs) if (name !== '' && !entries.has(name)) entries.set(name, { kind: 'poison' });
      return;
    }
  } catch (error) {
    fail(error);
  }
  for (const name of node.outputs) if (name !== '') entries.set(name, { kind: 'poison' });
}

/** The table's converter, or null for operators that only fold. Throws E201, E202, E203, E205. */
function findConverter(node: OnnxNode, model: OnnxModel, version: number): ((ctx: NodeContext) => void) | null {
  const entry = findOperator(node.domain, node.op);
  const own = node.domain === '' ? node.op : `${node.domain}.${node.op}`;
  if (entry === undefined) {
    const hasGraph = [...node.attributes.values()].some((a) => a.kind === 'graph');
    if (node.domain === '' || node.domain === 'com.microsoft') {
      throw new NodeProblem(
        hasGraph ? 'E205' : 'E201',
        `${own} is not supported`,
        unsupportedHints[node.op] ?? 'See `rivulet ops` for what is.',
      );
    }
    throw new NodeProblem(
      'E202',
      `${own} belongs to an operator set that is not supported`,
      model.functionDomains.has(node.domain)
        ? 'It is a function defined in the file: inline it first, for example with onnx.inliner.inline_local_functions.'
        : "Only ONNX's own operators and some of com.microsoft are; see `rivulet ops`.",
    );
  }
  if (node.domain === '') {
    if (version < entry.fromOpset)
      throw new NodeProblem(
        'E203',
        `${own} is supported from operator set ${entry.fromOpset} on; the model uses ${version}`,
        convertHint,
      );
    const older = version < commonOpset ? olderForm(node) : null;
    if (older !== null) throw new NodeProblem('E203', `${own} of operator set ${version} ${older}`, convertHint);
    if (version > entry.toOpset) {
      throw new NodeProblem(
        'E203',
        `${own} may have changed since operator set ${entry.toOpset}, the newest one known for it; the model uses ${version}`,
        `Export the model with operator set ${Math.min(entry.toOpset, latestOpset)} or older.`,
      );
    }
  }
  return entry.convert;
}

function makeOutputs(
  model: OnnxModel,
  builder: RawBuilder,
  entries: ReadonlyMap<string, Entry>,
  problems: ProblemList,
): ConstantOutput[] {
  const constants: ConstantOutput[] = [];
  for (const output of model.outputs) {
    const entry = entries.get(output.name);
    if (entry === undefined || entry.kind === 'poison') continue;
    if (entry.kind === 'constant') {
      try {
        constants.push(constantOutput(output.name, entry.constant));
      } catch (error) {
        if (!(error instanceof NodeProblem)) throw error;
        problems.error(error.code, error.message, output.name, error.hint);
      }
      continue;
    }
    const { type, view } = entry;
    const onnxDType = type === 'int8' || type === 'uint8' || type === 'int32' || type === 'int64' ? type : 'float32';
    builder.outputs.push({ value: view.value, name: output.name, layout: builder.ioLayout(view, onnxDType) });
  }
  if (builder.outputs.length + constants.length < model.outputs.length && !problems.hasErrors)
    problems.error('E201', 'an output could not be computed');
  else if (builder.outputs.length === 0)
    for (const { name } of constants) problems.error('E204', 'this output does not depend on any input', name);
  return constants;
}

/** Throws where C could not hold what the file says: E106 not finite, E204 no elements, or whole numbers beyond int32. */
function constantOutput(name: string, constant: Constant): ConstantOutput {
  const { dims, type, data } = constant;
  const what = 'this output, a constant,';
  if (data.length === 0) throw new NodeProblem('E204', `${what} has no elements`, leaveOut);
  if (isFloatType(type)) {
    requireFiniteConstant({ ...constant, data: Float32Array.from(data) }, what, name);
    return { name, onnxShape: dims, dtype: 'float32', data };
  }
  if (type === 'int8' || type === 'uint8') return { name, onnxShape: dims, dtype: type, data };
  const whole = Int32Array.from(data);
  const at = whole.findIndex((value, i) => value !== data[i]);
  if (at >= 0) throw new NodeProblem('E204', `${what} holds ${data[at]}; C has it in 32 bits, with a sign`, leaveOut);
  return { name, onnxShape: dims, dtype: 'int32', data: whole };
}

const leaveOut = 'Leave it out with --outputs, which names the outputs to keep.';

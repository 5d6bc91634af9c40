/** The network's inputs: their shapes, made definite, and how they lie in memory. */

import type { Activation } from './context.js';
import { maxElements, maxRank } from './limits.js';
import type { OnnxModel, OnnxNode, OnnxValueInfo } from './onnx-model.js';
import { errorDiagnostic } from './problems.js';
import type { ProblemList } from './problems.js';
import type { RawBuilder, View } from './raw-builder.js';
import type { Domain } from './raw-graph.js';
import { product } from './constant.js';
import type { ElementType } from './constant.js';
import { elementType, elementTypeName } from './tensor-data.js';
import { channelsLastOrder, layoutOf } from './view.js';

export type InputShapes = Readonly<Record<string, readonly number[]>>;

/** Creates the inputs that something reads; what is wrong with them goes to `problems`. */
export function makeInputs(
  model: OnnxModel,
  order: readonly OnnxNode[],
  read: ReadonlySet<string>,
  given: InputShapes,
  builder: RawBuilder,
  problems: ProblemList,
): Map<string, Activation> {
  const names = new Set(model.inputs.map((i) => i.name));
  for (const name of Object.keys(given)) {
    if (!names.has(name))
      problems.error('E305', `the model has no input '${name}'; it has ${[...names].map((n) => `'${n}'`).join(', ')}`);
  }
  const used = model.inputs.filter((i) => read.has(i.name));
  const uses = firstUses(order, used);
  for (const input of model.inputs) {
    if (used.includes(input)) continue;
    problems.add({
      code: 'W101',
      severity: 'warning',
      node: input.name,
      message: 'no operator that an output depends on reads this input; it is left out',
    });
  }
  const result = new Map<string, Activation>();
  const missing: string[] = [];
  for (const input of used) {
    const shape = definiteShape(input, Object.hasOwn(given, input.name) ? given[input.name] : undefined, missing);
    if (shape === null) continue;
    const activation = makeInput(input, shape, uses.get(input.name) ?? null, builder, problems);
    if (activation !== null) result.set(input.name, activation);
  }
  if (missing.length > 0) {
    problems.add(
      errorDiagnostic(
        'E301',
        `dimensions of ${missing.length === 1 ? 'an input are' : 'inputs are'} not known: ${missing.join('; ')}`,
        undefined,
        `Give them, for example --input-shape ${exampleShape(missing[0])}.`,
      ),
    );
  }
  return result;
}

/** "x [1, 3, h, w]" -> "x=1,3,96,96" */
function exampleShape(text: string): string {
  const open = text.lastIndexOf(' [');
  const dims = text
    .slice(open + 2, -1)
    .split(', ')
    .map((d) => (/^\d+$/.test(d) ? d : '96'));
  return `${text.slice(0, open)}=${dims.join(',')}`;
}

/** The shape in the file with a symbolic batch set to 1, or the one given; null when dimensions are missing. */
function definiteShape(input: OnnxValueInfo, given: readonly number[] | undefined, missing: string[]): number[] | null {
  if (given !== undefined) return [...given];
  if (input.shape === null) {
    missing.push(`${input.name} [?]`);
    return null;
  }
  const shape = input.shape.map((d, i) =>
    typeof d === 'string' && i === 0 && input.shape !== null && input.shape.length > 1 ? 1 : d,
  );
  if (shape.some((d) => typeof d === 'string')) {
    missing.push(`${input.name} [${shape.map((d) => (d === '' ? '?' : d)).join(', ')}]`);
    return null;
  }
  return shape as number[];
}

function makeInput(
  input: OnnxValueInfo,
  shape: readonly number[],
  use: OnnxNode | null,
  builder: RawBuilder,
  problems: ProblemList,
): Activation | null {
  const type = elementType(input.elementType);
  const domain = type === null ? null : inputDomain(type);
  if (type === null || domain === null) {
    problems.error(
      'E204',
      `inputs of ${elementTypeName(input.elementType)} are not supported; float, int8 and uint8 are`,
      input.name,
    );
    return null;
  }
  if (shape.length > maxRank || shape.some((n) => !Number.isInteger(n) || n < 1) || product(shape) > maxElements) {
    problems.error('E304', `its shape [${shape.join(', ')}] is empty or too large`, input.name);
    return null;
  }
  if (shape.length >= 2 && shape[0] !== 1 && use !== null) {
    const hint = `For one at a time: --input-shape ${input.name}=${[1, ...shape.slice(1)].join(',')}`;
    if (shape.length >= 3 && imageOperators.has(use.op)) {
      problems.error(
        'E302',
        `its shape [${shape.join(', ')}] has a batch of ${shape[0]}; ${use.op} is supported with a batch of 1`,
        input.name,
        hint,
      );
      return null;
    }
    if (matrixOperators.has(use.op)) {
      problems.add({
        code: 'W103',
        severity: 'warning',
        node: input.name,
        message: `its shape [${shape.join(', ')}] makes ${shape[0]} inferences in one run`,
        hint,
      });
    }
  }
  const layout = layoutOf(shape, memoryOrder(shape, use));
  const [h, w, c] = physicalShape(shape, memoryOrder(shape, use));
  const value = builder.newValue(input.name, { h, w, c }, domain);
  const view: View = { value, ...layout };
  const onnxDType = type === 'int8' || type === 'uint8' ? type : 'float32';
  builder.inputs.push({ value, name: input.name, layout: builder.ioLayout(view, onnxDType) });
  return { kind: 'activation', view, type };
}

function inputDomain(type: ElementType): Domain | null {
  if (type === 'int8' || type === 'uint8') return 'codes';
  return type === 'float32' || type === 'float16' || type === 'bfloat16' || type === 'float64' ? 'real' : null;
}

const matrixOperators = new Set(['Gemm', 'MatMul', 'QGemm', 'QLinearMatMul']);
const imageOperators = new Set([
  'Conv',
  'ConvTranspose',
  'QLinearConv',
  'MaxPool',
  'AveragePool',
  'GlobalAveragePool',
  'GlobalMaxPool',
  'BatchNormalization',
  'QLinearAveragePool',
  'QLinearGlobalAveragePool',
  'Resize',
  'Upsample',
  'DepthToSpace',
  'SpaceToDepth',
]);
/** Operators that do not care how memory is ordered. */
const transparent = new Set([
  'QuantizeLinear',
  'DequantizeLinear',
  'Identity',
  'Cast',
  'Relu',
  'Clip',
  'Add',
  'Sub',
  'Mul',
  'Div',
  'Pad',
  'Sigmoid',
  'Dropout',
]);

/** For each input the first operator behind it that is not elementwise. */
function firstUses(order: readonly OnnxNode[], inputs: readonly OnnxValueInfo[]): Map<string, OnnxNode> {
  const origin = new Map(inputs.map((i) => [i.name, i.name]));
  const uses = new Map<string, OnnxNode>();
  for (const node of order) {
    for (const name of node.inputs) {
      const input = origin.get(name);
      if (input === undefined || uses.has(input)) continue;
      if (transparent.has(node.op)) for (const output of node.outputs) origin.set(output, input);
      else uses.set(input, node);
    }
    if (uses.size === inputs.length) break;
  }
  return uses;
}

/**
 * Dimensions in memory order. Images and sequences stand channels last; where the network itself begins with a
 * transpose, in the order that makes it free; everything else as in the file.
 */
function memoryOrder(shape: readonly number[], use: OnnxNode | null): number[] {
  const own = shape.map((_, i) => i);
  if (shape.length !== 3 && shape.length !== 4) return own;
  if (use?.op === 'Transpose') {
    const perm = use.attributes.get('perm');
    if (perm?.kind === 'ints' && perm.values.length === shape.length && new Set(perm.values).size === shape.length) {
      const order = channelsLastOrder(shape.length).map((i) => perm.values[i]);
      if (order.every((i) => own.includes(i))) return order;
    }
    return own;
  }
  if (shape.length === 4) return channelsLastOrder(4);
  return use !== null && imageOperators.has(use.op) ? channelsLastOrder(3) : own;
}

/** The last three dimensions in memory, those before joined with the first. */
function physicalShape(shape: readonly number[], order: readonly number[]): [number, number, number] {
  const sizes = order.map((i) => shape[i]);
  const [w, c] = [sizes.at(-2) ?? 1, sizes.at(-1) ?? 1];
  return [product(sizes.slice(0, -2)), w, c];
}

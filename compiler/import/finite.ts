/** No number of a network is NaN or infinite: what a constant holds is looked at where a node reads it. */

import type { Constant } from './constant.js';
import { isFloatType } from './constant.js';
import type { Entry } from './context.js';
import type { OnnxNode } from './onnx-model.js';
import { NodeProblem } from './problems.js';

const hint = 'Look at how the model was trained and exported; a bound that is infinite can be left out.';

/** Scales have a message of their own (E402, quant-parameters.ts). */
const isScale = ({ op }: OnnxNode, index: number): boolean =>
  op.startsWith('QLinear') || op === 'QGemm' || (/^(De)?[Qq]uantizeLinear$/.test(op) && index === 1);

/** Throws E106, which names the constant or the attribute, where a node reads a number that is not finite. */
export function requireFinite(node: OnnxNode, entries: ReadonlyMap<string, Entry>): void {
  node.inputs.forEach((name, index) => {
    const entry = entries.get(name);
    if (entry?.kind === 'constant' && !isScale(node, index))
      requireFiniteConstant(entry.constant, `constant '${name}'`, name);
  });
  for (const [name, attribute] of node.attributes) {
    const what = `attribute ${name}`;
    if (attribute.kind === 'tensor') requireFiniteConstant(attribute.value, what, node.name);
    const values = attribute.kind === 'float' ? [attribute.value] : attribute.kind === 'floats' ? attribute.values : [];
    requireFiniteValues(values, what, node.name);
  }
}

/** As requireFinite, of one constant. */
export function requireFiniteConstant(constant: Constant, what: string, subject: string): void {
  if (isFloatType(constant.type)) requireFiniteValues(constant.data, what, subject);
}

function requireFiniteValues(values: ArrayLike<number>, what: string, subject: string): void {
  let count = 0;
  let first = -1;
  for (let i = 0; i < values.length; i++) {
    if (Number.isFinite(values[i])) continue;
    if (count === 0) first = i;
    count++;
  }
  if (count === 0) return;
  const where =
    values.length === 1 ? 'is' : `has ${count} of ${values.length} values that are not finite; element ${first} is`;
  throw new NodeProblem('E106', `${what} ${where} ${values[first]}`, hint, subject);
}

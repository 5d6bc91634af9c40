/** A model cut at inner tensors: other outputs than the file's own. */

import { nearest } from '../util/nearest.js';
import type { OnnxModel, OnnxValueInfo } from './onnx-model.js';
import type { ProblemList } from './problems.js';

/** The model with the tensors of these names as its outputs, in their order; E306 for each name that there is not. */
export function cutAt(model: OnnxModel, names: readonly string[], problems: ProblemList): OnnxModel {
  const outputs = new Map(model.outputs.map((o) => [o.name, o]));
  const tensors = new Set(model.nodes.flatMap((n) => n.outputs).filter((name) => name !== ''));
  for (const name of names) {
    if (tensors.has(name) || outputs.has(name)) continue;
    problems.error('E306', 'no tensor that an operator computes has this name', name, hintFor(name, model, tensors));
  }
  const asOutput = (name: string): OnnxValueInfo => outputs.get(name) ?? { name, elementType: 0, shape: null };
  return { ...model, outputs: [...new Set(names)].map(asOutput) };
}

function hintFor(name: string, model: OnnxModel, tensors: ReadonlySet<string>): string {
  const node = model.nodes.find((n) => n.name === name);
  const results = node?.outputs.filter((o) => o !== '') ?? [];
  const close = results.length > 0 ? results : nearest(name, [...tensors]);
  return close.length > 0
    ? `Did you mean ${close.map((c) => `'${c}'`).join(' or ')}?`
    : 'Names of tensors are what the nodes of the file write; a viewer such as Netron shows them.';
}

/** The parameter structs of a plan's steps, weights packed as their kernels want them. */

import type { Int8Graph } from '../ir/int8-graph.js';
import type { CStruct, CStructs, CValue, Kernel } from '../machine/kernel.js';
import type { Plan } from '../memory/plan.js';
import { stepSlices } from '../memory/step-slices.js';

/** A step's parameter struct, or an array of one for each slice of its channels. */
export type StepParams = CStruct | CStructs;

/** The parameters of every step, by position in plan.steps; each (node, kernel, part of a concat) is packed once. */
export function stepParams(graph: Int8Graph, plan: Plan, kernelById: (id: string) => Kernel): readonly StepParams[] {
  const packed = new Map<string, CStruct>();
  return plan.steps.map((step) => {
    const node = graph.nodes[step.node];
    const sliced = stepSlices(graph, plan, step);
    if (sliced !== null) {
      const items = sliced.slices.map((s) => kernelById(step.kernel).params(s.nodes[sliced.position], s.graph));
      return { kind: 'structs', type: items[0].type, items };
    }
    const part = step.inputs.length < node.inputs.length ? node.inputs.indexOf(step.inputs[0].value) : undefined;
    const key = `${step.node} ${step.kernel} ${part}`;
    let params = packed.get(key);
    if (params === undefined) {
      params = kernelById(step.kernel).params(node, graph, part);
      packed.set(key, params);
    }
    return params;
  });
}

const scalarBytes = { int8_t: 1, uint8_t: 1, int16_t: 2, uint16_t: 2, int32_t: 4, uint32_t: 4, int64_t: 8 } as const;

/** Size of rv_exact and rv_requant, the structs that stand in arrays: an upper estimate of both. */
const exactStructBytes = 24;
/** Larger ones. */
const structBytes: Readonly<Record<string, number>> = { rv_stage: 36, rv_epilogue: 32 };

/** Bytes of the arrays that a constant owns (weights, biases, multipliers, tables), alignment not counted. */
export function arrayBytes(value: CValue): number {
  if (value === null || typeof value !== 'object') return 0;
  switch (value.kind) {
    case 'array':
      return value.data.length * scalarBytes[value.type];
    case 'structs':
      return value.items.reduce(
        (sum, item) => sum + (structBytes[value.type] ?? exactStructBytes) + arrayBytes(item),
        0,
      );
    case 'struct':
      return Object.values(value.fields).reduce<number>((sum, field) => sum + arrayBytes(field), 0);
  }
}

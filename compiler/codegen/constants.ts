/** The constants of a package: parameter structs beside their steps, arrays in <net>_weights.c. */

import type { Plan } from '../memory/plan.js';
import type { StepParams } from '../program/packing.js';
import type { Program } from '../program/program.js';
import { emitArray, emitParams } from './initialiser.js';
import { constantName } from './io.js';
import { paramsName } from './steps.js';

export interface Constants {
  /** By position in plan.steps: the name of the struct, and its definition where this step is the first to use it. */
  readonly structs: readonly { readonly name: string; readonly definition: string | null }[];
  readonly declarations: readonly string[];
  readonly definitions: readonly string[];
}

/** Steps that share a struct object share its C constant. */
export function emitConstants(net: string, { graph, plan, steps }: Program): Constants {
  const declarations: string[] = [];
  const definitions: string[] = [];
  const names = new Map<StepParams, string>();
  const structs = steps.map(({ plan: step, params }) => {
    const known = names.get(params);
    if (known !== undefined) return { name: known, definition: null };
    const name = paramsName(net, step);
    names.set(params, name);
    const { arrays, definition } = emitParams(params, name, { linkage: 'extern' });
    for (const array of arrays) {
      declarations.push(array.declaration);
      definitions.push(array.definition);
    }
    return { name, definition };
  });
  for (const id of constantsInUse(plan)) {
    const data = graph.values.get(id)?.constant;
    if (data === null || data === undefined) throw new Error(`value ${id} has neither a buffer nor data`);
    const array = emitArray({ kind: 'array', type: 'int8_t', data, alignBytes: 4 }, constantName(net, id), {
      linkage: 'extern',
    });
    declarations.push(array.declaration);
    definitions.push(array.definition);
  }
  return { structs, declarations, definitions };
}

/** Values that steps or the network's outputs read from flash. */
function constantsInUse(plan: Plan): readonly number[] {
  const views = [...plan.steps.flatMap((step) => step.inputs), ...plan.outputs];
  return [...new Set(views.filter((view) => view.buffer === null).map((view) => view.value))].sort((a, b) => a - b);
}

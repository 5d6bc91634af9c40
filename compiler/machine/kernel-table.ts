/** All kernels, and which of them a core runs. */

import { epilogueOf, type Int8Graph, type Int8Node } from '../ir/int8-graph.js';
import type { Core } from './core.js';
import type { IsaId } from './isa.js';
import type { Kernel } from './kernel.js';
import { cKernels } from './kernels/c/index.js';
import { dspKernels } from './kernels/dsp/index.js';
import { mveKernels } from './kernels/mve/index.js';

/** Operators with an epilogue are for the kernels that end in one, and for no others. */
const apart = (kernels: readonly Kernel[]): readonly Kernel[] =>
  kernels.map((kernel) => ({
    ...kernel,
    accepts: (node, graph) =>
      (kernel.takesEpilogue === true) === (epilogueOf(node.op) !== null) && kernel.accepts(node, graph),
  }));

const kernelsOfIsa: Readonly<Record<IsaId, readonly Kernel[]>> = {
  c: apart(cKernels),
  dsp: apart(dspKernels),
  mve: apart(mveKernels),
};

const byId: ReadonlyMap<string, Kernel> = new Map(
  Object.values(kernelsOfIsa)
    .flat()
    .map((k) => [k.id, k]),
);

/** The kernels that run on a core, best first: the first that accepts a node is its choice. */
export function kernelsFor(core: Core): readonly Kernel[] {
  return core.isas.flatMap((isa) => kernelsOfIsa[isa]);
}

/** The best kernel for a node. Throws for a reshape, which is always a view, and for nothing else: internal errors. */
export function chooseKernel(node: Int8Node, graph: Int8Graph, core: Core): Kernel {
  const kernel = kernelsFor(core).find((k) => k.accepts(node, graph));
  if (kernel === undefined) throw new Error(`no kernel for ${node.op.kind} (${node.name})`);
  return kernel;
}

/** Throws on an unknown id (a plan.json of another version): an internal error to whoever did not check. */
export function kernelById(id: string): Kernel {
  const kernel = byId.get(id);
  if (kernel === undefined) throw new Error(`no kernel ${id}`);
  return kernel;
}

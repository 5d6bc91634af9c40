/** The passes over a graph, in their order. Each keeps the meaning of the graph, to the last bit where it is quantised. */

import type { Graph } from '../ir/graph.js';
import { removeDeadCode } from './dead-code.js';
import { dropIdentities } from './drop-identity.js';
import { foldBatchNorm } from './fold-batchnorm.js';
import { foldPads } from './fold-pad.js';
import { fuseActivations } from './fuse-activation.js';

export interface Pass {
  readonly name: string;
  readonly run: (graph: Graph) => Graph;
}

export const passes: readonly Pass[] = [
  { name: 'dead-code', run: removeDeadCode },
  { name: 'drop-identity', run: dropIdentities },
  { name: 'fold-batchnorm', run: foldBatchNorm },
  { name: 'fuse-activation', run: fuseActivations },
  { name: 'fold-pad', run: foldPads },
];

/** All passes; `afterPass` sees each result (tests verify them). */
export function optimise(graph: Graph, afterPass?: (pass: string, graph: Graph) => void): Graph {
  return passes.reduce((g, pass) => {
    const result = pass.run(g);
    afterPass?.(pass.name, result);
    return result;
  }, graph);
}

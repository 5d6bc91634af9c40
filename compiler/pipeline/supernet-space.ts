/** What of a search's space one network can share its weights over, and what of it a candidate is. */

import { drawSequence } from '../explore/genome.js';
import { Networks, type PlainMove } from '../explore/moves.js';
import type { Graph } from '../ir/graph.js';
import { countMacs } from '../ir/graph-size.js';
import type { PixelArithmetic } from '../pytorch/finetune.js';
import {
  choiceOf,
  type SuperBlock,
  type SuperChoice,
  supernetScript,
  type SupernetFiles,
} from '../pytorch/supernet.js';
import { blocksOf } from '../redesign/blocks.js';
import { applyMove, listMoves, type Move, type MoveKind } from '../redesign/index.js';
import { SeededRandom } from '../util/random.js';

/** Kinds of moves that a supernet holds. */
export const supernetKinds: readonly MoveKind[] = [
  'shrinkKernel',
  'enlargeKernel',
  'dropBlock',
  'insertBlock',
  'cutWidth',
  'moveStride',
  'lowerResolution',
];

export interface SupernetSpace {
  readonly original: Graph;
  /** The original with one more block behind each that can be copied. */
  readonly graph: Graph;
  readonly blocks: readonly SuperBlock[];
}

export function supernetSpace(original: Graph): SupernetSpace {
  const graph = listMoves(original)
    .filter((m) => m.kind === 'insertBlock')
    .reduce((g, move) => applyMove(g, move), original);
  const found = blocksOf(graph);
  const adds = new Set(found.map((b) => b.add));
  // A block within a block comes and goes with it.
  const blocks = found.filter((b) => !b.branch.some((n) => adds.has(n)));
  return { original, graph, blocks };
}

/** Null where the candidate is none of the supernet's. */
export function candidateChoice(
  space: SupernetSpace,
  candidate: Graph,
  moves: readonly PlainMove[],
): SuperChoice | null {
  if (moves.some((m) => !supernetKinds.includes(m.kind as MoveKind))) return null;
  const known = new Set(space.graph.nodes.map((n) => n.name));
  const held = new Set(candidate.nodes.map((n) => n.name));
  // Nodes of its own (but for an image that is made smaller first), or a block that lost its Add and kept the rest.
  const foreign = candidate.nodes.some((n) => !known.has(n.name) && n.inputs[0] !== candidate.inputs[0].value);
  const torn = space.blocks.some((b) => !held.has(b.add.name) && b.branch.some((n) => held.has(n.name)));
  return foreign || torn ? null : choiceOf(candidate, space.graph, space.original, space.blocks);
}

/** Candidates that a supernet learns on. */
const drawn = 200;
const longest = 8;

/** Throws NotTrainable where a node is not written in PyTorch. */
export function supernetOf(
  space: SupernetSpace,
  networks: Networks,
  kinds: readonly string[],
  pixels: PixelArithmetic,
  seed: number,
): SupernetFiles {
  const random = new SeededRandom(seed);
  const { original, graph, blocks } = space;
  let smallest: { readonly macs: number; readonly choice: SuperChoice } | null = null;
  const choices: SuperChoice[] = [];
  for (let i = 0; i < drawn; i++) {
    const moves = drawSequence(networks, 1 + (i % longest), random);
    const candidate = networks.graphOf(moves);
    const choice = candidate === null ? null : candidateChoice(space, candidate, moves);
    if (candidate === null || choice === null) continue;
    choices.push(choice);
    const macs = countMacs(candidate);
    if (smallest === null || macs < smallest.macs) smallest = { macs, choice };
  }
  const nothing: SuperChoice = { convolutions: {}, blocks: {}, input: null };
  return supernetScript(graph, original, blocks, choices, smallest?.choice ?? nothing, kinds, pixels);
}

/** The search's own space, without what a supernet does not hold. */
export function supernetNetworks(original: Graph, kinds: readonly string[]): Networks {
  return new Networks(original, {
    list: (g) => listMoves(g).filter((m) => kinds.includes(m.kind)),
    apply: (g, move) => {
      try {
        return applyMove(g, move as Move);
      } catch {
        return null;
      }
    },
  });
}

/** A residual block goes; its input goes on in its place. */

import { noClamp } from '../../ir/graph.js';
import type { Clamp } from '../../ir/graph.js';
import { removeDeadCode } from '../../passes/dead-code.js';
import { blockAt, blocksOf } from '../blocks.js';
import { type DropBlock, illegal, type MoveRule } from '../move.js';
import { nodeOf, producerOf, redirect, replaceNode } from '../structure.js';

const sameClamp = (a: Clamp, b: Clamp): boolean => a.min === b.min && a.max === b.max;

export const dropBlock: MoveRule<DropBlock> = {
  kind: 'dropBlock',
  list: (graph) => blocksOf(graph).map(({ add }): DropBlock => ({ kind: 'dropBlock', node: add.name })),
  apply(graph, move) {
    const block = blockAt(graph, nodeOf(graph, move));
    if (typeof block === 'string') throw illegal(move, block);
    const { add, skip } = block;
    const clamp = 'clamp' in add.op ? add.op.clamp : noClamp;
    const made = producerOf(graph, skip);
    // What is clamped already needs no second time.
    const before = made !== null && 'clamp' in made.op ? made.op.clamp : noClamp;
    if (sameClamp(clamp, noClamp) || sameClamp(clamp, before)) return removeDeadCode(redirect(graph, add.output, skip));
    const clip = { fn: 'clip', a: { fn: 'x' }, min: clamp.min, max: clamp.max } as const;
    return removeDeadCode(replaceNode(graph, add, { ...add, op: { kind: 'unary', expr: clip }, inputs: [skip] }));
  },
  words(graph, move) {
    const block = blockAt(graph, nodeOf(graph, move));
    return `the residual block of ${typeof block === 'string' ? 1 : block.branch.length} layers before ${move.node} goes`;
  },
};

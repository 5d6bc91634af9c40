/** What folders share. */

import { product } from '../constant.js';
import type { Constant } from '../constant.js';
import type { NodeContext } from '../context.js';
import { maxFoldedElements, maxRank } from '../limits.js';
import { NodeProblem } from '../problems.js';

/** At least n inputs, none left out. */
export function required(ctx: NodeContext, inputs: readonly (Constant | null)[], n: number): Constant[] {
  const present = inputs.filter((c) => c !== null);
  if (present.length < n || present.length !== inputs.length)
    throw new NodeProblem('E103', `${ctx.node.op} lacks an input`);
  return present;
}

/** Refuses results that only a hostile file asks for. */
export function requireFoldable(ctx: NodeContext, dims: readonly number[]): void {
  if (dims.some((n) => !Number.isInteger(n) || n < 0)) ctx.shapeProblem(`[${dims.join(', ')}] is not a shape`);
  if (dims.length > maxRank || product(dims) > maxFoldedElements) {
    throw new NodeProblem('E304', `a constant of shape [${dims.join(', ')}] is too large to compute`);
  }
}

export const integers = (c: Constant): number[] => Array.from(c.data);

/** What a file says of its quantisation, made a Graph: of codes where the file has any, in floating point otherwise. */

import type { ProblemList } from '../../import/problems.js';
import type { RawGraph } from '../../import/raw-graph.js';
import type { Graph } from '../../ir/graph.js';
import { resolveFloat } from './float.js';
import { resolveQuantised } from './quantised.js';

/** Whether the file holds quantised tensors. */
export const isQuantised = (raw: RawGraph): boolean => raw.values.some((v) => v.domain === 'codes');

/** The graph that a file means; problems go to the list. */
export const resolve = (raw: RawGraph, problems: ProblemList): Graph =>
  isQuantised(raw) ? resolveQuantised(raw, problems) : resolveFloat(raw);

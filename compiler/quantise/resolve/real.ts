/**
 * What a real value of a quantised network is, before something quantises it: a function of codes that exist
 * (`source`), or of an operator's result that nothing has quantised yet (`pending`), possibly moved since.
 */

import type { Expr } from '../../ir/expr.js';
import type { Op, ValueId } from '../../ir/graph.js';
import type { Shape } from '../../ir/tensor.js';
import type { RawNode } from '../../import/raw-graph.js';
import type { QuantCell } from './graph-builder.js';

/** int8 codes in the graph. */
export interface Codes {
  readonly value: ValueId;
  readonly cell: QuantCell;
}

/** A real number in the graph, which nothing quantises. */
export interface RealCodes {
  readonly value: ValueId;
  readonly cell: null;
}

export interface Source {
  readonly kind: 'source';
  readonly codes: Codes;
}

/** An operator whose result takes whatever quantisation is asked of it. */
export interface Root {
  /** Null: a network input. */
  readonly node: RawNode | null;
  readonly op: Op | null;
  readonly name: string;
  readonly shape: Shape;
  /** Codes for operators, or real numbers for those that take them; real values, quantised alike, for a concat. */
  readonly operands: readonly (Codes | RealCodes | RealValue)[];
  /** By quantisation and clamp. */
  readonly realised: Map<string, Codes>;
  /** Its result as a real number, once it is wanted. */
  real: ValueId | null;
  readonly depth: number;
}

/** A move of data (or a MaxPool) applied to a pending result. */
export interface Link {
  readonly parent: Link | null;
  readonly node: RawNode;
  readonly op: Op;
  readonly name: string;
  readonly shape: Shape;
  readonly realised: Map<string, Codes>;
}

export interface Pending {
  readonly kind: 'pending';
  readonly root: Root;
  readonly link: Link | null;
}

/** expr(base), elementwise. */
export interface RealValue {
  readonly base: Source | Pending;
  readonly expr: Expr;
  /** The node that computed it last: named when it is not quantised. */
  readonly node: RawNode | null;
  readonly name: string;
}

export const sameBase = (a: Source | Pending, b: Source | Pending): boolean =>
  (a.kind === 'source' && b.kind === 'source' && a.codes.value === b.codes.value && a.codes.cell === b.codes.cell) ||
  (a.kind === 'pending' && b.kind === 'pending' && a.root === b.root && a.link === b.link);

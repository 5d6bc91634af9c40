/**
 * A move changes a float network a little: another kernel, width, place of a stride, number of blocks. Moves are plain
 * data that name nodes of the graph; what a move leaves keeps its names, so that a list of moves can be written down
 * and made again.
 */

import { ExitCode, RivuletError } from '../diagnostics.js';
import type { Graph } from '../ir/graph.js';

/** Another kernel around the same centre; stride and alignment stay. */
export interface ShrinkKernel {
  readonly kind: 'shrinkKernel';
  readonly node: string;
  readonly kernelH: number;
  readonly kernelW: number;
}
/** New taps are zeros: the same function. */
export interface EnlargeKernel {
  readonly kind: 'enlargeKernel';
  readonly node: string;
  readonly kernelH: number;
  readonly kernelW: number;
}
/** `node` is the Add of a residual block: what it adds goes. */
export interface DropBlock {
  readonly kind: 'dropBlock';
  readonly node: string;
}
/** A copy of the residual block that ends with the Add `node` follows it, beginning as the identity. */
export interface InsertBlock {
  readonly kind: 'insertBlock';
  readonly node: string;
}
/** The stride of convolution `node` goes to convolution `to`, before or behind it. */
export interface MoveStride {
  readonly kind: 'moveStride';
  readonly node: string;
  readonly to: string;
}
/** The channels that convolution `node` makes, and all that must have the same, become `channels`. */
export interface CutWidth {
  readonly kind: 'cutWidth';
  readonly node: string;
  readonly channels: number;
}
/** The pointwise convolution before pointwise convolution `node` becomes part of it. */
export interface MergePointwise {
  readonly kind: 'mergePointwise';
  readonly node: string;
}
/** A linear Resize in front of the network; `node` is the first reader of the input. */
export interface LowerResolution {
  readonly kind: 'lowerResolution';
  readonly node: string;
  readonly height: number;
  readonly width: number;
}
/** The average pool `node` and the pointwise convolution before it change places. */
export interface SwapPool {
  readonly kind: 'swapPool';
  readonly node: string;
}

export type Move =
  | ShrinkKernel
  | EnlargeKernel
  | DropBlock
  | InsertBlock
  | MoveStride
  | CutWidth
  | MergePointwise
  | LowerResolution
  | SwapPool;

export type MoveKind = Move['kind'];

/** One kind of move. Graphs are float, after the passes. */
export interface MoveRule<M extends Move = Move> {
  readonly kind: M['kind'];
  /** The legal moves of this kind, in the order of the nodes. */
  list(graph: Graph): readonly M[];
  /**
   * The network with the move made, weights carried over in the plainest way: cropped, padded with zeros, the identity,
   * the first channels. Throws a RivuletError (E180) that says why where the move is not legal.
   */
  apply(graph: Graph, move: M): Graph;
  /** One line for people. */
  words(graph: Graph, move: M): string;
}

/** What `apply` throws where a move is not legal. */
export const illegal = (move: { readonly kind: MoveKind; readonly node: string }, why: string): RivuletError =>
  new RivuletError(ExitCode.usage, [
    { code: 'E180', severity: 'error', message: `${move.kind} is not possible here: ${why}`, node: move.node },
  ]);

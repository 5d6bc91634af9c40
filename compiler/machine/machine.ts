/** Everything that depends on the target, in one record: the core, and the board whose memory the network may use. */

import { type Board, genericBoard, withCore } from './board.js';
import type { Core, CoreId } from './core.js';
import { coreOf, defaultCore } from './cores/index.js';
import type { Kernel } from './kernel.js';
import { kernelById } from './kernel-table.js';

export interface Machine {
  readonly core: Core;
  readonly board: Board;
  /** False where no board was named: `board` then stands in for one with plenty of memory. */
  readonly boardGiven: boolean;
  /** The kernel of an id that a plan names. Throws on an unknown id. */
  readonly kernelById: (id: string) => Kernel;
}

/** A board, a core, or both (that board with another core). */
export function machineOf(board: Board | null, coreId?: CoreId): Machine {
  if (board === null) {
    const core = coreId === undefined ? defaultCore : coreOf(coreId);
    return { core, board: genericBoard(core), boardGiven: false, kernelById };
  }
  const core = coreOf(coreId ?? board.core);
  return { core, board: withCore(board, core), boardGiven: true, kernelById };
}

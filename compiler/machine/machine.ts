/** Everything that depends on the target, in one record: the core, and the board whose memory the network may use. */

import { type Board, genericBoard, withCore } from './board.js';
import type { Core, CoreId } from './core.js';
import { coreOf, defaultCore } from './cores/index.js';

export interface Machine {
  readonly core: Core;
  readonly board: Board;
  /** False where no board was named: `board` then stands in for one with plenty of memory. */
  readonly boardGiven: boolean;
}

/** A board, a core, or both (that board with another core). */
export function machineOf(board: Board | null, coreId?: CoreId): Machine {
  if (board === null) {
    const core = coreId === undefined ? defaultCore : coreOf(coreId);
    return { core, board: genericBoard(core), boardGiven: false };
  }
  const core = coreOf(coreId ?? board.core);
  return { core, board: withCore(board, core), boardGiven: true };
}

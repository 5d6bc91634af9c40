/** What to say when a network does not fit: by how much, and what would help. Every offer fits in everything. */

import type { Diagnostic } from '../diagnostics.js';
import type { Plan } from '../memory/plan.js';
import { counted, formatBytes, groupDigits } from '../util/format.js';
import type { Footprint } from '../program/program.js';
import type { Alternative } from './alternatives.js';
import { boardIds, loadBoard } from '../machine/board-files.js';
import {
  arenaBudgetBytes,
  boardSizes,
  fitBoard,
  type Fit,
  type MemoryLimits,
  type MemoryNeed,
} from '../machine/fit.js';
import { sramRegions, type Board } from '../machine/board.js';

export interface MisfitInput {
  readonly board: Board;
  readonly fit: Fit;
  readonly limits: MemoryLimits;
  readonly boardGiven: boolean;
  readonly plan: Plan;
  readonly sizes: Footprint;
  /** What the search finds where less is asked of it. */
  readonly alternatives: readonly (Alternative & { readonly peakSramBytes: number })[];
  /** Whether the same request fits another board. */
  readonly fitsOn: (board: Board) => boolean;
}

/** E500: SRAM, E501: flash; empty where everything fits. */
export function misfits(input: MisfitInput): readonly Diagnostic[] {
  const { fit, sizes, limits, board } = input;
  const found: Diagnostic[] = [];
  if (fit.missingSramBytes > 0)
    found.push({ code: 'E500', severity: 'error', message: `does not fit: ${sramText(input)}`, hint: sramHint(input) });
  if (fit.missingFlashBytes > 0) {
    const flash = sizes.weightBytes + sizes.codeBytes;
    const have = `${groupDigits(boardSizes(board, limits).flashBytes)} ${limits.flashBytes === null ? `are there` : 'are allowed'}`;
    found.push({
      code: 'E501',
      severity: 'error',
      message: `does not fit: constants and code take about ${groupDigits(flash)} bytes of flash, and ${have}: ${groupDigits(fit.missingFlashBytes)} too many`,
      hint: [
        `${formatBytes(sizes.weightBytes)} are constants: a smaller network`,
        // Where the SRAM misses too, the boards are named there.
        ...(fit.missingSramBytes > 0 ? [] : largerBoards(input)),
      ].join('; '),
    });
  }
  return found;
}

/** What the SRAM is needed for, and what there is of it: all in bytes of the same memory. */
function sramText({ board, fit, limits, plan, sizes }: MisfitInput): string {
  const arena = groupDigits(plan.arenaBytes);
  const tooMany = `${counted(fit.missingSramBytes, 'byte')} too many`;
  const peakSramBytes = plan.arenaBytes + sizes.staticBytes + sizes.stackBytes;
  if (limits.sramBytes !== null && peakSramBytes - limits.sramBytes === fit.missingSramBytes)
    return `the network takes ${groupDigits(peakSramBytes)} bytes of SRAM (arena ${arena}, stack ${groupDigits(sizes.stackBytes)}), and ${groupDigits(limits.sramBytes)} are allowed: ${tooMany}`;
  const stack = Math.max(board.stackReserveBytes, sizes.stackBytes);
  const largest = sramRegions(board).reduce((a, b) => (b.bytes > a.bytes ? b : a));
  return arenaBudgetBytes(board, sizes) === largest.bytes
    ? `the arena takes ${arena} bytes in one piece, and ${largest.name}, the largest of ${board.id}, has ${groupDigits(largest.bytes)}: ${tooMany}`
    : `the network takes ${groupDigits(plan.arenaBytes + stack)} bytes of SRAM (arena ${arena}, stack ${groupDigits(stack)}), and ${largest.name} of ${board.id} has ${groupDigits(largest.bytes)}: ${tooMany}`;
}

/** What would fit: another request, a larger limit, a larger board. */
function sramHint(input: MisfitInput): string {
  const { board, boardGiven, limits, plan, sizes, alternatives } = input;
  const ideas: string[] = [];
  const bytes = (a: { readonly peakSramBytes: number }): string => `${groupDigits(a.peakSramBytes)} bytes of SRAM`;
  const fitting = alternatives.find((a) => a.fits);
  const inSram = alternatives.find((a) => a.fitsSram);
  const least = [...alternatives].sort((a, b) => a.peakSramBytes - b.peakSramBytes)[0];
  const peakSramBytes = plan.arenaBytes + sizes.staticBytes + sizes.stackBytes;
  if (fitting !== undefined) ideas.push(`${fitting.change} it fits: ${bytes(fitting)}`);
  else if (inSram !== undefined)
    ideas.push(`${inSram.change} it takes ${bytes(inSram)}, which there are, but too much flash`);
  else if (least !== undefined && least.peakSramBytes < peakSramBytes)
    ideas.push(`the least found, ${least.change}, takes ${bytes(least)}, too many as well`);
  else ideas.push('no plan found takes less: a smaller input or fewer channels in the first layers would');
  if (limits.sramBytes !== null && fitBoard(board, needOf(plan, sizes), { ...limits, sramBytes: null }).fits)
    ideas.push(`--sram ${peakSramBytes} takes it as it is`);
  else if (boardGiven) ideas.push(...largerBoards(input));
  else if (fitBoard(board, needOf(plan, sizes)).missingSramBytes > 0)
    ideas.push('a board file (--board) with as much memory: without one, 8 MiB of each are assumed');
  return ideas.join('; ');
}

export const needOf = (plan: Plan, sizes: Footprint): MemoryNeed => ({
  arenaBytes: plan.arenaBytes,
  staticBytes: sizes.staticBytes,
  stackBytes: sizes.stackBytes,
  flashBytes: sizes.weightBytes + sizes.codeBytes,
});

/** The smallest boards that the request fits; none for limits of the user's own. */
function largerBoards({ board, boardGiven, fitsOn }: MisfitInput): readonly string[] {
  if (!boardGiven) return [];
  const found: string[] = [];
  const bySram = boardIds()
    .map((id) => loadBoard(id))
    .sort((a, b) => boardSizes(a).sramBytes - boardSizes(b).sramBytes);
  for (const candidate of bySram)
    if (found.length < 2 && candidate.id !== board.id && fitsOn(candidate)) found.push(candidate.id);
  return found.length === 0 ? [] : [`it fits ${found.join(' or ')}`];
}

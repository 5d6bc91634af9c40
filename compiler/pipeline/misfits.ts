/** What to say when a network does not fit: by how much, and what would help. */

import type { Diagnostic } from '../diagnostics.js';
import type { Plan } from '../memory/plan.js';
import { counted, formatBytes, groupDigits } from '../util/format.js';
import type { Footprint } from '../program/program.js';
import type { Alternative } from './alternatives.js';
import { boardIds, loadBoard } from '../machine/board-files.js';
import { boardSizes, fitBoard, type Fit, type MemoryLimits, type MemoryNeed } from '../machine/fit.js';
import type { Board } from '../machine/board.js';

export interface MisfitInput {
  readonly board: Board;
  readonly fit: Fit;
  readonly limits: MemoryLimits;
  readonly boardGiven: boolean;
  readonly plan: Plan;
  readonly sizes: Footprint;
  /** What the search finds where less is asked of it. */
  readonly alternatives: readonly (Alternative & { readonly peakSramBytes: number })[];
}

/** E500: SRAM, E501: flash; empty where everything fits. */
export function misfits(input: MisfitInput): readonly Diagnostic[] {
  const { board, boardGiven, fit, limits, plan, sizes } = input;
  const found: Diagnostic[] = [];
  const name = board.id;
  if (fit.missingSramBytes > 0) {
    const stack = Math.max(board.stackReserveBytes, sizes.stackBytes);
    const need = `an arena of ${groupDigits(plan.arenaBytes)} bytes`;
    const isOverLimit =
      limits.sramBytes !== null && plan.arenaBytes + sizes.staticBytes + sizes.stackBytes > limits.sramBytes;
    const have =
      limits.sramBytes === null || !isOverLimit
        ? `${name} has ${regionsText(board)}, less ${groupDigits(stack)} bytes for the stack`
        : `${groupDigits(limits.sramBytes)} bytes are allowed, stack bound of ${groupDigits(sizes.stackBytes)} bytes included`;
    found.push({
      code: 'E500',
      severity: 'error',
      message: `does not fit: the network needs ${need}, ${counted(fit.missingSramBytes, 'byte')} more than there are (${have})`,
      hint: sramHint(input),
    });
  }
  if (fit.missingFlashBytes > 0) {
    const flash = sizes.weightBytes + sizes.codeBytes;
    found.push({
      code: 'E501',
      severity: 'error',
      message: `does not fit: constants and code take about ${groupDigits(flash)} bytes of flash, ${groupDigits(fit.missingFlashBytes)} more than there are`,
      hint: [
        `${formatBytes(sizes.weightBytes)} are constants: a smaller network`,
        ...(boardGiven ? largerBoards(board, needOf(plan, sizes)) : []),
      ].join('; '),
    });
  }
  return found;
}

const regionsText = (board: Board): string =>
  board.regions
    .filter((r) => r.kind === 'sram')
    .map((r) => `${groupDigits(r.bytes)} bytes in ${r.name}`)
    .join(', ');

/** What would fit: another request, a larger limit, a larger board. */
function sramHint({ board, boardGiven, limits, plan, sizes, alternatives }: MisfitInput): string {
  const ideas: string[] = [];
  const fitting = alternatives.find((a) => a.fits);
  const least = [...alternatives].sort((a, b) => a.peakSramBytes - b.peakSramBytes)[0];
  const peakSramBytes = plan.arenaBytes + sizes.staticBytes + sizes.stackBytes;
  if (fitting !== undefined) ideas.push(`${fitting.change} it fits: ${groupDigits(fitting.peakSramBytes)} bytes`);
  else if (least !== undefined && least.peakSramBytes < peakSramBytes)
    ideas.push(`the least found, ${least.change}, is ${groupDigits(least.peakSramBytes)} bytes, too much as well`);
  else ideas.push('no plan found takes less: a smaller input or fewer channels in the first layers would');
  const need = needOf(plan, sizes);
  if (limits.sramBytes !== null && fitBoard(board, need).missingSramBytes === 0)
    ideas.push(`--sram ${peakSramBytes} takes it as it is`);
  else if (boardGiven) ideas.push(...largerBoards(board, need));
  else ideas.push('a board file (--board) with as much memory: without one, 8 MiB of each are assumed');
  return ideas.join('; ');
}

const needOf = (plan: Plan, sizes: Footprint): MemoryNeed => ({
  arenaBytes: plan.arenaBytes,
  staticBytes: sizes.staticBytes,
  stackBytes: sizes.stackBytes,
  flashBytes: sizes.weightBytes + sizes.codeBytes,
});

/** The smallest boards that take the plan as it is. */
function largerBoards(board: Board, need: MemoryNeed): readonly string[] {
  const larger = boardIds()
    .map((id) => loadBoard(id))
    .filter((b) => b.id !== board.id && fitBoard(b, need).fits)
    .sort((a, b) => boardSizes(a).sramBytes - boardSizes(b).sramBytes);
  return larger.length === 0
    ? []
    : [
        `as it is, it fits ${larger
          .slice(0, 2)
          .map((b) => b.id)
          .join(' or ')}`,
      ];
}

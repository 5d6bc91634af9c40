/** What to say when a network does not fit: by how much, and what would help. */

import type { Diagnostic } from '../diagnostics.js';
import type { Plan } from '../memory/plan.js';
import { formatBytes, groupDigits } from '../report/describe.js';
import type { Footprint } from '../report/footprint.js';
import type { CompileOptions } from './request.js';
import { boardIds, loadBoard } from '../target/board-files.js';
import { boardSizes, fitBoard, type Fit, type MemoryLimits } from '../target/fit.js';
import type { Board } from '../target/board.js';

export interface MisfitInput {
  readonly board: Board;
  readonly fit: Fit;
  readonly limits: MemoryLimits;
  readonly plan: Plan;
  readonly sizes: Footprint;
  readonly options: CompileOptions;
}

/** E500: SRAM, E501: flash; empty where everything fits. */
export function misfits(input: MisfitInput): readonly Diagnostic[] {
  const { board, fit, limits, plan, sizes } = input;
  const found: Diagnostic[] = [];
  const name = board.id;
  if (fit.missingSramBytes > 0) {
    const stack = Math.max(board.stackReserveBytes, sizes.stackBytes);
    const need = `an arena of ${groupDigits(plan.arenaBytes)} bytes`;
    const have = limits.sramBytes === null
      ? `${name} has ${regionsText(board)}, less ${groupDigits(stack)} bytes for the stack`
      : `${groupDigits(limits.sramBytes)} bytes are allowed, stack bound of ${groupDigits(sizes.stackBytes)} bytes included`;
    found.push({
      code: 'E500', severity: 'error',
      message: `does not fit: the network needs ${need}, ${groupDigits(fit.missingSramBytes)} bytes more than there are (${have})`,
      hint: sramHint(input),
    });
  }
  if (fit.missingFlashBytes > 0) {
    const flash = sizes.weightBytes + sizes.codeBytes;
    found.push({
      code: 'E501', severity: 'error',
      message: `does not fit: constants and code take about ${groupDigits(flash)} bytes of flash, ${groupDigits(fit.missingFlashBytes)} more than there are`,
      hint: `${formatBytes(sizes.weightBytes)} are constants: a smaller network, or a board with more flash`,
    });
  }
  return found;
}

const regionsText = (board: Board): string => board.regions
  .filter((r) => r.kind === 'sram').map((r) => `${groupDigits(r.bytes)} bytes in ${r.name}`).join(', ');

/** The freedoms that the request did not use, and boards that would do. */
function sramHint({ board, plan, sizes, options }: MisfitInput): string {
  const ideas: string[] = [];
  if (options.schedule !== undefined && options.schedule !== 'auto') ideas.push('leave the schedule to the search (--schedule auto)');
  if (options.maxOverhead !== undefined) ideas.push('allow more work (a larger --max-overhead)');
  if (plan.schedule.input === 'resident') ideas.push('push the image row by row (--input streamed)');
  const need = { arenaBytes: plan.arenaBytes, staticBytes: sizes.staticBytes, stackBytes: sizes.stackBytes, flashBytes: sizes.weightBytes + sizes.codeBytes };
  const larger = boardIds().map((id) => loadBoard(id))
    .filter((b) => b.id !== board.id && fitBoard(b, need).fits)
    .sort((a, b) => boardSizes(a).sramBytes - boardSizes(b).sramBytes);
  if (larger.length > 0) ideas.push(`${larger.slice(0, 2).map((b) => b.id).join(' or ')} would do`);
  return ideas.length === 0 ? 'a smaller input or fewer channels in the first layers need less' : ideas.join('; ');
}

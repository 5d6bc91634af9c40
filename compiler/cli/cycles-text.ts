/** Modelled cycles as `validate` prints them. */

import { printable } from '../diagnostics.js';
import { tableLines, wrapLine } from '../report/table.js';
import { formatCount, groupDigits } from '../util/format.js';
import type { CycleReport, FlashCycles, StepCycles } from '../validate/cycle-report.js';

/** Lines of the summary. */
export function cycleLines(cycles: CycleReport, board: string, width: number): readonly string[] {
  const { modelled, low, high, model, milliseconds, flash, ratioOnly } = cycles;
  const range = ratioOnly
    ? 'a measure for comparing programs, not of time'
    : `${formatCount(low)} to ${formatCount(high)}`;
  const lines = [`cycles        ${groupDigits(modelled)} modelled (${model}), ${range}; ${cycles.basis}`];
  if (flash !== null) lines.push(flashLine(flash));
  if (milliseconds !== null) {
    const clock = `${Number((milliseconds.clockHz / 1e6).toFixed(1))} MHz`;
    lines.push(
      `time          ${milliseconds.low.toPrecision(3)} to ${milliseconds.high.toPrecision(3)} ms modelled, ${board} at ${clock}${flash === null ? ', without waiting for flash' : ''}`,
    );
  }
  return lines.flatMap((line) => wrapLine(line, width, 14));
}

function flashLine({ waitStates, code, constants }: FlashCycles): string {
  const share = (of: FlashCycles['code']): string =>
    of.low === of.high ? formatCount(of.high) : `${formatCount(of.low)} to ${formatCount(of.high)}`;
  return (
    `flash         at ${waitStates} wait states modelled to add ${share(code)} cycles for code (none with RV_HOT in SRAM or TCM) ` +
    `and ${share(constants)} for constants (none with RV_WEIGHTS there)`
  );
}

const mostSteps = 20;

/** The steps with most cycles, dearest first where they are not all shown. */
export function stepCycleLines({ modelled, steps }: CycleReport, width: number): readonly string[] {
  const dearest = [...steps].sort((a, b) => b.cycles - a.cycles || a.step - b.step);
  const shown = steps.length <= mostSteps ? steps : dearest.slice(0, mostSteps);
  const rest = dearest.slice(shown.length).reduce((sum, s) => sum + s.cycles, 0);
  const share = (n: number): string => `${((100 * n) / Math.max(1, modelled)).toFixed(1)} %`;
  const row = (s: StepCycles): readonly string[] => [
    String(s.step),
    s.op,
    printable(s.node),
    s.kernel,
    formatCount(s.cycles),
    share(s.cycles),
    s.macs === 0 ? '' : (s.cycles / s.macs).toFixed(2),
  ];
  const table = tableLines(
    [
      { head: 'step', align: 'right' },
      { head: 'op', align: 'left', drop: 1 },
      { head: 'node', align: 'left', limit: 40, least: 8 },
      { head: 'kernel', align: 'left', limit: 40, least: 12, drop: 2 },
      { head: 'cycles', align: 'right' },
      { head: 'share', align: 'right' },
      { head: 'c/MAC', align: 'right' },
    ],
    shown.map(row),
    width - 2,
  ).map((line) => `  ${line}`);
  const others =
    shown.length < steps.length
      ? [`  and ${steps.length - shown.length} steps with ${share(rest)} (all of them: --json)`]
      : [];
  return [`Modelled cycles by step${shown.length < steps.length ? ', dearest first' : ''}`, ...table, ...others];
}

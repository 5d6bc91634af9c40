/** The report for a terminal, drawn from plan.json alone. Plain text: colour is the command line's. */

import { printable } from '../diagnostics.js';
import { formatBytes, formatCount, formatSlowdown, groupDigits } from '../util/format.js';
import { peakRows } from './peak.js';
import type { PlanDocument, StepDocument } from './plan-document.js';
import { quantisationLines } from './quantise-text.js';
import { tableLines, wrapLine } from './table.js';
import { comparisonTexts, inputText, optimalText, peakStepText, slowdownText, stackText } from './words.js';

export interface TextOptions {
  /** With the table of all layers. */
  readonly layers: boolean;
  /** Of the terminal, in characters; lines are as long as they are by default. */
  readonly width?: number;
}

/** The whole report. Ends with a newline. */
export function reportText(
  document: PlanDocument,
  { layers, width = Infinity }: TextOptions = { layers: true },
): string {
  const sections = [head(document), memory(document), peak(document, width), work(document)];
  if (layers) sections.push(layerTable(document, width));
  if (document.pareto.length > 0) sections.push(front(document));
  else if (document.knee.length > 0) sections.push(knee(document));
  if (document.quantisation !== undefined) sections.push(quantisationLines(document.quantisation));
  const lines = sections.map((section) => section.flatMap((line) => wrapLine(line, width)).join('\n'));
  return `${lines.join('\n\n')}\n`;
}

function head(d: PlanDocument): readonly string[] {
  const target = d.board === null ? d.core : `${d.board.id} (${d.core})`;
  const live = d.model.liveMacs === d.model.macs ? '' : `, ${formatCount(d.model.liveMacs)} of them live`;
  return [
    `${printable(d.model.name, 60)} for ${target}, rivulet ${d.tool.version}`,
    `${formatCount(d.model.parameters)} parameters, ${formatCount(d.model.macs)} multiply-accumulates${live}; SHA-256 ${printable(d.model.sha256, 64)}`,
    ...removedText(d),
    ...d.reasons.map((reason) => printable(reason)),
  ];
}

/** One line; the HTML page has them layer by layer. */
function removedText(d: PlanDocument): readonly string[] {
  const count = (reason: string): number =>
    d.removedChannels.filter((r) => r.reason === reason).reduce((sum, r) => sum + r.channels, 0);
  const reasons = [...new Set(d.removedChannels.map((r) => r.reason))].map(
    (reason) => `${groupDigits(count(reason))} ${printable(reason, 60)}`,
  );
  return reasons.length === 0
    ? []
    : [`Channels removed, with the same bytes out: ${reasons.join(', ')} (the report.html of compile lists them)`];
}

function memory(d: PlanDocument): readonly string[] {
  const m = d.memory;
  const limit = d.limits.sramBytes === null ? '' : ` of ${formatBytes(d.limits.sramBytes)}`;
  const rows: [string, number, string][] = [
    ['arena', m.arenaBytes, `${inputText(m)}; ${groupDigits(m.scratchBytes)} are kernel scratch`],
    ['variables', m.staticBytes, 'the generated code has none outside the arena'],
    ['stack', m.stackBytes, `bound, ${stackText(m)}`],
  ];
  return [
    `Peak SRAM  ${formatBytes(m.peakSramBytes)}${limit}${misses(d, 'E500')}`,
    ...rows.map(([what, bytes, note]) => `  ${what.padEnd(9)}  ${groupDigits(bytes).padStart(9)}  ${note}`),
    `  ${optimalText(m)}`,
    ...comparisonTexts(m).map((text) => `  ${text}`),
  ];
}

function peak(d: PlanDocument, width: number): readonly string[] {
  const rows = peakRows(d).map((row) => [
    groupDigits(row.fromByte),
    groupDigits(row.toByte),
    groupDigits(row.bytes),
    row.kind,
    printable(row.what, 80),
  ]);
  return [
    `Bytes of the peak, ${peakStepText(d)}`,
    ...tableLines(
      [
        { head: '  from', align: 'right' },
        { head: 'to', align: 'right' },
        { head: 'bytes', align: 'right' },
        { head: 'kind', align: 'left' },
        { head: 'what', align: 'left', least: 12 },
      ],
      rows,
      width - 2,
    ).map((line) => `  ${line}`),
  ];
}

function work(d: PlanDocument): readonly string[] {
  const { cost } = d;
  const flash = cost.flashBytes.weights + cost.flashBytes.code;
  const limit = d.limits.flashBytes === null ? '' : ` of ${formatBytes(d.limits.flashBytes)}`;
  return [
    `Flash      ${formatBytes(flash)}${limit}: ${formatBytes(cost.flashBytes.weights)} of constants, about ${formatBytes(cost.flashBytes.code)} of code${misses(d, 'E501')}`,
    `Work       ${formatCount(cost.executedMacs)} multiply-accumulates executed, about ${formatCount(cost.estimatedInstructions)} instructions on ${d.core}, ${slowdownText(cost.slowdown)}`,
  ];
}

/** E500: SRAM, E501: flash. */
const misses = (d: PlanDocument, code: string): string =>
  d.diagnostics.some((x) => x.code === code) ? ', does not fit' : '';

function layerTable(d: PlanDocument, width: number): readonly string[] {
  const peakStep = d.memory.peakStep;
  const rows = d.steps.map((s) => [
    `${s.index === peakStep ? '*' : ' '}${s.index}`,
    s.op,
    s.outputShape.join('x'),
    formatCount(s.macs),
    formatCount(s.estimatedInstructions),
    formatBytes(s.weightBytes),
    groupDigits(s.liveBytes),
    callText(s),
    printable(s.name),
  ]);
  return [
    ...tableLines(
      [
        { head: 'step', align: 'right' },
        { head: 'layer', align: 'left' },
        { head: 'output', align: 'left' },
        { head: 'MACs', align: 'right' },
        { head: 'instr', align: 'right' },
        { head: 'constants', align: 'right', drop: 2 },
        { head: 'SRAM', align: 'right' },
        { head: 'rows', align: 'left', drop: 1 },
        { head: 'name', align: 'left', limit: 40, least: 12, drop: 3 },
      ],
      rows,
      width,
    ),
    '* peak; SRAM: arena bytes held during the step; rows: computed by a call of the kernel',
  ];
}

function front(d: PlanDocument): readonly string[] {
  const {
    memory: { peakSramBytes },
    cost: { executedMacs, estimatedInstructions, slowdown },
  } = d;
  const points = d.pareto.map((p, i) => ({
    ...p,
    name: String(i),
    isThis: p.peakSramBytes === peakSramBytes && p.executedMacs === executedMacs,
  }));
  // A search for one budget can find a plan between the points of the front.
  const here = points.some((p) => p.isThis)
    ? []
    : [{ name: '', peakSramBytes, executedMacs, estimatedInstructions, slowdown, isThis: true }];
  const rows = [...points, ...here]
    .sort((a, b) => b.peakSramBytes - a.peakSramBytes)
    .map((p) => [
      p.name,
      formatBytes(p.peakSramBytes),
      formatSlowdown(p.slowdown),
      formatCount(p.executedMacs),
      formatCount(p.estimatedInstructions),
      p.isThis ? 'this plan' : '',
    ]);
  return [
    `Front of SRAM against work, input ${d.memory.input}`,
    ...tableLines(
      [
        { head: 'point', align: 'right' },
        { head: 'peak SRAM', align: 'right' },
        { head: 'slowdown', align: 'right' },
        { head: 'MACs', align: 'right' },
        { head: 'instructions', align: 'right' },
        { head: '', align: 'left' },
      ],
      rows,
    ).map((line) => `  ${line}`),
    `  ${slowdownMeaning}; --schedule plan.json#POINT compiles a point of a plan.json with this front`,
  ];
}

const slowdownMeaning = 'slowdown: estimated instructions, as a multiple of layer by layer';

/** A few other plans, this one among them. */
function knee(d: PlanDocument): readonly string[] {
  const { memory, cost } = d;
  const here = { peakSramBytes: memory.peakSramBytes, slowdown: cost.slowdown, flags: 'this plan' };
  const rows = [...d.knee, here]
    .sort((a, b) => b.peakSramBytes - a.peakSramBytes)
    .map((p) => [formatBytes(p.peakSramBytes), formatSlowdown(p.slowdown), p.flags]);
  return [
    'SRAM against slowdown',
    ...tableLines(
      [
        { head: 'peak SRAM', align: 'right' },
        { head: 'slowdown', align: 'right' },
        { head: 'flags', align: 'left' },
      ],
      rows,
    ).map((line) => `  ${line}`),
    `  ${slowdownMeaning}; --objective sram finds the least SRAM, within --max-slowdown F`,
  ];
}

function callText(step: StepDocument): string {
  const rows = Math.min(step.rowsPerCall, step.outputShape[0]);
  return `${rows === step.outputShape[0] ? 'all' : rows}${step.direction === 'descending' ? ' upwards' : ''}`;
}

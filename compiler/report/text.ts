/** The report for a terminal, drawn from plan.json alone. Plain text: colour is the command line's. */

import { printable } from '../diagnostics.js';
import { formatBytes, formatCount, groupDigits } from '../util/format.js';
import { peakRows } from './peak.js';
import type { PlanDocument, StepDocument } from './plan-document.js';
import { tableLines } from './table.js';
import { comparisonText, inputText, optimalText, peakStepText, stackText } from './words.js';

/** The whole report; `layers` adds the per-layer table. Ends with a newline. */
export function reportText(document: PlanDocument, options: { readonly layers: boolean } = { layers: true }): string {
  const sections = [head(document), memory(document), peak(document), work(document)];
  if (options.layers) sections.push(layerTable(document));
  if (document.pareto.length > 0) sections.push(front(document));
  return `${sections.map((lines) => lines.join('\n')).join('\n\n')}\n`;
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
    `  ${comparisonText(m)}`,
  ];
}

function peak(d: PlanDocument): readonly string[] {
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
        { head: 'what', align: 'left' },
      ],
      rows,
    ).map((line) => `  ${line}`),
  ];
}

function work(d: PlanDocument): readonly string[] {
  const { cost } = d;
  const flash = cost.flashBytes.weights + cost.flashBytes.code;
  const limit = d.limits.flashBytes === null ? '' : ` of ${formatBytes(d.limits.flashBytes)}`;
  return [
    `Flash      ${formatBytes(flash)}${limit}: ${formatBytes(cost.flashBytes.weights)} of constants, about ${formatBytes(cost.flashBytes.code)} of code${misses(d, 'E501')}`,
    `Work       ${formatCount(cost.executedMacs)} multiply-accumulates executed, about ${formatCount(cost.estimatedInstructions)} instructions on ${d.core}`,
  ];
}

/** E500: SRAM, E501: flash. */
const misses = (d: PlanDocument, code: string): string =>
  d.diagnostics.some((x) => x.code === code) ? ', does not fit' : '';

function layerTable(d: PlanDocument): readonly string[] {
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
        { head: 'constants', align: 'right' },
        { head: 'SRAM', align: 'right' },
        { head: 'rows', align: 'left' },
        { head: 'name', align: 'left', limit: 40 },
      ],
      rows,
    ),
    '* peak; SRAM: arena bytes held during the step; rows: computed by a call of the kernel',
  ];
}

function front(d: PlanDocument): readonly string[] {
  const {
    memory: { peakSramBytes },
    cost: { executedMacs, estimatedInstructions },
  } = d;
  const points = d.pareto.map((p, i) => ({
    ...p,
    name: String(i),
    isThis: p.peakSramBytes === peakSramBytes && p.executedMacs === executedMacs,
  }));
  // A search for one budget can find a plan between the points of the front.
  const here = points.some((p) => p.isThis)
    ? []
    : [{ name: '', peakSramBytes, executedMacs, estimatedInstructions, isThis: true }];
  const rows = [...points, ...here]
    .sort((a, b) => b.peakSramBytes - a.peakSramBytes)
    .map((p) => [
      p.name,
      formatBytes(p.peakSramBytes),
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
        { head: 'MACs', align: 'right' },
        { head: 'instructions', align: 'right' },
        { head: '', align: 'left' },
      ],
      rows,
    ).map((line) => `  ${line}`),
    '  --schedule plan.json#POINT compiles a point of a plan.json with this front',
  ];
}

function callText(step: StepDocument): string {
  const rows = Math.min(step.rowsPerCall, step.outputShape[0]);
  return `${rows === step.outputShape[0] ? 'all' : rows}${step.direction === 'descending' ? ' upwards' : ''}`;
}

/** What quantisation chose and cost, as lines of text. */

import { printable } from '../diagnostics.js';
import type { QuantisationSummary, TensorRange } from './quantise-document.js';

const shownLayers = 10;
const shownTensors = 3;
const barWidth = 20;

export const decibels = (db: number | null): string => (db === null ? 'exact' : `${db.toFixed(1)} dB`);
export const percent = (x: number): string => `${(100 * x).toFixed(1)} %`;

/** Text of a document, closed by a newline. */
export const quantiseText = (d: QuantisationSummary): string => `${quantisationLines(d).join('\n')}\n`;

/** The last line is one for scripts to find: `int8: 31.2 dB, 98 of 100 agree`. */
export function quantisationLines(d: QuantisationSummary): readonly string[] {
  const { calibration, evaluation } = d.samples;
  const lines = [
    `Quantised with ${calibration} inputs, measured on ${d.evaluatedOn === 'calibration' ? 'the same' : `${evaluation} others`}`,
    methodText(d),
    '',
    'layers, those that cost most first    share of error    at its output',
    ...d.layers.slice(0, shownLayers).map(({ node, shareOfError, sqnrDb }) => {
      const bar = '#'.repeat(Math.round(shareOfError * barWidth)).padEnd(barWidth);
      return `  ${printable(node, 34).padEnd(34)}  ${bar} ${percent(shareOfError).padStart(7)}  ${decibels(sqnrDb).padStart(9)}`;
    }),
  ];
  if (d.layers.length > shownLayers) {
    const rest = d.layers.slice(shownLayers);
    const share = rest.reduce((sum, l) => sum + l.shareOfError, 0);
    lines.push(`  ${`${rest.length} others`.padEnd(34)}  ${''.padEnd(barWidth)} ${percent(share).padStart(7)}`);
  }
  lines.push('', ...d.tensors.slice(0, shownTensors).flatMap(histogramLines));
  return [...lines, `int8: ${summaryText(d)}`];
}

const onOff = (on: boolean): string => (on ? 'on' : 'off');

/** The stages that ran. */
export function methodText({ chosen }: QuantisationSummary): string {
  const { equalise, rounding, compensate, bias, ranges } = chosen;
  return `Stages: ranges ${ranges}, equalise ${onOff(equalise)}, rounding ${rounding}, compensate ${onOff(compensate)}, bias ${onOff(bias)}`;
}

export function summaryText({ sqnrDb, agreement, accuracy }: QuantisationSummary): string {
  const parts = [decibels(sqnrDb), `${agreement.top1} of ${agreement.n} agree`];
  if (accuracy !== null) parts.push(`accuracy ${percent(accuracy.int8)} (float ${percent(accuracy.float)})`);
  return parts.join(', ');
}

const levels = ' .:-=+*#%@';

/** A histogram on a logarithmic scale with the chosen range under it. */
function histogramLines({ name, low, high, method, histogram }: TensorRange): readonly string[] {
  const { min, max, counts } = histogram;
  const largest = Math.log1p(counts.reduce((m, v) => Math.max(m, v), 0));
  const row = counts.map((v) => levels[v === 0 ? 0 : Math.max(1, Math.round((Math.log1p(v) / largest) * 9))]).join('');
  const at = (v: number): number =>
    max > min ? Math.min(counts.length - 1, Math.max(0, Math.floor(((v - min) / (max - min)) * counts.length))) : 0;
  const [from, to] = [at(low), at(high)];
  const marks = counts.map((_, i) => (i === from ? '[' : i === to ? ']' : i > from && i < to ? '-' : ' ')).join('');
  return [
    `  ${printable(name, 60)}: ${min.toPrecision(3)} to ${max.toPrecision(3)}, range ${low.toPrecision(3)} to ${high.toPrecision(3)} (${method})`,
    `  |${row}|`,
    `  |${marks}|`,
    '',
  ];
}

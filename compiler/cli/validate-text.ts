/** What `validate` prints. */

import { printable } from '../diagnostics.js';
import { counted, formatCount, groupDigits } from '../util/format.js';
import { cutMiddle, tableLines } from '../report/table.js';
import { cycleLines, stepCycleLines } from './cycles-text.js';
import type { Accuracy } from '../validate/accuracy.js';
import { stepsText } from '../validate/compare.js';
import type { ValidateDocument } from '../validate/document.js';
import type { Quality } from '../validate/quality.js';

/** The summary, a line a finding; `width` is the terminal's. Ends with a newline. */
export function validateText(d: ValidateDocument, width: number): string {
  const where =
    d.target === 'host' ? 'the host' : `${d.target.machine} (${d.target.core}) with the memory of ${d.board}`;
  const lines = [
    `${counted(d.inputs, 'inference')} on ${where}`,
    d.mismatchedBytes === 0
      ? `outputs       every byte is ${d.tolerance > 0 ? `within ${counted(d.tolerance, 'step')} of what it should be` : 'right'}`
      : `outputs       wrong: ${counted(d.mismatchedBytes, 'byte')}, by at most ${stepsText(d.maxDifference)}`,
    ...(d.quality === undefined ? [] : qualityLines(d.quality)),
    `arena         ${groupDigits(d.arenaBytes.planned)} bytes planned, ${groupDigits(d.arenaBytes.touched)} touched; guards ${d.guardsIntact ? 'intact' : 'BROKEN'}`,
  ];
  if (d.stackBytes !== null)
    lines.push(
      `stack         ${groupDigits(d.stackBytes.touched)} bytes touched, bound ${groupDigits(d.stackBytes.bound)}`,
    );
  if (d.instructions !== null) {
    const { min, median, max } = d.instructions;
    lines.push(
      `instructions  ${groupDigits(median)} an inference (${formatCount(median)})${min === max ? '' : `, ${groupDigits(min)} to ${groupDigits(max)}`}`,
    );
  }
  if (d.cycles !== null) lines.push(...cycleLines(d.cycles, d.board, width));
  if (d.flashBytes !== null) {
    const { text, rodata, data } = d.flashBytes;
    lines.push(
      `flash         ${groupDigits(text)} bytes of code, ${groupDigits(rodata)} of constants${data === 0 ? '' : `, ${groupDigits(data)} of data`}`,
    );
  }
  if (d.accuracy !== undefined) {
    lines.push(`accuracy      ${(100 * d.accuracy.top1).toFixed(1)} % top-1 of ${d.accuracy.n}`);
    lines.push('', ...confusionLines(d.accuracy, width));
  }
  if (d.cycles !== null && d.cycles.steps.length > 0) lines.push('', ...stepCycleLines(d.cycles, width));
  return `${lines.join('\n')}\n`;
}

/** Against the expected outputs, in their own units. */
function qualityLines({ outputs, top1 }: Quality): readonly string[] {
  const of = (name: string): string => (outputs.length === 1 ? '' : ` of ${cutMiddle(printable(name), 24)}`);
  return [
    ...outputs.map(
      (o) =>
        `difference    RMSE ${o.rmse.toPrecision(3)}${of(o.name)}` +
        (o.cosine === null ? '' : `, cosine ${o.cosine.toFixed(6)}`) +
        (o.sqnrDb === null ? '' : `, SQNR ${o.sqnrDb.toFixed(1)} dB`),
    ),
    ...(top1 === null ? [] : [`top-1         ${top1.agree} of ${top1.n} agree with the expected outputs`]),
  ];
}

/** More classes than this are named by their commonest mistakes. */
const mostInMatrix = 20;
const mostMistakes = 10;

/** A row a label, a column a class that was seen for it; where that is too wide, the commonest mistakes. */
function confusionLines({ confusion, classes }: Accuracy, width: number): readonly string[] {
  const name = (k: number): string => cutMiddle(printable(classes?.[k] ?? String(k)), 16);
  const labels = [...new Set(confusion.flatMap((c) => [c.label, c.predicted]))].sort((a, b) => a - b);
  const count = (label: number, predicted: number): number =>
    confusion.find((c) => c.label === label && c.predicted === predicted)?.count ?? 0;
  const matrix = tableLines(
    [{ head: 'label', align: 'left' }, ...labels.map((k) => ({ head: name(k), align: 'right' as const }))],
    labels.map((label) => [name(label), ...labels.map((k) => (count(label, k) === 0 ? '.' : String(count(label, k))))]),
  );
  if (labels.length <= mostInMatrix && matrix[0].length + 2 <= width)
    return ['Labels (rows) and what the network said (columns)', ...matrix.map((line) => `  ${line}`)];
  const mistakes = confusion.filter((c) => c.label !== c.predicted).sort((a, b) => b.count - a.count);
  if (mistakes.length === 0) return [];
  return [
    'Commonest mistakes (all of them: --json)',
    ...tableLines(
      [
        { head: 'times', align: 'right' },
        { head: 'label', align: 'left' },
        { head: 'taken for', align: 'left' },
      ],
      mistakes.slice(0, mostMistakes).map((c) => [String(c.count), name(c.label), name(c.predicted)]),
    ).map((line) => `  ${line}`),
  ];
}

/** A plan in a few lines of Markdown, beside another one: what a comment on a pull request says. */

import { printable } from '../diagnostics.js';
import { groupDigits } from '../util/format.js';
import { type Change, comparePlans } from './compare.js';
import type { PlanDocument } from './plan-document.js';

/** Of every list the largest changes alone: a comment is read at a glance. */
const mostRows = 8;

export function reportMarkdown(plan: PlanDocument, before: PlanDocument | null): string {
  const { totals, peak, layers } = comparePlans(plan, before ?? plan);
  const target = plan.board === null ? plan.core : `${plan.board.id} (${plan.core})`;
  const board = plan.limits.sramBytes === null ? '' : `, ${groupDigits(plan.limits.sramBytes)} bytes of SRAM allowed`;
  const lines = [
    `### ${code(plan.net)} for ${target}: ${plan.fits ? 'fits' : 'does not fit'}${board}`,
    '',
    ...(before === null ? totalsAlone(totals) : compared(totals)),
  ];
  if (before !== null) {
    lines.push(
      ...details('Bytes of the peak', peak),
      ...layers.flatMap(({ title, changes }) => details(`${title} by layer`, changes)),
    );
    if (before.model.sha256 !== plan.model.sha256) lines.push('', 'The model is another file than before.');
  }
  return `${lines.join('\n')}\n`;
}

const totalsAlone = (totals: readonly Change[]): readonly string[] => [
  '| | |',
  '|---|---:|',
  ...totals.map(({ what, after }) => `| ${what} | ${groupDigits(after)} |`),
];

const compared = (changes: readonly Change[]): readonly string[] => [
  '| | before | now | change |',
  '|---|---:|---:|---:|',
  ...changes.map(
    (change) =>
      `| ${change.what} | ${groupDigits(change.before)} | ${groupDigits(change.after)} | ${changeText(change)} |`,
  ),
];

/** `+1 024 (+3.1 %)`; `=` where nothing changed. */
function changeText({ before, after }: Change): string {
  const by = after - before;
  if (by === 0) return '=';
  const sign = by > 0 ? '+' : '−';
  const percent = before === 0 ? '' : ` (${sign}${((100 * Math.abs(by)) / before).toFixed(1)} %)`;
  return `${sign}${groupDigits(Math.abs(by))}${percent}`;
}

function details(title: string, changes: readonly Change[]): readonly string[] {
  if (changes.length === 0) return [];
  const more = changes.length - mostRows;
  return [
    '',
    `<details><summary>${title}: ${changes.length} ${changes.length === 1 ? 'change' : 'changes'}</summary>`,
    '',
    ...compared(changes.slice(0, mostRows).map((change) => ({ ...change, what: code(change.what) }))),
    ...(more > 0 ? ['', `and ${more} more; \`report.html\` has them all`] : []),
    '',
    '</details>',
  ];
}

/** A name from a model's file, which must stay text: no cell, no link, no mention. */
const code = (name: string): string => `\`${printable(name, 60).replace(/`/g, "'").replace(/\|/g, '\\|')}\``;

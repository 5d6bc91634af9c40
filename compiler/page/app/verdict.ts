/** The verdict first: fits or does not, by how much, and what would. */

import type { Diagnostic } from '../../diagnostics.js';
import { formatBytes } from '../../util/format.js';
import type { PlanDocument } from '../../report/plan-document.js';
import { asSentence } from '../../report/words.js';
import { el, setMarkup } from '../explore/dom.js';
import type { Planned } from '../protocol.js';
import { diagnosticsList } from './diagnostics-view.js';

export function showVerdict(root: HTMLElement, { plan, figures: markup }: Planned): void {
  const where = plan.board?.name ?? `any ${plan.core}`;
  const figures = el('div');
  setMarkup(figures, markup);
  root.replaceChildren(
    el(
      'h2',
      { class: `verdict-line ${plan.fits ? 'yes' : 'no'}`, tabindex: '-1' },
      el('span', { class: 'mark', 'aria-hidden': 'true' }, plan.fits ? '✓' : '✕'),
      ' ',
      plan.fits ? `Fits ${where}` : `Does not fit ${where}`,
    ),
    el('p', { class: 'by-how-much' }, byHowMuch(plan)),
    ...(plan.diagnostics.length === 0 ? [] : [diagnosticsList(plan.diagnostics)]),
    figures,
    ...plan.reasons.map((reason) => el('p', { class: 'reason' }, asSentence(reason))),
  );
}

function byHowMuch(plan: PlanDocument): string {
  const { sramBytes } = plan.limits;
  const { peakSramBytes } = plan.memory;
  if (!plan.fits) {
    const missing = plan.diagnostics
      .filter((d) => d.severity === 'error')
      .map(missingText)
      .filter((text) => text !== null);
    return missing.join(' ');
  }
  if (sramBytes === null)
    return `It takes ${formatBytes(peakSramBytes)} of SRAM; nothing limits it: choose a board, or a budget below.`;
  return `${formatBytes(peakSramBytes)} of ${formatBytes(sramBytes)} SRAM: ${formatBytes(Math.max(0, sramBytes - peakSramBytes))} to spare.`;
}

/** From E500 and E501, whose messages say by how many bytes. */
function missingText(d: Diagnostic): string | null {
  const bytes = /: ([\d ]+) (?:bytes? )?too many$/.exec(d.message)?.[1].trim();
  if (bytes === undefined) return null;
  if (d.code === 'E500') return `${bytes} bytes of SRAM too many.`;
  return d.code === 'E501' ? `${bytes} bytes of flash too many.` : null;
}

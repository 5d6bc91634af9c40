/** The model, the verdict, and the four figures that people ask for first. */

import { render, type View } from '../../assets/template.js';
import { formatBytes, formatCount } from '../../util/format.js';
import type { PlanDocument } from '../plan-document.js';
import { asSentence, slowdownText } from '../words.js';
import type { Section } from './section.js';

export const headSection: Section = ({ plan: d }) =>
  render('report/head.html', {
    title: d.model.name,
    net: d.net,
    version: d.tool.version,
    sha256: d.model.sha256,
    target: d.board === null ? d.core : `${d.board.name} (${d.core})`,
    fits: d.fits,
    figures: figuresHtml(d).trimEnd(),
    reasons: d.reasons.map(asSentence),
    parameters: formatCount(d.model.parameters),
  });

/** Peak SRAM, flash, instructions and MACs, as far as they go of what is allowed. */
export const figuresHtml = (d: PlanDocument): string => render('report/figures.html', { figures: figures(d) });

function figures(d: PlanDocument): readonly View[] {
  const { cost, limits, memory } = d;
  const flash = cost.flashBytes.weights + cost.flashBytes.code;
  return [
    figure(
      'Peak SRAM',
      formatBytes(memory.peakSramBytes),
      limits.sramBytes === null ? null : { of: limits.sramBytes, value: memory.peakSramBytes },
      memory.input === 'resident' ? 'input counted' : 'input pushed row by row',
    ),
    figure(
      'Flash',
      formatBytes(flash),
      limits.flashBytes === null ? null : { of: limits.flashBytes, value: flash },
      'constants, and code as estimated',
    ),
    figure(
      'Instructions',
      `≈ ${formatCount(cost.estimatedInstructions)}`,
      null,
      `${slowdownText(cost.slowdown)}, ${d.core}`,
    ),
    figure('MACs', formatCount(cost.executedMacs), null, macsNote(d)),
  ];
}

function figure(name: string, value: string, bar: { of: number; value: number } | null, note: string): View {
  return {
    name,
    value,
    note,
    limit: bar === null ? null : `of ${formatBytes(bar.of)}`,
    percent: bar === null ? 0 : Math.min(100, Math.round((1000 * bar.value) / bar.of) / 10),
    over: bar !== null && bar.value > bar.of,
  };
}

function macsNote(d: PlanDocument): string {
  const { macs, liveMacs } = d.model;
  const executed = d.cost.executedMacs;
  const recomputed =
    executed > liveMacs ? `${(executed / liveMacs).toFixed(2)} × the live ones` : 'none computed twice';
  return liveMacs < macs ? `${formatCount(macs)} in the model; ${recomputed}` : recomputed;
}

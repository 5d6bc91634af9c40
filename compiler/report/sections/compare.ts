/** Another plan laid beside this one: what grew, and by how much. */

import { render, type View } from '../../assets/template.js';
import { comparePlans, type Change } from '../compare.js';
import { formatBytes, groupDigits } from '../../util/format.js';
import { memoryChart, wholeFrame } from '../memory-chart.js';
import type { PlanDocument } from '../plan-document.js';
import type { Section } from './section.js';

export const compareSection: Section = ({ plan, against }) => {
  if (against === null) return null;
  const { totals, peak, layers } = comparePlans(plan, against);
  const topByte = Math.max(plan.memory.arenaBytes, against.memory.arenaBytes, 1);
  const chart = (d: PlanDocument, id: string): string =>
    memoryChart(d, { ...wholeFrame(d, 1150, 260), topByte }, id).svg;
  return render('report/compare.html', {
    thisName: nameOf(plan),
    otherName: nameOf(against),
    sameModel: plan.model.sha256 === against.model.sha256,
    totals: rows(totals),
    peak: rows(peak),
    layers: layers.map(({ title, changes }) => ({ title, rows: rows(changes) })).filter((l) => l.rows.length > 0),
    thisChart: chart(plan, 'memory-this'),
    otherChart: chart(against, 'memory-other'),
  });
};

const nameOf = (d: PlanDocument): string =>
  `${d.model.name} for ${d.board?.id ?? d.core}, input ${d.memory.input}, ${formatBytes(d.memory.peakSramBytes)}`;

/** A bar a row, to the right where something grew, each as long as its share of the largest change. */
function rows(changes: readonly Change[]): readonly View[] {
  const most = Math.max(1, ...changes.filter((c) => !c.ownScale).map((c) => Math.abs(c.after - c.before)));
  return changes.map((c) => {
    const delta = c.after - c.before;
    const scale = c.ownScale ? Math.max(c.after, c.before, 1) : most;
    return {
      what: c.what,
      before: c.before === 0 && !c.ownScale ? '' : groupDigits(c.before),
      after: c.after === 0 && !c.ownScale ? '' : groupDigits(c.after),
      delta: signed(delta),
      percent: percentText(c),
      direction: delta > 0 ? 'grew' : delta < 0 ? 'shrank' : 'same',
      bar: Math.min(50, Math.round((500 * Math.abs(delta)) / scale) / 10),
    };
  });
}

const signed = (n: number): string => (n === 0 ? '0' : `${n > 0 ? '+' : '−'}${groupDigits(Math.abs(n))}`);

function percentText({ before, after }: Change): string {
  if (before === after) return '=';
  if (before === 0) return 'new';
  if (after === 0) return 'gone';
  const percent = (100 * (after - before)) / before;
  return `${percent > 0 ? '+' : '−'}${Math.abs(percent).toFixed(Math.abs(percent) < 10 ? 1 : 0)} %`;
}

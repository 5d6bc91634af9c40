/** Every byte of the peak, lowest address first. */

import { render } from '../../assets/template.js';
import { groupDigits } from '../../util/format.js';
import { peakRows, peakTotals } from '../peak.js';
import { asSentence, peakStepText } from '../words.js';
import type { Section } from './section.js';

export const peakSection: Section = ({ plan }) => {
  const rows = peakRows(plan);
  const { arenaBytes } = plan.memory;
  return render('report/peak.html', {
    peakStep: asSentence(peakStepText(plan)),
    arena: groupDigits(arenaBytes),
    bar: rows.map((r) => ({
      kind: r.kind,
      percent: (100 * r.bytes) / Math.max(arenaBytes, 1),
      title: `${r.what}: ${groupDigits(r.bytes)} bytes`,
    })),
    rows: rows.map((r) => ({
      kind: r.kind,
      from: groupDigits(r.fromByte),
      to: groupDigits(r.toByte),
      bytes: groupDigits(r.bytes),
      what: r.what,
    })),
    totals: peakTotals(rows).map((t) => ({ kind: t.kind, bytes: groupDigits(t.bytes) })),
  });
};

/** A few other plans, and the flags that give them: how little SRAM a few per cent more instructions buy. */

import { render } from '../../assets/template.js';
import { formatBytes, formatSlowdown } from '../../util/format.js';
import type { Section } from './section.js';

export const kneeSection: Section = ({ plan }) => {
  if (plan.knee.length === 0) return null;
  const here = { ...plan.memory, slowdown: plan.cost.slowdown, flags: '' };
  return render('report/knee.html', {
    knee: [...plan.knee, here]
      .sort((a, b) => b.peakSramBytes - a.peakSramBytes)
      .map((p) => ({
        bytes: formatBytes(p.peakSramBytes),
        slowdown: formatSlowdown(p.slowdown),
        input: p.input === 'resident' ? 'whole in the arena' : 'pushed row by row',
        flags: p.flags,
        isThis: p === here,
      })),
  });
};

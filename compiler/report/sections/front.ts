/** The front of SRAM against instructions, as a curve and as a table. */

import { render } from '../../assets/template.js';
import { formatBytes, formatCount } from '../../util/format.js';
import { fewestInstructions, frontChart, pointText, slowdownText } from '../front-chart.js';
import type { Section } from './section.js';

export const frontSection: Section = ({ plan }) => {
  if (plan.pareto.length === 0) return null;
  const unit = fewestInstructions(plan);
  return render('report/front.html', {
    chart: frontChart(plan, 860),
    core: plan.core,
    inputs: [...new Set(plan.pareto.map((p) => p.input))].map((input) => ({
      input,
      key: input === 'resident' ? 'activation' : 'ring',
    })),
    points: plan.pareto.map((p, i) => ({
      index: i,
      label: pointText(plan, p),
      isThis:
        p.peakSramBytes === plan.memory.peakSramBytes &&
        p.executedMacs === plan.cost.executedMacs &&
        p.input === plan.memory.input,
      sram: formatBytes(p.peakSramBytes),
      sramValue: p.peakSramBytes,
      slowdown: slowdownText(p.estimatedInstructions / unit),
      instructions: formatCount(p.estimatedInstructions),
      instructionsValue: p.estimatedInstructions,
      macs: formatCount(p.executedMacs),
      macsValue: p.executedMacs,
      input: p.input,
    })),
  });
};

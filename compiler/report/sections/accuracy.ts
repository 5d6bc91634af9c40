/** What quantising cost, layer by layer, and the ranges of the tensors that cost most. */

import { render } from '../../assets/template.js';
import { histogramChart } from '../histogram-chart.js';
import { decibels, methodText, percent, summaryText } from '../quantise-text.js';
import type { Section } from './section.js';

export const accuracySection: Section = ({ plan }) => {
  const q = plan.quantisation;
  if (q === undefined) return null;
  return render('report/accuracy.html', {
    summary: summaryText(q),
    method: methodText(q),
    layers: q.layers.map(({ node, shareOfError, sqnrDb }) => ({
      node,
      share: percent(shareOfError),
      sqnr: decibels(sqnrDb),
    })),
    tensors: q.tensors.map((tensor) => ({
      name: tensor.name,
      range: `${tensor.low.toPrecision(3)} to ${tensor.high.toPrecision(3)}`,
      method: tensor.method,
      chart: histogramChart(tensor, 640),
    })),
  });
};

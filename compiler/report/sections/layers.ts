/** The table of steps; the page's script sorts it by any column. */

import { render, type View } from '../../assets/template.js';
import { formatBytes, formatCount, groupDigits } from '../../util/format.js';
import type { StepDocument } from '../plan-document.js';
import type { Section } from './section.js';

export const layersSection: Section = ({ plan }) => {
  const most = (of: (s: StepDocument) => number): number => Math.max(1, ...plan.steps.map(of));
  const [macs, instructions, weights] = [
    most((s) => s.macs),
    most((s) => s.estimatedInstructions),
    most((s) => s.weightBytes),
  ];
  const arena = Math.max(plan.memory.arenaBytes, 1);
  // The cell's right padding carries no bar: 100 % would reach into it.
  const bar = (value: number, max: number): string => `${Math.round((800 * value) / max) / 10}%`;
  return render('report/layers.html', {
    steps: plan.steps.map(
      (s): View => ({
        index: s.index,
        isPeak: s.index === plan.memory.peakStep,
        op: s.op,
        name: s.name,
        // Long names break behind their separators.
        nameParts: s.name.split(/(?<=[/_.])/),
        kernel: s.kernel,
        output: s.outputShape.join('×'),
        outputValues: s.outputShape.reduce((a, b) => a * b, 1),
        rows: rowsText(s),
        rowsValue: Math.min(s.rowsPerCall, s.outputShape[0]),
        macs: formatCount(s.macs),
        macsValue: s.macs,
        macsBar: bar(s.macs, macs),
        instructions: formatCount(s.estimatedInstructions),
        instructionsValue: s.estimatedInstructions,
        instructionsBar: bar(s.estimatedInstructions, instructions),
        weights: formatBytes(s.weightBytes),
        weightsValue: s.weightBytes,
        weightsBar: bar(s.weightBytes, weights),
        live: groupDigits(s.liveBytes),
        liveValue: s.liveBytes,
        liveBar: bar(s.liveBytes, arena),
        deviations: deviationsText(s),
        deviationsValue: s.deviations.off,
      }),
    ),
    deviating: plan.steps.some((s) => s.deviations.off > 0),
  });
};

const rowsText = (s: StepDocument): string =>
  Math.min(s.rowsPerCall, s.outputShape[0]) === s.outputShape[0]
    ? 'all'
    : `${s.rowsPerCall}${s.direction === 'descending' ? ' ↑' : ''}`;

function deviationsText(s: StepDocument): string {
  const { off, of } = s.deviations;
  if (off === 0) return 'exact';
  return `${groupDigits(off)} of ${formatCount(of)}`;
}

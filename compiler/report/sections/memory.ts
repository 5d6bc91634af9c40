/** Memory over time, whole, with the brush under it; the page's script lets people look closer. */

import { render } from '../../assets/template.js';
import { memoryChart, wholeFrame } from '../memory-chart.js';
import { minimap } from '../minimap.js';
import type { Section } from './section.js';

export const minimapHeightPx = 44;

export const memorySection: Section = ({ plan }) =>
  render('report/memory.html', {
    chart: memoryChart(plan, wholeFrame(plan, 860, 400)).svg,
    minimap: minimap(plan, minimapHeightPx),
    steps: plan.steps.length,
    lastStep: Math.max(0, plan.steps.length - 1),
    kinds: [...new Set(plan.buffers.filter((b) => b.bytes > 0).map((b) => b.kind))],
  });

/** The front of SRAM against work: executed multiply-accumulates to the right, peak SRAM upwards. */

import { formatBytes, formatCount } from './describe.js';
import type { ParetoPoint } from './facts.js';
import type { PlanDocument } from './plan-document.js';
import { escapeXml, line, px, text, ticks } from './svg.js';

const width = 1120;
const height = 320;
const plot = { left: 66, right: width - 24, top: 20, bottom: height - 44 };

/** Points of both kinds of input; the plan of this page is ringed. */
export function paretoChart(document: PlanDocument): string {
  const points = document.pareto;
  const here = { peakSramBytes: document.memory.peakSramBytes, executedMacs: document.cost.executedMacs };
  const live = Math.max(document.model.liveMacs, 1);
  const macs = [...points, here].map((p) => p.executedMacs);
  const [fewest, most] = [Math.min(...macs), Math.max(...macs)];
  const span = Math.max(most - fewest, most * 0.05, 1);
  const top = Math.max(...[...points, here].map((p) => p.peakSramBytes)) * 1.05;
  const x = (m: number): number => plot.left + ((plot.right - plot.left) * (m - fewest + span * 0.03)) / (span * 1.06);
  const y = (bytes: number): number => plot.bottom - ((plot.bottom - plot.top) * bytes) / top;
  const parts = [
    ...ticks(top, 5).flatMap((b) => [line(plot.left, y(b), plot.right, y(b), 'grid'), text(plot.left - 8, y(b) + 4, formatBytes(b), 'tick', 'end')]),
    ...overheadTicks(fewest, span, live).map((f) => text(x(f * live), plot.bottom + 16, `${f.toFixed(2)} ×`, 'tick', 'middle')),
    text((plot.left + plot.right) / 2, plot.bottom + 36, `executed multiply-accumulates, as multiples of the live ones (${formatCount(live)})`, 'note', 'middle'),
    ...(['resident', 'streamed'] as const).map((input) => staircase(points.filter((p) => p.input === input), input, x, y)),
    ...points.map((p) => dot(p, x(p.executedMacs), y(p.peakSramBytes))),
    `<circle cx="${px(x(here.executedMacs))}" cy="${px(y(here.peakSramBytes))}" r="8" class="chosen"><title>this plan</title></circle>`,
  ];
  return `<svg viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="Peak SRAM against executed multiply-accumulates">\n${parts.join('\n')}\n</svg>`;
}

/** Round multiples of the live MACs within the plot. */
function overheadTicks(fewest: number, span: number, live: number): readonly number[] {
  const [from, to] = [fewest / live, (fewest + span) / live];
  const [, step = 0.05] = ticks(to - from, 6);
  const first = Math.ceil(from / step - 1e-9);
  return Array.from({ length: Math.max(1, Math.floor(to / step + 1e-9) - first + 1) }, (_, i) => (first + i) * step);
}

function dot(p: ParetoPoint, cx: number, cy: number): string {
  const title = `${formatBytes(p.peakSramBytes)}, ${formatCount(p.executedMacs)} MACs, about ${formatCount(p.estimatedInstructions)} instructions, input ${p.input}`;
  return `<circle cx="${px(cx)}" cy="${px(cy)}" r="4" class="point ${p.input}"><title>${escapeXml(title)}</title></circle>`;
}

/** Between two points the front is flat: nothing cheaper has less SRAM. */
function staircase(points: readonly ParetoPoint[], cls: string, x: (m: number) => number, y: (b: number) => number): string {
  const sorted = [...points].sort((a, b) => a.executedMacs - b.executedMacs || a.peakSramBytes - b.peakSramBytes);
  const path = sorted.map((p, i) => (i === 0 ? `M${px(x(p.executedMacs))} ${px(y(p.peakSramBytes))}` : `H${px(x(p.executedMacs))}V${px(y(p.peakSramBytes))}`));
  return path.length === 0 ? '' : `<path d="${path.join('')}" class="front ${cls}"/>`;
}

/** The front of SRAM against instructions: a curve of points that can be chosen. */

import { formatBytes, formatCount } from '../util/format.js';
import type { ParetoPoint } from './facts.js';
import type { PlanDocument } from './plan-document.js';
import { escapeXml, line, px, text, ticks } from './svg.js';

/** What the chart needs of a plan or a point. */
type Work = Pick<ParetoPoint, 'executedMacs' | 'estimatedInstructions' | 'peakSramBytes'>;

const heightPx = 330;
const top = 20;
const bottom = heightPx - 44;
const left = 62;

/** Fewest instructions of the front and the plan: what 1.00 x stands for. */
export const fewestInstructions = (document: PlanDocument): number =>
  Math.max(1, Math.min(document.cost.estimatedInstructions, ...document.pareto.map((p) => p.estimatedInstructions)));

export const slowdownText = (factor: number): string => `${factor.toFixed(2)} ×`;

/** A point in words. */
export const pointText = (document: PlanDocument, p: Omit<ParetoPoint, 'schedule'>): string =>
  `${formatBytes(p.peakSramBytes)}, ${slowdownText(p.estimatedInstructions / fewestInstructions(document))} the instructions (about ${formatCount(p.estimatedInstructions)}), ${formatCount(p.executedMacs)} MACs, input ${p.input}`;

/** SVG of the given width. The plan of the page is ringed. */
export function frontChart(document: PlanDocument, widthPx: number): string {
  const points = document.pareto;
  const here: Work = { ...document.cost, peakSramBytes: document.memory.peakSramBytes };
  const unit = fewestInstructions(document);
  const all = [...points, here];
  const factors = all.map((p) => p.estimatedInstructions / unit);
  const span = Math.max(Math.max(...factors) - 1, 0.05);
  const limit = document.limits.sramBytes;
  const most = Math.max(...all.map((p) => p.peakSramBytes));
  const topByte = 1.06 * (limit !== null && limit < 1.6 * most ? Math.max(limit, most) : most);
  const right = widthPx - 16;
  const x = (factor: number): number => left + ((right - left) * (factor - 1 + span * 0.04)) / (span * 1.08);
  const y = (bytes: number): number => bottom - ((bottom - top) * bytes) / topByte;
  const count = Math.max(2, Math.floor(widthPx / 150));
  const parts = [
    ...ticks(topByte, 5).flatMap((b) => [
      line(left, y(b), right, y(b), 'grid'),
      text(left - 8, y(b) + 4, formatBytes(b), 'tick', 'end'),
    ]),
    ...multiples(1, 1 + span, count).map((f) => text(x(f), bottom + 16, slowdownText(f), 'tick', 'middle')),
    text((left + right) / 2, bottom + 36, `instructions, as multiples of ${formatCount(unit)}`, 'note', 'middle'),
    ...(limit !== null && limit <= topByte
      ? [line(left, y(limit), right, y(limit), 'limit'), text(right, y(limit) - 6, 'allowed', 'note', 'end')]
      : []),
    ...(['resident', 'streamed'] as const).map((input) =>
      staircase(
        points.filter((p) => p.input === input).map((p) => [x(p.estimatedInstructions / unit), y(p.peakSramBytes)]),
        input,
      ),
    ),
    `<circle cx="${px(x(here.estimatedInstructions / unit))}" cy="${px(y(here.peakSramBytes))}" r="8.5" class="chosen"/>`,
    ...points.map((p, i) =>
      dot(i, p.input, pointText(document, p), x(p.estimatedInstructions / unit), y(p.peakSramBytes)),
    ),
  ];
  return `<svg id="front" viewBox="0 0 ${widthPx} ${heightPx}" width="${widthPx}" height="${heightPx}" role="group" aria-label="Peak SRAM against estimated instructions, ${points.length} plans">\n${parts.join('\n')}\n</svg>`;
}

/** Round multiples within [from, to]. */
function multiples(from: number, to: number, count: number): readonly number[] {
  const [, step = 0.05] = ticks(to - from, count);
  const first = Math.ceil(from / step - 1e-9);
  return Array.from({ length: Math.max(1, Math.floor(to / step + 1e-9) - first + 1) }, (_, i) => (first + i) * step);
}

function dot(index: number, input: string, label: string, cx: number, cy: number): string {
  const [at, name] = [`cx="${px(cx)}" cy="${px(cy)}"`, escapeXml(label)];
  return `<g class="pick" data-point="${index}" role="button" tabindex="0" aria-label="Point ${index}: ${name}"><title>${name}</title><circle ${at} r="13" class="reach"/><circle ${at} r="4.5" class="point ${input}"/></g>`;
}

/** The least SRAM for any work up to here: between two points it is flat. */
function staircase(points: readonly (readonly [number, number])[], cls: string): string {
  let lowest = -Infinity;
  const path: string[] = [];
  for (const [x, y] of [...points].sort((a, b) => a[0] - b[0] || b[1] - a[1])) {
    if (y <= lowest) continue;
    lowest = y;
    path.push(path.length === 0 ? `M${px(x)} ${px(y)}` : `H${px(x)}V${px(y)}`);
  }
  return path.length === 0 ? '' : `<path d="${path.join('')}" class="front ${cls}"/>`;
}

/** The front of SRAM against work, in two panels: executed multiply-accumulates, and estimated instructions. */

import { formatBytes, formatCount } from '../util/format.js';
import type { ParetoPoint } from './facts.js';
import type { PlanDocument } from './plan-document.js';
import { escapeXml, line, px, text, ticks } from './svg.js';

const width = 1120;
const height = 320;
const top = 20;
const bottom = height - 44;
const panels = [
  { left: 66, right: 536 },
  { left: 630, right: width - 20 },
] as const;

/** What a panel needs of a point. */
type Work = Pick<ParetoPoint, 'executedMacs' | 'estimatedInstructions' | 'peakSramBytes'>;

interface Axis {
  readonly work: (point: Work) => number;
  /** What 1.00 x is. */
  readonly unit: number;
  readonly title: string;
}

/** Points of both kinds of input; the plan of this page is ringed. */
export function paretoChart(document: PlanDocument): string {
  const here: Work = { ...document.cost, peakSramBytes: document.memory.peakSramBytes };
  const live = Math.max(document.model.liveMacs, 1);
  const fewest = Math.max(1, Math.min(...[...document.pareto, here].map((p) => p.estimatedInstructions)));
  const axes: readonly Axis[] = [
    {
      work: (p) => p.executedMacs,
      unit: live,
      title: `executed multiply-accumulates, as multiples of the live ones (${formatCount(live)})`,
    },
    {
      work: (p) => p.estimatedInstructions,
      unit: fewest,
      title: `estimated instructions on ${document.core}, as multiples of ${formatCount(fewest)}`,
    },
  ];
  const parts = axes.flatMap((axis, i) => panel(document.pareto, here, axis, panels[i]));
  return `<svg viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="Peak SRAM against executed multiply-accumulates and estimated instructions">\n${parts.join('\n')}\n</svg>`;
}

function panel(
  points: readonly ParetoPoint[],
  here: Work,
  { work, unit, title }: Axis,
  plot: { readonly left: number; readonly right: number },
): readonly string[] {
  const all = [...points, here];
  const works = all.map(work);
  const least = Math.min(...works);
  const span = Math.max(Math.max(...works) - least, least * 0.05, 1);
  const most = Math.max(...all.map((p) => p.peakSramBytes)) * 1.05;
  const x = (value: number): number =>
    plot.left + ((plot.right - plot.left) * (value - least + span * 0.04)) / (span * 1.08);
  const y = (bytes: number): number => bottom - ((bottom - top) * bytes) / most;
  return [
    ...ticks(most, 5).flatMap((b) => [
      line(plot.left, y(b), plot.right, y(b), 'grid'),
      text(plot.left - 8, y(b) + 4, formatBytes(b), 'tick', 'end'),
    ]),
    ...multiples(least / unit, (least + span) / unit).map((f) =>
      text(x(f * unit), bottom + 16, `${f.toFixed(2)} ×`, 'tick', 'middle'),
    ),
    text((plot.left + plot.right) / 2, bottom + 36, title, 'note', 'middle'),
    ...(['resident', 'streamed'] as const).map((input) =>
      staircase(
        points.filter((p) => p.input === input),
        work,
        input,
        x,
        y,
      ),
    ),
    ...points.map((p) => dot(p, x(work(p)), y(p.peakSramBytes))),
    `<circle cx="${px(x(work(here)))}" cy="${px(y(here.peakSramBytes))}" r="8" class="chosen"><title>this plan</title></circle>`,
  ];
}

/** Round multiples of the unit within [from, to]. */
function multiples(from: number, to: number): readonly number[] {
  const [, step = 0.05] = ticks(to - from, 5);
  const first = Math.ceil(from / step - 1e-9);
  return Array.from({ length: Math.max(1, Math.floor(to / step + 1e-9) - first + 1) }, (_, i) => (first + i) * step);
}

function dot(p: ParetoPoint, cx: number, cy: number): string {
  const title = `${formatBytes(p.peakSramBytes)}, ${formatCount(p.executedMacs)} MACs, about ${formatCount(p.estimatedInstructions)} instructions, input ${p.input}`;
  return `<circle cx="${px(cx)}" cy="${px(cy)}" r="4" class="point ${p.input}"><title>${escapeXml(title)}</title></circle>`;
}

/** The least SRAM for any work up to here: between two points it is flat. */
function staircase(
  points: readonly ParetoPoint[],
  work: (p: Work) => number,
  cls: string,
  x: (m: number) => number,
  y: (b: number) => number,
): string {
  const sorted = [...points].sort((a, b) => work(a) - work(b) || a.peakSramBytes - b.peakSramBytes);
  let least = Infinity;
  const path: string[] = [];
  for (const p of sorted) {
    if (p.peakSramBytes >= least) continue;
    least = p.peakSramBytes;
    path.push(path.length === 0 ? `M${px(x(work(p)))} ${px(y(least))}` : `H${px(x(work(p)))}V${px(y(least))}`);
  }
  return path.length === 0 ? '' : `<path d="${path.join('')}" class="front ${cls}"/>`;
}

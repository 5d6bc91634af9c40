/** The values of a tensor over the calibration, with the range that was chosen for its codes. */

import { line, px, text } from './svg.js';
import type { TensorRange } from './quantise-document.js';

const [height, axis] = [84, 18];

/** SVG of the given width. Counts are on a logarithmic scale; what is outside the range saturates. */
export function histogramChart({ name, low, high, histogram }: TensorRange, width: number): string {
  const { min, max, counts } = histogram;
  const from = Math.min(min, low);
  const to = Math.max(max, high);
  const x = (v: number): number => (to > from ? ((v - from) / (to - from)) * (width - 2) + 1 : 1);
  const tallest = Math.log1p(counts.reduce((m, v) => Math.max(m, v), 0)) || 1;
  const step = (max - min) / counts.length;
  const bars = counts.map((count, i) => {
    if (count === 0) return '';
    const tall = (Math.log1p(count) / tallest) * (height - axis - 6);
    const [left, right] = [x(min + i * step), x(min + (i + 1) * step)];
    const middle = min + (i + 0.5) * step;
    const cls = middle < low || middle > high ? 'outside' : 'inside';
    return `<rect x="${px(left)}" y="${px(height - axis - tall)}" width="${px(Math.max(right - left - 0.5, 0.5))}" height="${px(tall)}" class="${cls}"/>`;
  });
  return [
    `<svg class="histogram" viewBox="0 0 ${width} ${height}" role="img" aria-label="${label(name, low, high)}">`,
    ...bars,
    line(1, height - axis, width - 1, height - axis, 'axis'),
    ...[low, high].map((v) => line(x(v), 2, x(v), height - axis + 4, 'bound')),
    text(x(low), height - 4, low.toPrecision(3), 'tick'),
    text(x(high), height - 4, high.toPrecision(3), 'tick', 'end'),
    '</svg>',
  ].join('');
}

const label = (name: string, low: number, high: number): string =>
  `Values of ${name.replace(/[^\w ./:-]/g, '?')}; codes reach from ${low.toPrecision(3)} to ${high.toPrecision(3)}`;

/** docs/results.svg: ImageNet top-1 against peak SRAM, both of light and of dark pages. */

import { escapeXml, px } from '../../compiler/report/svg.js';
import { formatBytes } from '../../compiler/util/format.js';
import type { ResultRow } from './page.js';
import { others } from './published.js';

const [width, height] = [860, 470];
const plot = { left: 60, right: 836, top: 66, bottom: 408 };
const bytesRange = [4000, 700_000] as const;
const accuracyRange = [36, 76] as const;

const x = (bytes: number): number => {
  const [from, to] = bytesRange.map(Math.log);
  return plot.left + ((Math.log(bytes) - from) / (to - from)) * (plot.right - plot.left);
};
const y = (percent: number): number => {
  const [from, to] = accuracyRange;
  return plot.bottom - ((percent - from) / (to - from)) * (plot.bottom - plot.top);
};

const style = `
  text { font: 12px system-ui, sans-serif; fill: #444; }
  .title { font-size: 16px; font-weight: 600; fill: #111; }
  .grid { stroke: #8883; }
  .move { stroke: #0b7a5a; stroke-width: 1.5; opacity: .45; }
  .ours { fill: #0b7a5a; } .least { fill: none; stroke: #0b7a5a; stroke-width: 2; }
  .zoo { fill: #b3541e; } .other { fill: #6a5acd; }
  .name { fill: #222; }
  @media (prefers-color-scheme: dark) {
    text { fill: #bbb; } .title { fill: #f2f2f2; } .name { fill: #ddd; }
    .move { stroke: #3ecfa0; } .ours { fill: #3ecfa0; } .least { stroke: #3ecfa0; }
    .zoo { fill: #f0925a; } .other { fill: #a99cff; }
  }`;

const text = (at: readonly [number, number], words: string, cls = '', anchor = 'start'): string =>
  `<text x="${px(at[0])}" y="${px(at[1])}" class="${cls}" text-anchor="${anchor}">${escapeXml(words)}</text>`;
const dot = (bytes: number, percent: number, cls: string, title: string): string =>
  `<circle cx="${px(x(bytes))}" cy="${px(y(percent))}" r="5" class="${cls}"><title>${escapeXml(title)}</title></circle>`;

export function resultsSvg(rows: readonly ResultRow[]): string {
  const marks = rows.flatMap(({ network, plans }, i) => {
    const { accuracyPercent: percent, other, name } = network;
    const from = other?.bytes ?? plans.layer.sramBytes;
    // Names of neighbours go apart: rows are in the order of accuracy.
    const isClose = (j: number): boolean => j in rows && Math.abs(rows[j].network.accuracyPercent - percent) < 2.5;
    const below = isClose(i + 1) ? 11 : isClose(i - 1) ? -3 : 4;
    const to = Math.min(from, bytesRange[1]);
    return [
      `<line x1="${px(x(to))}" y1="${px(y(percent))}" x2="${px(x(plans.least.sramBytes))}" y2="${px(y(percent))}" class="move"/>`,
      ...(other === null
        ? []
        : [dot(other.bytes, percent, 'zoo', `${name}, ${other.stack}: ${formatBytes(other.bytes)}`)]),
      dot(plans.once.sramBytes, percent, 'ours', `${name}: ${formatBytes(plans.once.sramBytes)}, no MAC twice`),
      dot(plans.least.sramBytes, percent, 'least', `${name}: ${formatBytes(plans.least.sramBytes)}, least`),
      text([x(plans.least.sramBytes) - 10, y(percent) + below], name, 'name', 'end'),
    ];
  });
  const made = others.flatMap(({ name, accuracyPercent, bytes }) => [
    `<rect x="${px(x(bytes) - 5)}" y="${px(y(accuracyPercent) - 5)}" width="10" height="10" class="other"><title>${escapeXml(`${name}: ${formatBytes(bytes)}`)}</title></rect>`,
    text(
      [x(bytes) > 700 ? plot.right : x(bytes) + 10, y(accuracyPercent) - 9],
      name,
      'name',
      x(bytes) > 700 ? 'end' : 'start',
    ),
  ]);
  const sizes = [5, 10, 20, 50, 100, 200, 500].map((kB) => [
    `<line x1="${px(x(kB * 1000))}" y1="${plot.top}" x2="${px(x(kB * 1000))}" y2="${plot.bottom}" class="grid"/>`,
    text([x(kB * 1000), plot.bottom + 18], `${kB} kB`, '', 'middle'),
  ]);
  const shares = [40, 50, 60, 70].map((percent) => [
    `<line x1="${plot.left}" y1="${px(y(percent))}" x2="${plot.right}" y2="${px(y(percent))}" class="grid"/>`,
    text([plot.left - 8, y(percent) + 4], `${percent} %`, '', 'end'),
  ]);
  const legend = [
    dotAt(plot.left + 6, 'ours'),
    text([plot.left + 18, 46], 'rivulet, no MAC computed twice'),
    dotAt(plot.left + 232, 'least'),
    text([plot.left + 244, 46], 'rivulet, least'),
    dotAt(plot.left + 350, 'zoo'),
    text([plot.left + 362, 46], 'same network, best other stack'),
    `<rect x="${plot.left + 569}" y="37" width="10" height="10" class="other"/>`,
    text([plot.left + 586, 46], 'networks made for little SRAM'),
  ];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="ImageNet top-1 accuracy against peak SRAM of published networks">`,
    `<style>${style}</style>`,
    text([plot.left, 22], 'ImageNet top-1, int8, as published, against peak SRAM', 'title'),
    ...legend,
    ...sizes.flat(),
    ...shares.flat(),
    ...marks,
    ...made,
    text(
      [plot.right, plot.bottom + 40],
      'peak SRAM, logarithmic: arena and stack; the camera’s rows are pushed',
      '',
      'end',
    ),
    '</svg>',
    '',
  ].join('\n');
}

const dotAt = (at: number, cls: string): string => `<circle cx="${at}" cy="42" r="5" class="${cls}"/>`;

/** Boxes of float and int8 on plain canvases, as SVG. */

import type { Box } from './boxes.js';

export interface Canvas {
  readonly name: string;
  readonly float: readonly Box[];
  readonly int8: readonly Box[];
}

const [width, height, gap, caption] = [320, 240, 12, 22];

export function picture(canvases: readonly Canvas[]): string {
  const total = canvases.length * (width + gap) - gap;
  const rect = ({ corners: [x0, y0, x1, y1], score }: Box, style: string): string =>
    `<rect x="${(x0 * width).toFixed(1)}" y="${(y0 * height).toFixed(1)}" width="${((x1 - x0) * width).toFixed(1)}" ` +
    `height="${((y1 - y0) * height).toFixed(1)}" ${style}><title>${score.toFixed(3)}</title></rect>`;
  const panels = canvases.map(({ name, float, int8 }, i) =>
    [
      `<g transform="translate(${i * (width + gap)},0)">`,
      `<rect width="${width}" height="${height}" fill="#f4f4f2"/>`,
      ...float.map((box) => rect(box, 'fill="none" stroke="#b9b9b4" stroke-width="5"')),
      ...int8.map((box) => rect(box, 'fill="none" stroke="#1f6f8b" stroke-width="1.5"')),
      `<text x="0" y="${height + 16}" font-family="sans-serif" font-size="13" fill="#333">${name}</text>`,
      '</g>',
    ].join('\n'),
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${total} ${height + caption}" width="${total}" height="${height + caption}" role="img">`,
    '<title>Boxes of the float network, broad and grey, and of the int8 one, narrow and blue</title>',
    ...panels,
    '</svg>',
    '',
  ].join('\n');
}

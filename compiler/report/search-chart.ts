/** The front of a search: what networks score against the SRAM they take, instructions as colour. */

import { formatBytes, formatCount } from '../util/format.js';
import type { FoundNetwork, SearchDocument } from './search-document.js';
import { escapeXml, line, px, text, ticks } from './svg.js';

const [widthPx, heightPx] = [1150, 380];
const [top, bottom, left, right] = [24, heightPx - 46, 70, widthPx - 130];
/** Drawn for networks that are the same function: no number of decibels. */
const sameDb = 6;

/** From few instructions (0, green) to many (1, red), as a CSS colour that reads on light and dark. */
export function instructionShade(instructions: number, { original, front }: SearchDocument): string {
  const all = [original, ...front].map((p) => p.instructions);
  const [least, most] = [Math.min(...all), Math.max(...all)];
  const share = most === least ? 0.5 : (instructions - least) / (most - least);
  return `hsl(${Math.round(150 - 150 * share)} 62% 46%)`;
}

export function searchChart(document: SearchDocument): string {
  const { original, front, scoredBy } = document;
  const known = [original, ...front].map((p) => valueOf(p, scoredBy)).filter((v): v is number => v !== null);
  const best = known.length === 0 ? 0 : Math.max(...known);
  const value = (p: FoundNetwork): number => valueOf(p, scoredBy) ?? best + sameDb;
  const values = [original, ...front].map(value);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const room = Math.max(high - low, 1e-6) * 0.12;
  const mostBytes = 1.04 * Math.max(...[original, ...front].map((p) => p.peakSramBytes));
  const x = (bytes: number): number => left + ((right - left) * bytes) / mostBytes;
  const y = (v: number): number => bottom - ((bottom - top) * (v - low + room)) / (high - low + 2 * room);
  const marks = roundMarks(low - room, high + room);
  const inOrder = [...front].sort((a, b) => a.peakSramBytes - b.peakSramBytes);
  const path = inOrder.map((p, i) => `${i === 0 ? 'M' : 'L'}${px(x(p.peakSramBytes))} ${px(y(value(p)))}`).join('');
  const parts = [
    ...marks.flatMap((v) => [
      line(left, y(v), right, y(v), 'grid'),
      text(left - 8, y(v) + 4, label(v, scoredBy), 'tick', 'end'),
    ]),
    ...ticks(mostBytes, 8).map((b) => text(x(b), bottom + 16, formatBytes(b), 'tick', 'middle')),
    text((left + right) / 2, bottom + 36, 'peak SRAM', 'note', 'middle'),
    path === '' ? '' : `<path d="${path}" class="front" fill="none" stroke="currentColor" opacity="0.35"/>`,
    `<rect x="${px(x(original.peakSramBytes) - 6)}" y="${px(y(value(original)) - 6)}" width="12" height="12" fill="${instructionShade(original.instructions, document)}" stroke="currentColor"><title>original: ${escapeXml(words(original))}</title></rect>`,
    text(x(original.peakSramBytes) + 12, y(value(original)) - 8, 'original', 'note'),
    ...front.flatMap((p) => [
      `<a href="#${p.id}"><circle cx="${px(x(p.peakSramBytes))}" cy="${px(y(value(p)))}" r="7" fill="${instructionShade(p.instructions, document)}" stroke="currentColor" stroke-opacity="0.5"><title>${p.id}: ${escapeXml(words(p))}</title></circle></a>`,
      text(x(p.peakSramBytes), y(value(p)) + 21, p.id, 'note', 'middle'),
    ]),
    ...scale(document),
  ];
  return `<svg id="search-front" viewBox="0 0 ${widthPx} ${heightPx}" width="${widthPx}" height="${heightPx}" role="group" aria-label="Score against peak SRAM, ${front.length} networks and the original">\n${parts.filter((p) => p !== '').join('\n')}\n</svg>`;
}

/** Round values within [from, to], a few of them; either may be negative. */
function roundMarks(from: number, to: number): readonly number[] {
  const [, step = 1] = ticks(to - from, 5);
  const first = Math.ceil(from / step - 1e-9);
  return Array.from({ length: Math.max(0, Math.floor(to / step + 1e-9) - first + 1) }, (_, i) => (first + i) * step);
}

const words = (p: FoundNetwork): string =>
  `${formatBytes(p.peakSramBytes)}, ${formatCount(p.instructions)} instructions`;

/** What stands on the axis; null: the same function. */
function valueOf(p: FoundNetwork, scoredBy: SearchDocument['scoredBy']): number | null {
  return scoredBy === 'command' ? p.score : scoredBy === 'accuracy' ? p.accuracy : p.sqnrDb;
}

function label(v: number, scoredBy: SearchDocument['scoredBy']): string {
  if (scoredBy === 'accuracy') return `${(100 * v).toFixed(1)} %`;
  return scoredBy === 'sqnrDb' ? `${v.toFixed(1)} dB` : String(Number(v.toPrecision(3)));
}

/** Colours at the right, fewest instructions below. */
function scale(document: SearchDocument): readonly string[] {
  const all = [document.original, ...document.front].map((p) => p.instructions);
  const [least, most] = [Math.min(...all), Math.max(...all)];
  const steps = 24;
  const height = (bottom - top) / steps;
  const bars = Array.from({ length: steps }, (_, i) => {
    const shade = instructionShade(least + ((most - least) * (i + 0.5)) / steps, document);
    return `<rect x="${right + 40}" y="${px(bottom - (i + 1) * height)}" width="12" height="${px(height + 0.5)}" fill="${shade}"/>`;
  });
  return [
    ...bars,
    text(right + 58, top + 10, formatCount(most), 'tick'),
    text(right + 58, bottom, formatCount(least), 'tick'),
    text(right + 58, (top + bottom) / 2, 'instructions', 'note'),
  ];
}

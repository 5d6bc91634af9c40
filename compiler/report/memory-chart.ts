/**
 * Memory over time: a column a step, the arena's addresses upwards, every buffer a rectangle where it lies for as long
 * as it lives.
 */

import type { PlacedBuffer } from '../memory/plan.js';
import { formatBytes, groupDigits } from '../util/format.js';
import { bufferText } from './peak.js';
import type { PlanDocument } from './plan-document.js';
import { escapeXml, line, px, text, ticks } from './svg.js';
import { cutMiddle } from './table.js';

/** Geometry that the page's script needs to find the step and the address under the pointer. */
export interface MemoryChart {
  readonly svg: string;
  readonly width: number;
  readonly plot: { readonly left: number; readonly right: number; readonly top: number; readonly bottom: number };
}

const plotTop = 34;
const plotBottom = 366;
const left = 66;
const rightMargin = 14;
const labelCharWidth = 6.1;

export function memoryChart(document: PlanDocument): MemoryChart {
  const steps = Math.max(document.steps.length, 1);
  const width = Math.max(1120, left + rightMargin + steps * 6);
  const height = plotBottom + (document.schedule.regions.some((r) => r.kind === 'fused') ? 46 : 24);
  const right = width - rightMargin;
  const arena = Math.max(document.memory.arenaBytes, 1);
  const x = (step: number): number => left + ((right - left) * step) / steps;
  const y = (byte: number): number => plotBottom - ((plotBottom - plotTop) * byte) / arena;
  const born = inOrderOfBirth(document.buffers);
  const parts = [
    hatchPatterns(document.buffers),
    ...addressAxis(arena, left, right, y),
    ...stepAxis(steps, x),
    ...regionBrackets(document, x),
    peakColumn(document, x),
    ...born.map((b) => rectangle(b, bufferText(document, b), x, y)),
    ...overwritten(document.buffers, x, y),
    ...born.map((b) => nameLabel(b, [bufferText(document, b), b.name], x, y)),
    line(left, y(arena), right, y(arena), 'limit'),
    text(right, y(arena) - 6, `arena ${groupDigits(document.memory.arenaBytes)} bytes`, 'note', 'end'),
    '<g id="cursor"></g>',
  ];
  const label = `SRAM over ${steps} steps; the arena has ${document.memory.arenaBytes} bytes, the peak is at step ${document.memory.peakStep}`;
  const svg = `<svg id="memory" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escapeXml(label)}">\n${parts.join('\n')}\n</svg>`;
  return { svg, width, plot: { left, right, top: plotTop, bottom: plotBottom } };
}

function addressAxis(arena: number, x1: number, x2: number, y: (byte: number) => number): readonly string[] {
  return ticks(arena, 6).flatMap((byte) => [
    line(x1, y(byte), x2, y(byte), 'grid'),
    text(x1 - 8, y(byte) + 4, formatBytes(byte), 'tick', 'end'),
  ]);
}

function stepAxis(steps: number, x: (step: number) => number): readonly string[] {
  const every = ticks(steps, Math.min(steps, 14)).filter((s) => Number.isInteger(s) && s < steps);
  const marks = every.map((s) => text((x(s) + x(s + 1)) / 2, plotBottom + 16, String(s), 'tick', 'middle'));
  return [...marks, text(left - 8, plotBottom + 16, 'step', 'tick', 'end')];
}

/** Fused regions, whose steps take turns: whatever one of them touches stays for all. */
function regionBrackets(document: PlanDocument, x: (step: number) => number): readonly string[] {
  return document.schedule.regions.flatMap((region, position) => {
    if (region.kind !== 'fused') return [];
    const inside = document.steps.filter((s) => s.region === position).map((s) => s.index);
    if (inside.length === 0) return [];
    const [from, to] = [x(inside[0]), x(inside[inside.length - 1] + 1)];
    const y = plotBottom + 26;
    const room = Math.floor((to - from) / labelCharWidth);
    const label = [`fused: ${inside.length} layers in step`, 'fused', ''].find((words) => words.length <= room) ?? '';
    return [
      `<path d="M${px(from + 1)} ${y - 5}V${y}H${px(to - 1)}V${y - 5}" class="bracket"/>`,
      text((from + to) / 2, y + 14, label, 'note', 'middle'),
    ];
  });
}

function peakColumn(document: PlanDocument, x: (step: number) => number): string {
  const step = document.memory.peakStep;
  const [from, to] = [x(step), x(step + 1)];
  const near = (from + to) / 2 < left + 40 ? 'start' : 'middle';
  return (
    `<rect x="${px(from)}" y="${plotTop - 14}" width="${px(to - from)}" height="${plotBottom - plotTop + 14}" class="peak-column"/>` +
    text(near === 'start' ? from : (from + to) / 2, plotTop - 20, `peak: step ${step}`, 'peak-label', near)
  );
}

/** Hatches, in the older buffer's colour, where an output is written over an input that dies at the same step. */
function overwritten(
  buffers: readonly PlacedBuffer[],
  x: (step: number) => number,
  y: (byte: number) => number,
): readonly string[] {
  const born = inOrderOfBirth(buffers);
  const aliveWith = (older: PlacedBuffer, i: number): readonly PlacedBuffer[] => {
    let end = i + 1;
    while (end < born.length && born[end].firstStep < older.endStep) end++;
    return born.slice(i + 1, end);
  };
  return born.flatMap((older, i) =>
    aliveWith(older, i).flatMap((newer) => {
      const steps = [Math.max(older.firstStep, newer.firstStep), Math.min(older.endStep, newer.endStep)];
      const bytes = [
        Math.max(older.offsetBytes, newer.offsetBytes),
        Math.min(older.offsetBytes + older.bytes, newer.offsetBytes + newer.bytes),
      ];
      if (steps[0] >= steps[1] || bytes[0] >= bytes[1]) return [];
      return [
        `<rect x="${px(x(steps[0]))}" y="${px(y(bytes[1]))}" width="${px(x(steps[1]) - x(steps[0]))}" height="${px(y(bytes[0]) - y(bytes[1]))}" fill="url(#over-${older.kind})" class="over"/>`,
      ];
    }),
  );
}

function hatchPatterns(buffers: readonly PlacedBuffer[]): string {
  const kinds = [...new Set(buffers.map((b) => b.kind))];
  const pattern = (kind: string): string =>
    `<pattern id="over-${kind}" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">` +
    `<rect width="2.5" height="6" class="${kind} stripe"/></pattern>`;
  return `<defs>${kinds.map(pattern).join('')}</defs>`;
}

const inOrderOfBirth = (buffers: readonly PlacedBuffer[]): readonly PlacedBuffer[] =>
  [...buffers].filter((b) => b.bytes > 0).sort((a, b) => a.firstStep - b.firstStep || a.id - b.id);

function rectangle(b: PlacedBuffer, name: string, x: (step: number) => number, y: (byte: number) => number): string {
  const [x1, x2, y1, y2] = [x(b.firstStep), x(b.endStep), y(b.offsetBytes + b.bytes), y(b.offsetBytes)];
  const title = `${name}: ${b.kind}, ${groupDigits(b.bytes)} bytes at ${groupDigits(b.offsetBytes)}, steps ${b.firstStep} to ${b.endStep - 1}`;
  return (
    `<g class="buffer" data-id="${b.id}"><title>${escapeXml(title)}</title>` +
    `<rect x="${px(x1 + 0.5)}" y="${px(y1 + 0.5)}" width="${px(Math.max(x2 - x1 - 1, 0.5))}" height="${px(Math.max(y2 - y1 - 1, 0.5))}" rx="1.5" class="${b.kind}"/></g>`
  );
}

/** The first of `names` that the buffer's rectangle has room for, or the last one cut, or nothing. */
function nameLabel(
  b: PlacedBuffer,
  names: readonly string[],
  x: (step: number) => number,
  y: (byte: number) => number,
): string {
  const [x1, x2, y1, y2] = [x(b.firstStep), x(b.endStep), y(b.offsetBytes + b.bytes), y(b.offsetBytes)];
  const room = Math.floor((x2 - x1 - 8) / labelCharWidth);
  const name = names.find((n) => n.length <= room) ?? (room >= 8 ? cutMiddle(b.name, room) : '');
  return name !== '' && y2 - y1 >= 15 ? text(x1 + 5, (y1 + y2) / 2 + 4, name, 'label') : '';
}

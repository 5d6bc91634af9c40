/**
 * Memory over time: a column a step, the arena's addresses upwards, every buffer a rectangle where it lies for as long
 * as it lives.
 */

import type { PlacedBuffer } from '../memory/plan.js';
import { formatBytes, groupDigits } from '../util/format.js';
import { bufferText } from './peak.js';
import type { PlanDocument } from './plan-document.js';
import { highestByte } from './plan-index.js';
import { escapeXml, line, px, text, ticks } from './svg.js';
import { cutMiddle } from './table.js';

/** What part of a plan to draw, and how large. */
export interface ChartFrame {
  /** Steps [fromStep, toStep); the axis of addresses ends with the highest byte that is held in them. */
  readonly fromStep: number;
  readonly toStep: number;
  readonly widthPx: number;
  readonly heightPx: number;
  /** Address at the top of the axis, where another plan's is to be matched. */
  readonly topByte?: number;
}

/** Geometry that the page's script needs to find the step and the address under the pointer. */
export interface MemoryChart {
  readonly svg: string;
  readonly plot: { readonly left: number; readonly right: number; readonly top: number; readonly bottom: number };
  /** Address at the top of the plot. */
  readonly topByte: number;
}

interface Axes {
  readonly x: (step: number) => number;
  readonly y: (byte: number) => number;
  readonly left: number;
  readonly right: number;
  readonly bottom: number;
}

const plotTop = 34;
const left = 62;
const rightMargin = 8;
const labelCharWidth = 6.1;

/** The frame that shows a whole plan. */
export const wholeFrame = (document: PlanDocument, widthPx: number, heightPx: number): ChartFrame => ({
  fromStep: 0,
  toStep: Math.max(document.steps.length, 1),
  widthPx,
  heightPx,
});

export function memoryChart(document: PlanDocument, frame: ChartFrame, id = 'memory'): MemoryChart {
  const { fromStep, toStep, widthPx, heightPx } = frame;
  const hasRegions = document.schedule.regions.some((r) => r.kind === 'fused');
  const bottom = heightPx - (hasRegions ? 48 : 24);
  const right = widthPx - rightMargin;
  const topByte = Math.max(frame.topByte ?? highestByte(document, fromStep, toStep), 1);
  const axes: Axes = {
    x: (step) => left + ((right - left) * (step - fromStep)) / (toStep - fromStep),
    y: (byte) => bottom - ((bottom - plotTop) * byte) / topByte,
    left,
    right,
    bottom,
  };
  const within = (b: PlacedBuffer): boolean => b.firstStep < toStep && fromStep < b.endStep;
  const shown = document.buffers.filter(within).map((b) => ({
    ...b,
    firstStep: Math.max(b.firstStep, fromStep),
    endStep: Math.min(b.endStep, toStep),
  }));
  const full = new Map(document.buffers.map((b) => [b.id, b]));
  const born = inOrderOfBirth(shown);
  const { x, y } = axes;
  const arena = document.memory.arenaBytes;
  const parts = [
    hatchPatterns(id, document.buffers),
    ...addressAxis(topByte, axes),
    ...stepAxis(fromStep, toStep, axes),
    ...regionBrackets(document, frame, axes),
    peakColumn(document, frame, axes),
    ...born.map((b) => rectangle(b, full.get(b.id)!, bufferText(document, full.get(b.id)!), x, y)),
    ...overwritten(id, shown, x, y),
    ...born.map((b) => nameLabel(b, [bufferText(document, full.get(b.id)!), b.name], x, y)),
    line(left, y(topByte), right, y(topByte), 'limit'),
    text(right, plotTop - 20, topLabel(document, frame, topByte, arena), 'note', 'end'),
    '<g class="cursor"></g>',
  ];
  const steps = document.steps.length;
  const label = `SRAM over ${steps} steps; the arena has ${arena} bytes, the peak is at step ${document.memory.peakStep}`;
  const svg = `<svg id="${id}" viewBox="0 0 ${widthPx} ${heightPx}" width="${widthPx}" height="${heightPx}" role="img" aria-label="${escapeXml(label)}">\n${parts.join('\n')}\n</svg>`;
  return { svg, plot: { left, right, top: plotTop, bottom }, topByte };
}

function topLabel(document: PlanDocument, { fromStep, toStep }: ChartFrame, topByte: number, arena: number): string {
  const isWhole = fromStep === 0 && toStep >= document.steps.length;
  if (topByte === arena) return `arena ${groupDigits(arena)} bytes`;
  return isWhole ? `axis to ${groupDigits(topByte)} bytes` : `up to byte ${groupDigits(topByte)} here`;
}

function addressAxis(topByte: number, { left: x1, right: x2, y }: Axes): readonly string[] {
  return ticks(topByte, 6).flatMap((byte) => [
    line(x1, y(byte), x2, y(byte), 'grid'),
    text(x1 - 8, y(byte) + 4, formatBytes(byte), 'tick', 'end'),
  ]);
}

function stepAxis(from: number, to: number, { x, right, bottom }: Axes): readonly string[] {
  const most = Math.max(2, Math.floor((right - left) / 60));
  const step = Math.max(1, Math.ceil(ticks(to - from, Math.min(to - from, most))[1] ?? 1));
  const every = Array.from({ length: to - from }, (_, i) => from + i).filter((s) => s % step === 0);
  const marks = every.map((s) => text((x(s) + x(s + 1)) / 2, bottom + 16, String(s), 'tick', 'middle'));
  return [...marks, text(left - 8, bottom + 16, 'step', 'tick', 'end')];
}

/** Fused regions, whose steps take turns: whatever one of them touches stays for all. */
function regionBrackets(
  document: PlanDocument,
  { fromStep, toStep }: ChartFrame,
  { x, bottom }: Axes,
): readonly string[] {
  return document.schedule.regions.flatMap((region, position) => {
    if (region.kind !== 'fused') return [];
    const inside = document.steps.filter((s) => s.region === position).map((s) => s.index);
    const [first, end] = [Math.max(inside[0] ?? 0, fromStep), Math.min((inside.at(-1) ?? -1) + 1, toStep)];
    if (first >= end) return [];
    const [from, to] = [x(first), x(end)];
    const y = bottom + 26;
    const room = Math.floor((to - from) / labelCharWidth);
    const label = [`fused: ${inside.length} layers in step`, 'fused', ''].find((words) => words.length <= room) ?? '';
    return [
      `<path d="M${px(from + 1)} ${y - 5}V${y}H${px(to - 1)}V${y - 5}" class="bracket"/>`,
      text((from + to) / 2, y + 14, label, 'note', 'middle'),
    ];
  });
}

function peakColumn(document: PlanDocument, { fromStep, toStep }: ChartFrame, { x, bottom }: Axes): string {
  const step = document.memory.peakStep;
  if (step < fromStep || step >= toStep) return '';
  const [from, to] = [x(step), x(step + 1)];
  const middle = (from + to) / 2;
  const near = middle < left + 40 ? 'start' : 'middle';
  return (
    `<rect x="${px(from)}" y="${plotTop - 14}" width="${px(to - from)}" height="${px(bottom - plotTop + 14)}" class="peak-column"/>` +
    text(near === 'start' ? from : middle, plotTop - 20, `peak: step ${step}`, 'peak-label', near)
  );
}

/** Hatches, in the older buffer's colour, where an output is written over an input that dies at the same step. */
function overwritten(
  id: string,
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
        `<rect x="${px(x(steps[0]))}" y="${px(y(bytes[1]))}" width="${px(x(steps[1]) - x(steps[0]))}" height="${px(y(bytes[0]) - y(bytes[1]))}" fill="url(#${id}-over-${older.kind})" class="over"/>`,
      ];
    }),
  );
}

function hatchPatterns(id: string, buffers: readonly PlacedBuffer[]): string {
  const kinds = [...new Set(buffers.map((b) => b.kind))];
  const pattern = (kind: string): string =>
    `<pattern id="${id}-over-${kind}" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">` +
    `<rect width="2.5" height="6" class="${kind} stripe"/></pattern>`;
  return `<defs>${kinds.map(pattern).join('')}</defs>`;
}

const inOrderOfBirth = (buffers: readonly PlacedBuffer[]): readonly PlacedBuffer[] =>
  [...buffers].filter((b) => b.bytes > 0).sort((a, b) => a.firstStep - b.firstStep || a.id - b.id);

/** `b` as far as it is shown of the whole buffer `full`. */
function rectangle(
  b: PlacedBuffer,
  full: PlacedBuffer,
  name: string,
  x: (step: number) => number,
  y: (byte: number) => number,
): string {
  const [x1, x2, y1, y2] = [x(b.firstStep), x(b.endStep), y(b.offsetBytes + b.bytes), y(b.offsetBytes)];
  const title = `${name}: ${b.kind}, ${groupDigits(b.bytes)} bytes at ${groupDigits(b.offsetBytes)}, steps ${full.firstStep} to ${full.endStep - 1}`;
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

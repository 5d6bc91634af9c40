/**
 * The network as it runs, top to bottom: a row a step, and left of the rows the tensors that lead from one to another.
 * Rows have fixed heights, so that the lines beside them need no measuring.
 */

import type { Unit } from '../schedule/schedule.js';
import { formatBytes, groupDigits } from '../util/format.js';
import type { PlanDocument, StepDocument } from './plan-document.js';
import { producerOf } from './plan-index.js';
import { px } from './svg.js';

const rowPx = 34;
const headPx = 28;
const lanePx = 11;

/** A row of the list: a step, the caller's input, or the head of a region or a unit. */
interface Row {
  readonly step: number;
  readonly isHead: boolean;
  /** Classes: bands of the region and the unit that the row belongs to. */
  readonly band: string;
  readonly title: string;
  readonly detail: string;
  readonly shape: string;
  readonly bytes: string;
  readonly kind: string;
  readonly isPeak: boolean;
  readonly heightPx: number;
}

export interface NetworkChart {
  readonly rows: readonly Row[];
  readonly lanes: string;
  readonly lanesWidth: number;
}

export function networkChart(document: PlanDocument): NetworkChart {
  const rows = [...inputRows(document), ...document.schedule.regions.flatMap((_, r) => regionRows(document, r))];
  const centre = new Map<number, number>();
  let y = 0;
  for (const row of rows) {
    if (!row.isHead) centre.set(row.step, y + row.heightPx / 2);
    y += row.heightPx;
  }
  const { paths, lanes } = edges(document, centre);
  const width = (lanes + 1) * lanePx + 12;
  const trunk = width - 9;
  const dots = rows
    .filter((row) => !row.isHead)
    .map((row) => `<circle cx="${trunk}" cy="${centre.get(row.step)}" r="4" class="${row.kind}"/>`);
  return {
    rows,
    lanesWidth: width,
    lanes: `<svg class="lanes" width="${width}" height="${y}" viewBox="0 0 ${width} ${y}" aria-hidden="true">${paths(trunk)}${dots.join('')}</svg>`,
  };
}

const inputStep = -1;

function inputRows(document: PlanDocument): readonly Row[] {
  const { inputs } = document.model;
  const plain = { step: inputStep, isHead: false, band: '', isPeak: false, heightPx: rowPx, kind: 'input' };
  return [
    {
      ...plain,
      title: inputs.length === 1 ? 'input' : 'inputs',
      detail: inputs.map((io) => io.name).join(', '),
      shape: inputs.map((io) => io.shape.join('×')).join(', '),
      bytes: document.memory.input === 'streamed' ? 'pushed by rows' : formatBytes(document.memory.inputBytes),
    },
  ];
}

function regionRows(document: PlanDocument, position: number): readonly Row[] {
  const region = document.schedule.regions[position];
  const steps = document.steps.filter((s) => s.region === position);
  if (region.kind === 'layer') return steps.map((s) => stepRow(document, s, ''));
  const layers = steps.length === 1 ? '1 layer' : `${steps.length} layers`;
  return [
    head('region first', `Fused region of ${layers}`, 'rows go through all of it in turn'),
    ...region.units.flatMap((unit, u) => {
      const inside = steps.filter((s) => unit.nodes.includes(s.node));
      const band = `region${u === region.units.length - 1 ? ' last' : ''}`;
      if (unit.nodes.length === 1) return inside.map((s) => stepRow(document, s, band));
      return [head('region unit', 'Tiles', tileText(unit)), ...inside.map((s) => stepRow(document, s, `${band} unit`))];
    }),
  ];
}

const head = (band: string, title: string, detail: string): Row => ({
  step: inputStep,
  isHead: true,
  band,
  title,
  detail,
  shape: '',
  bytes: '',
  kind: '',
  isPeak: false,
  heightPx: headPx,
});

/** `4 rows x 12 columns at a time, columns kept`. */
function tileText({ rowsPerCall, colsPerTile, slideColumns, sliceChannels }: Unit): string {
  const rows = rowsPerCall === 1 ? '1 row' : `${rowsPerCall} rows`;
  const columns = colsPerTile === 0 ? 'the whole width' : colsPerTile === 1 ? '1 column' : `${colsPerTile} columns`;
  return [
    `${rows} × ${columns} at a time`,
    ...(slideColumns ? ['columns kept from tile to tile'] : []),
    ...(sliceChannels === undefined ? [] : [`${sliceChannels} channels at a time`]),
  ].join(', ');
}

function stepRow(document: PlanDocument, s: StepDocument, band: string): Row {
  const buffer = document.buffers.find((b) => b.id === s.output.buffer);
  const held =
    buffer === undefined || buffer.kind === 'activation' || buffer.kind === 'output' ? '' : ` ${buffer.kind}`;
  return {
    step: s.index,
    isHead: false,
    band,
    title: s.op,
    detail: s.name,
    shape: s.outputShape.join('×'),
    bytes: buffer === undefined ? '' : `${groupDigits(buffer.bytes)} B${held}`,
    kind: buffer?.kind ?? 'activation',
    isPeak: s.index === document.memory.peakStep,
    heightPx: rowPx,
  };
}

/** Straight lines between neighbours; others run in a lane of their own, the shortest nearest to the rows. */
function edges(
  document: PlanDocument,
  centre: ReadonlyMap<number, number>,
): { readonly paths: (trunk: number) => string; readonly lanes: number } {
  const all = document.steps.flatMap((s) =>
    s.inputs.map((view) => {
      const isConstant = view.buffer === null;
      const from = producerOf(document, s, view) ?? (isConstant ? null : inputStep);
      return { from, to: s.index, kind: document.buffers.find((b) => b.id === view.buffer)?.kind ?? 'activation' };
    }),
  );
  const drawn = all.filter((e): e is typeof e & { from: number } => e.from !== null);
  const skips = drawn.filter((e) => e.to - e.from > 1).sort((a, b) => a.to - a.from - (b.to - b.from) || a.to - b.to);
  const lanes: { from: number; to: number }[][] = [];
  const laneOf = new Map(
    skips.map((e) => {
      let lane = lanes.findIndex((taken) => taken.every((t) => e.to <= t.from || t.to <= e.from));
      if (lane < 0) lane = lanes.push([]) - 1;
      lanes[lane].push(e);
      return [e, lane] as const;
    }),
  );
  const paths = (trunk: number): string =>
    drawn
      .map((e) => {
        const [y1, y2] = [centre.get(e.from) ?? 0, centre.get(e.to) ?? 0];
        const lane = laneOf.get(e);
        if (lane === undefined) return `<path d="M${trunk} ${px(y1)}V${px(y2)}" class="edge ${e.kind}"/>`;
        const x = trunk - (lane + 1) * lanePx;
        return `<path d="M${trunk} ${px(y1)}C${x} ${px(y1)} ${x} ${px(y1)} ${x} ${px(y1 + 16)}V${px(y2 - 16)}C${x} ${px(y2)} ${x} ${px(y2)} ${trunk} ${px(y2)}" class="edge ${e.kind}"/>`;
      })
      .join('');
  return { paths, lanes: lanes.length };
}

/**
 * The loops of fused regions: a function a unit, which walks the tiles of a batch of rows, and a function a region,
 * which runs units as soon as their rows exist, the deepest first (the rule of schedule/stream.ts). Loops over tiles,
 * never unrolled copies: the code grows with the number of layers.
 */

import { type Int8Graph, type ValueId, valueOf } from '../ir/int8-graph.js';
import type { Plan, PlanFusedRegion, PlanUnit } from '../memory/plan.js';
import { counted } from '../util/format.js';
import { feedsGlobalPool, unitRows } from '../schedule/stream.js';
import { type UnitGeometry, unitGeometry, walksTiles } from '../schedule/unit.js';
import { arenaPlus } from './literals.js';
import { stepFunction, stepsText } from './steps.js';
import { takenPointer } from './stream.js';
import { rowsNeeded } from './row-needs.js';
import { windowExpressions } from './window-expressions.js';

export interface FusedCode {
  /** Static functions and tables, as blocks of lines. */
  readonly definitions: readonly (readonly string[])[];
  /** The region's function, called by run. */
  readonly name: string;
}

const counter = (unit: number): string => `done[${unit}]`;

/** C of one fused region. The functions of its steps stand before it. */
export function fusedCode(net: string, graph: Int8Graph, plan: Plan, region: PlanFusedRegion): FusedCode {
  const geometries = region.units.map((u) => unitGeometry(graph, u.unit));
  const unitDefinitions = region.units.map((u, k) => unitFunction(net, graph, plan, region, u, geometries[k], k));
  const needs = geometries.map((g) => rowsNeeded(graph, g));
  const producers = new Map<ValueId, number>(geometries.map((g, k) => [g.output, k]));
  const tables: string[][] = [];
  const checks = geometries.map((g, k) => {
    const total = unitRows(graph, g);
    const rows = region.units[k].unit.rowsPerCall;
    const conditions = [`${counter(k)} < ${total}`];
    for (const [id, need] of needs[k]) {
      const from = producers.get(id);
      const streamed = region.streamedInput?.value === id;
      if (from === undefined && !streamed) continue;
      const available =
        from !== undefined && feedsGlobalPool(graph, geometries[from])
          ? `${counter(from)} / ${unitRows(graph, geometries[from])}`
          : from === undefined
            ? '*taken'
            : counter(from);
      if (need.kind === 'affine') {
        const text = rowsUpTo(need, counter(k), rows, total);
        conditions.push(`${available} >= ${need.most < Infinity ? `RV_MIN(${need.most}, ${text})` : text}`);
      } else {
        const end = rows === 1 ? counter(k) : `(int32_t)RV_MIN(${total}, ${counter(k)} + ${rows}) - 1`;
        const table = `${net}_rows_${region.region}_${k}_${tables.length}`;
        tables.push([
          `/* Rows of an input that unit ${k} needs for output rows up to this one. */`,
          `static const uint16_t ${table}[${need.rows.length}] = {`,
          ...wrap(need.rows),
          '};',
        ]);
        conditions.push(`${available} >= ${table}[${end}]`);
      }
    }
    return conditions;
  });
  const name = `${net}_region_${region.region}`;
  return {
    name,
    definitions: [...unitDefinitions, ...tables, regionFunction(net, graph, region, geometries, checks, name)],
  };
}

function regionFunction(
  net: string,
  graph: Int8Graph,
  region: PlanFusedRegion,
  geometries: readonly UnitGeometry[],
  checks: readonly (readonly string[])[],
  name: string,
): string[] {
  const lines = [
    ...regionComment(region),
    `static RV_NOINLINE void ${name}(int8_t *arena) {`,
    `  uint16_t *const done = (uint16_t *)(void *)(${arenaPlus(region.stateOffsetBytes)}); /* rows so far of each unit */`,
    ...(region.streamedInput === null ? [] : [`  const uint16_t *const taken = ${takenPointer(region)};`]),
    '  for (;;) {',
  ];
  for (let k = geometries.length - 1; k >= 0; k--) {
    const total = unitRows(graph, geometries[k]);
    const rows = region.units[k].unit.rowsPerCall;
    const count =
      rows === 1 ? '1' : total % rows === 0 ? String(rows) : `RV_MIN(${rows}, ${total} - (int32_t)${counter(k)})`;
    const next = total % rows === 0 ? `(${counter(k)} + ${rows})` : `RV_MIN(${total}, ${counter(k)} + ${rows})`;
    lines.push(
      `    if (${checks[k].length === 1 ? checks[k][0] : checks[k].map((check) => `(${check})`).join(' && ')}) {`,
      `      ${net}_unit_${region.region}_${k}(arena, ${counter(k)}, ${count});`,
      `      ${counter(k)} = (uint16_t)${next};`,
      '      continue;',
      '    }',
    );
  }
  lines.push('    return;', '  }', '}');
  return lines;
}

/** Which steps the region holds, and what decides the order. */
function regionComment(region: PlanFusedRegion): readonly string[] {
  const count = region.units.length;
  const steps = stepsText(region.units[0].firstStep, region.units[count - 1].endStep);
  if (count === 1) return [`/* Region ${region.region}: ${steps}, a batch of rows after the other. */`];
  return [
    `/* Region ${region.region}: ${steps} in ${count} units; whichever has the input rows it needs runs, the deepest first. */`,
  ];
}

/** Walks the tiles of rows [y, y + rows) of the unit's output. */
function unitFunction(
  net: string,
  graph: Int8Graph,
  plan: Plan,
  region: PlanFusedRegion,
  placed: PlanUnit,
  g: UnitGeometry,
  k: number,
): string[] {
  const steps = plan.steps.slice(placed.firstStep, placed.endStep);
  const head = [`static RV_NOINLINE void ${net}_unit_${region.region}_${k}(int8_t *arena, int32_t y, int32_t rows) {`];
  const title = `Unit ${k} of region ${region.region}: ${stepsText(placed.firstStep, placed.endStep)}, ${counted(placed.unit.rowsPerCall, 'row')}`;
  const width = valueOf(graph, g.output).shape.w;
  if (g.nodes.length === 1) {
    const calls = (columns: string): string[] =>
      steps.map((step) => `${stepFunction(net, graph, step)}(arena, y, rows${columns});`);
    if (!walksTiles(graph, g))
      return [`/* ${title} at a time. */`, ...head, ...calls('').map((call) => `  ${call}`), '}'];
    return [
      `/* ${title} and ${counted(g.colsPerTile, 'column')} at a time. */`,
      ...head,
      '  int32_t x;',
      `  for (x = 0; x < ${width}; x += ${g.colsPerTile}) {`,
      ...calls(`, x, RV_MIN(${g.colsPerTile}, ${width} - x)`).map((call) => `    ${call}`),
      '  }',
      '}',
    ];
  }
  const out = g.nodes.length - 1;
  const names = new Map<ValueId, string>(g.nodes.map((n, i) => [n.output, i === out ? 'out' : `t${i}`]));
  const lines = [
    `/* ${title} and ${counted(g.colsPerTile, 'column')} at a time${sliceText(g)}. */`,
    ...head,
    ...windowExpressions(graph, g, names, 'h', 'y', 'y + rows').map((l) => `  ${l}`),
  ];
  const slides = placed.unit.slideColumns && g.colsPerTile < width;
  if (slides) for (const id of g.internal) lines.push(`  int32_t ${names.get(id)}Done = 0;`);
  if (slides) for (const id of g.internal) lines.push(`  int32_t ${names.get(id)}Held = 0;`);
  lines.push(
    '  int32_t x;',
    ...(g.slices === null ? [] : ['  int32_t slice;']),
    `  for (x = 0; x < ${width}; x += ${g.colsPerTile}) {`,
  );
  const columns = windowExpressions(graph, g, names, 'w', 'x', `RV_MIN(${width}, x + ${g.colsPerTile})`, slides);
  lines.push(...columns.map((l) => `    ${l}`));
  const sumsAt = g.slices?.sumsAt ?? -1;
  if (g.slices !== null) lines.push(`    for (slice = 0; slice < ${g.slices.count}; slice++) {`);
  g.nodes.forEach((node, i) => {
    const name = names.get(node.output)!;
    const internal = i !== out;
    const indent = i <= sumsAt ? '      ' : '    ';
    if (internal && slides) lines.push(...slideLines(plan, placed, i, name));
    const call = stepCall(net, graph, plan, placed.firstStep, i, names, g, slides);
    lines.push(`${indent}${call}`);
    if (internal && slides) lines.push(`    ${name}Done = ${name}Right;`, `    ${name}Held = ${name}Left;`);
    if (i === sumsAt) lines.push('    }');
  });
  lines.push('  }', '}');
  return lines;
}

const sliceText = (g: UnitGeometry): string =>
  g.slices === null
    ? ''
    : `, inside in ${g.slices.count} slices of up to ${counted(g.slices.slice(0).channels, 'channel')}`;

/** Moves the columns that the next tile still reads to the front of the buffer. */
function slideLines(plan: Plan, placed: PlanUnit, i: number, name: string): string[] {
  const view = plan.steps[placed.firstStep + i].output;
  return [
    `    rv_keep_columns(${arenaPlus(view.offsetBytes)}, ${view.rowPitchBytes}, ${name}Bottom - ${name}Top, ` +
      `(${name}Left - ${name}Held) * ${view.pixelPitchBytes}, (${name}Done - ${name}Left) * ${view.pixelPitchBytes});`,
  ];
}

function stepCall(
  net: string,
  graph: Int8Graph,
  plan: Plan,
  firstStep: number,
  position: number,
  names: ReadonlyMap<ValueId, string>,
  g: UnitGeometry,
  slides: boolean,
): string {
  const node = g.nodes[position];
  const step = plan.steps[firstStep + position];
  const name = names.get(node.output)!;
  const last = node.output === g.output;
  const from = last ? 'x' : slides ? `${name}From` : `${name}Left`;
  const args = [
    'arena',
    last ? 'y' : `${name}Top`,
    last ? 'rows' : `${name}Bottom - ${name}Top`,
    from,
    `${name}Right - ${from}`,
  ];
  for (const view of [...step.inputs, step.output]) {
    if (view.tile !== true) continue;
    const tile = names.get(view.value)!;
    args.push(`${tile}Top`, `${tile}Left`);
  }
  if (position <= (g.slices?.sumsAt ?? -1)) args.push('slice');
  return `${stepFunction(net, graph, step)}(${args.join(', ')});`;
}

/** Input rows for the batch of `rows` output rows that begins at `done`, the last batch of `total` rows shorter. */
function rowsUpTo(
  { scale, offset }: { readonly scale: number; readonly offset: number },
  done: string,
  rows: number,
  total: number,
): string {
  if (scale === 0) return String(offset);
  const whole = total % rows === 0;
  const end = whole ? done : `(int32_t)RV_MIN(${total}, ${done} + ${rows})`;
  const last = scale === 1 ? end : `${scale} * ${end}`;
  const rest = offset + (whole ? scale * rows : 0);
  return rest === 0 ? last : rest > 0 ? `${last} + ${rest}` : `${last} - ${-rest}`;
}

function wrap(rows: readonly number[]): string[] {
  const lines: string[] = [];
  for (let i = 0; i < rows.length; i += 20) lines.push(`  ${rows.slice(i, i + 20).join(', ')},`);
  return lines;
}

/** Tables of the least SRAM and of what it costs in instructions. */

import { groupDigits } from '../../compiler/util/format.js';
import { recordedSram } from './recorded.js';
import type { SramPlans, SramPoint } from './sram.js';
import { kilobytes, markdownTable, millions, none, ratio } from './text.js';

/** Executed instructions of the plans; null where there is no such plan. */
export interface SramCounts {
  readonly plans: SramPlans;
  readonly layer: number;
  readonly withinBudget: number | null;
  readonly withinTwice: number | null;
}

export function sramSection(rows: readonly SramCounts[]): string {
  return [
    '### Image pushed row by row',
    '',
    leastTable(rows),
    '',
    '### Image in the arena',
    '',
    residentTable(rows),
    '',
    '### What the instructions cost',
    '',
    costTable(rows),
    '',
  ].join('\n');
}

/** `15 192 (>= 14 500)`: the arena and its lower bound, of the placement alone where no other is given; with the work where that is of interest. */
const cell = (
  point: SramPoint | null,
  withWork = false,
  boundBytes = point?.provenOptimal === false ? point.lowerBoundBytes : null,
): string =>
  point === null
    ? none
    : [
        groupDigits(point.arenaBytes),
        ...(boundBytes === null ? [] : [`(>= ${groupDigits(boundBytes)})`]),
        ...(withWork ? [`at ${point.overhead.toFixed(2)} x`] : []),
      ].join(' ');

function leastTable(rows: readonly SramCounts[]): string {
  const heads = [
    'network',
    'layer by layer, with its image',
    '1.00 x MACs',
    '<= 1.10 x',
    '<= 1.50 x',
    'stack bound',
    'other stacks',
  ];
  return markdownTable(
    heads,
    rows.map(({ plans: { network, layer, streamed, streamedBounds: bounds } }) => [
      network,
      cell(layer),
      cell(streamed['1.00'], false, bounds['1.00']),
      cell(streamed['1.10'], true, bounds['1.10']),
      cell(streamed['1.50'], true, bounds['1.50']),
      String(Math.max(...Object.values(streamed).map((p) => p?.stackBytes ?? 0))),
      (recordedSram[network] ?? [])
        .map(
          (other) =>
            `${kilobytes(other.bytes)}${other.overhead === null ? '' : ` at ${other.overhead.toFixed(2)} x`} (${other.stack}${other.kind === 'measured' ? ', measured' : ''})`,
        )
        .join(', ') || none,
    ]),
  );
}

function residentTable(rows: readonly SramCounts[]): string {
  return markdownTable(
    ['network', 'image', 'arena at <= 1.10 x', 'arena / image'],
    rows.map(({ plans: { network, inputBytes, resident } }) => [
      network,
      groupDigits(inputBytes),
      cell(resident, true),
      ratio(resident.arenaBytes, inputBytes),
    ]),
  );
}

function costTable(rows: readonly SramCounts[]): string {
  const heads = [
    'network',
    'M instructions layer by layer',
    'arena allowed',
    '1.00 x MACs: arena',
    'M instructions',
    'ratio',
    'twice the arena: arena',
    'M instructions',
    'ratio',
  ];
  return markdownTable(
    heads,
    rows.map(({ plans, layer, withinBudget, withinTwice }) => {
      const pair = (point: SramPoint | null, instructions: number | null): readonly string[] =>
        point === null || instructions === null
          ? [none, none, none]
          : [groupDigits(point.arenaBytes), millions(instructions), ratio(instructions, layer)];
      return [
        plans.network,
        millions(layer),
        groupDigits(plans.budgetBytes),
        ...pair(plans.withinBudget, withinBudget),
        ...pair(plans.withinTwice, withinTwice),
      ];
    }),
  );
}

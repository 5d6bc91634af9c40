/** Tables of executed instructions: one pair for each core. */

import type { CoreId } from '../../compiler/index.js';
import { groupDigits } from '../../compiler/util/format.js';
import { kernelClasses, type KernelClass } from './kernel-class.js';
import type { Measurement } from './measure.js';
import type { Network } from './networks.js';
import { recordedRuns } from './recorded.js';
import { markdownTable, millions, none, ratio } from './text.js';

/** A network, layer by layer, on a core. */
export interface InstructionRow {
  readonly network: Network;
  readonly core: CoreId;
  readonly macs: number;
  readonly liveMacs: number;
  readonly arenaBytes: number;
  readonly measured: Measurement;
  /** With constant channels kept; null where there are none. */
  readonly kept: Measurement | null;
}

const measuredClasses = kernelClasses.filter(
  (kind): kind is Exclude<KernelClass, 'other' | 'loops'> => kind !== 'other' && kind !== 'loops',
);

export function instructionSection(core: CoreId, rows: readonly InstructionRow[]): string {
  const own = rows.filter((row) => row.core === core);
  return `### ${coreName(core)}\n\n${totals(core, own)}\n\n${split(own)}\n`;
}

export const coreName = (core: CoreId): string => core.replace('cortex-m', 'Cortex-M').replace('plus', '+');

function totals(core: CoreId, rows: readonly InstructionRow[]): string {
  const heads = [
    'network',
    'M MACs',
    'live',
    'M instructions',
    'per MAC',
    'all channels kept',
    'best other stack',
    'times fewer',
    'arena bytes',
    'code bytes',
  ];
  return markdownTable(
    heads,
    rows.map(({ network, macs, liveMacs, measured, kept, arenaBytes }) => {
      const others = recordedRuns
        .filter((run) => run.network === network.name && run.core === core)
        .sort((a, b) => a.instructions - b.instructions);
      return [
        network.name,
        millions(macs),
        millions(liveMacs),
        millions(measured.instructions),
        ratio(measured.instructions, macs),
        kept === null ? none : millions(kept.instructions),
        others.length === 0 ? none : `${millions(others[0].instructions)} (${others[0].stack})`,
        others.length === 0 ? none : ratio(others[0].instructions, measured.instructions),
        groupDigits(arenaBytes),
        groupDigits(measured.textBytes),
      ];
    }),
  );
}

/** Instructions per MAC (add, pool: per element) of the work that was left, and the share of the rest. */
function split(rows: readonly InstructionRow[]): string {
  const present = measuredClasses.filter((kind) => rows.some((row) => (row.measured.classes.get(kind)?.work ?? 0) > 0));
  const share = (row: InstructionRow, kind: KernelClass): string =>
    `${((100 * (row.measured.classes.get(kind)?.instructions ?? 0)) / row.measured.instructions).toFixed(1)} %`;
  return markdownTable(
    ['per MAC or element', ...present, 'other', 'loops'],
    rows.map((row) => [
      row.network.name,
      ...present.map((kind) => {
        const count = row.measured.classes.get(kind);
        return count === undefined || count.work === 0 ? none : ratio(count.instructions, count.work);
      }),
      share(row, 'other'),
      share(row, 'loops'),
    ]),
  );
}

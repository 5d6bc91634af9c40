/** Measures stack and code of kernels and writes compiler/machine/measured/footprints-*.ts. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { IsaId } from '../../compiler/machine/isa.js';
import {
  type FootprintSet,
  footprintOn,
  footprintSets,
  sharedFileBytes,
  sharedFilesOf,
} from '../../tests/kernels/harness/footprint-table.js';

const titles: Readonly<Record<IsaId, string>> = {
  c: 'the plain C kernels: the largest of Cortex-M0, M4 and M55',
  dsp: 'the DSP kernels: the largest of Cortex-M4, M7 and M33',
  mve: 'the MVE kernels on Cortex-M55',
};

/** Measures the kernels that `wanted` names; the others keep their rows. Gives the ids that were measured. */
export function measureFootprints(folder: string, wanted: (id: string) => boolean): readonly string[] {
  return footprintSets.flatMap((set) => {
    const ids = set.kernels.map((k) => k.id).filter(wanted);
    if (ids.length > 0) writeFileSync(join(folder, `footprints-${set.isa}.ts`), fileText(set, new Set(ids)));
    return ids;
  });
}

function fileText({ isa, kernels, table, cores }: FootprintSet, wanted: ReadonlySet<string>): string {
  const rows = kernels.map((kernel) => {
    if (!wanted.has(kernel.id)) return [kernel.id, table.kernels[kernel.id]] as const;
    const measured = cores.map((core) => footprintOn(kernel, core));
    const row = [
      Math.max(...measured.map((m) => m.stackBytes)),
      Math.max(...measured.map((m) => m.codeBytes)),
    ] as const;
    const before = table.kernels[kernel.id];
    process.stdout.write(
      `${kernel.id}: stack ${row[0]}, code ${row[1]}${before === undefined ? '' : ` (${before})`}\n`,
    );
    return [kernel.id, row] as const;
  });
  const shared = sharedFilesOf(kernels).map((file) => [file, sharedFileBytes(file, cores)] as const);
  return [
    `/** Stack below the caller and .text with constants, in bytes, of ${titles[isa]}. \`npm run measure\` writes it. */`,
    '',
    "import type { FootprintTable } from './footprint-table.js';",
    '',
    'export const footprints: FootprintTable = {',
    '  /** [stack, code] of a kernel with every file that it lists, library functions included in the stack. */',
    '  kernels: {',
    ...rows.map(([id, row]) => `    ${id}: [${row.join(', ')}],`),
    '  },',
    '  /** Code of the files that several kernels list. */',
    '  sharedFiles: {',
    ...shared.map(([file, bytes]) => `    '${file}': ${bytes},`),
    '  },',
    '};',
    '',
  ].join('\n');
}

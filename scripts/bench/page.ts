/** BENCHMARKS.md: the tables, and what their numbers mean. */

import type { Network } from './networks.js';
import { stacks } from './recorded.js';

export interface PageParts {
  /** A section for each core. */
  readonly instructions: readonly string[];
  readonly sram: string | null;
  readonly networks: readonly Network[];
  /** Version lines of compiler and emulator. */
  readonly tools: readonly string[];
}

/** What is printed. */
export function sections({ instructions, sram }: PageParts): string {
  return [
    '## Instructions',
    '',
    instructionNotes,
    '',
    ...instructions,
    ...(sram === null ? [] : ['## SRAM', '', sramNotes, '', sram]),
  ]
    .join('\n')
    .trimEnd();
}

export function page(parts: PageParts): string {
  return `# Benchmarks

\`npm run bench -- --write\` makes this page from runs; \`npm run bench\` prints a shorter one. Every program behind a number
of instructions gave the bytes of the reference interpreter, and touched the arena that was planned.

${sections(parts)}

## Networks

Published files and shapes are read from \`../shared/models\` beside the project and are not part of it; without that folder
the project's own test networks are measured. Networks of published shapes have random weights.

${parts.networks.map(({ name, source }) => `* **${name}**: ${source}`).join('\n')}

## How

* ${parts.tools.join('\n* ')}
* Other stacks, instructions counted in the same way with the same compiler and emulator:
${Object.entries(stacks)
  .map(([name, what]) => `  * ${name}: ${what}`)
  .join('\n')}
`;
}

const instructionNotes = `Executed guest instructions of one inference under QEMU, exact and repeatable, not cycles; \`-O3\`, layer by layer, image in
the arena. Channels that give one value for every input are removed at compile time; *live* are the MACs that are left, *per
MAC* divides by those of the model, removed ones included, and *all channels kept* is the count with
\`--keep-constant-channels\` ("-": there are none, or the weights are random). *Best other stack* is the one with the fewest
instructions of those that we built and ran in the same way (at the end of this page). The second table of each core has
instructions per live MAC, for adds and pools per element, and the share of everything else.`;

const sramNotes = `Arena bytes on Cortex-M4, kernel scratch included; static variables are none, and the stack's bound stands beside. Executed
MACs are given as a multiple of the live ones. In brackets: with the image pushed, what no schedule of the search's space goes
below at that many MACs (\`compiler/search/schedule-bound.ts\`); elsewhere the lower bound of a placement that is not proven the
smallest for its schedule. Sizes of other stacks are the published ones, counted in their authors' ways, but for those marked *measured*,
which are of programs that we built (at the end of this page). Instructions of plans whose image is pushed are counted with one
row a call; their limit is the arena allowed and the least plan's stack bound together, so that a plan with less stack may have
a little more arena.`;

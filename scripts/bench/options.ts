/** Flags of the benchmark. */

import { parseArgs } from 'node:util';
import type { CoreId } from '../../compiler/index.js';
import { coreIds } from '../../compiler/machine/cores/index.js';

export interface BenchOptions {
  readonly cores: readonly CoreId[];
  /** Cores of networks that are not trained ones. */
  readonly otherCores: readonly CoreId[];
  /** Names; null: all that are there. */
  readonly networks: readonly string[] | null;
  /** The SRAM tables too. */
  readonly sram: boolean;
  /** Everything, and into BENCHMARKS.md. */
  readonly write: boolean;
}

export const usage = `npm run bench -- [--cores m4,m55] [--networks NAME,NAME] [--sram] [--write]

  --cores     ${coreIds.map((core) => core.replace('cortex-', '')).join(', ')}; m4,m55 where none is named
  --networks  only these
  --sram      least SRAM of the published networks, and what it costs in instructions
  --write     trained networks on all cores, --sram, and all of it into BENCHMARKS.md`;

const defaultCores: readonly CoreId[] = ['cortex-m4', 'cortex-m55'];
/** Cores of BENCHMARKS.md: one of each kind of processor that the machines stand for. */
const writtenCores: readonly CoreId[] = [
  'cortex-m4',
  'cortex-m55',
  'cortex-m7',
  'cortex-m33',
  'cortex-m3',
  'cortex-m0',
];

/** Throws an Error for the user. */
export function benchOptions(args: readonly string[]): BenchOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      cores: { type: 'string' },
      networks: { type: 'string' },
      sram: { type: 'boolean' },
      write: { type: 'boolean' },
    },
  });
  const write = values.write ?? false;
  if (write && (values.cores !== undefined || values.networks !== undefined))
    throw new Error('--write measures everything: leave out --cores and --networks');
  const cores = values.cores?.split(',').map(coreOf) ?? defaultCores;
  return {
    cores: write ? writtenCores : cores,
    otherCores: cores,
    networks: values.networks?.split(',') ?? null,
    sram: write || (values.sram ?? false),
    write,
  };
}

function coreOf(name: string): CoreId {
  const core = `cortex-${name.trim().replace(/^cortex-/, '')}`;
  if (!coreIds.includes(core)) throw new Error(`no core is called "${name}"`);
  return core as CoreId;
}

/**
 * The benchmark: executed instructions of every network on every core asked for, by kind of work and beside other
 * stacks, and the least SRAM. Programs run one after the other; plans of the SRAM tables are searched in threads
 * meanwhile.
 */

import { writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { compile, type Compilation, type CompileOptions, type CoreId } from '../../compiler/index.js';
import { run } from '../../compiler/validate/process.js';
import { instructionSection, type InstructionRow } from './instruction-tables.js';
import { measure, type Measurement } from './measure.js';
import { networks, type Network } from './networks.js';
import { benchOptions, usage, type BenchOptions } from './options.js';
import { page, sections, type PageParts } from './page.js';
import type { SramWork } from './sram-worker.js';
import { alsoPlanned, budgets, type SramPlans, type SramPoint } from './sram.js';
import { sramSection, type SramCounts } from './sram-tables.js';

/** CoreId of the SRAM tables. */
const sramCore: CoreId = 'cortex-m4';

const say = (text: string): void => {
  process.stderr.write(`${text}\n`);
};

/** Exit code: 0, 1 where a program failed, 2 for wrong flags. `root` is the project's folder. */
export async function bench(root: string, args: readonly string[]): Promise<number> {
  let options: BenchOptions;
  if (args.includes('--help')) {
    process.stdout.write(`${usage}\n`);
    return 0;
  }
  try {
    options = benchOptions(args);
  } catch (error) {
    say(`rivulet bench: ${(error as Error).message}\n\n${usage}`);
    return 2;
  }
  const folder = join(root, '..', 'shared', 'models');
  const all = networks(folder);
  const unknown = options.networks?.filter((wanted) => !all.some(({ name }) => name === wanted)) ?? [];
  if (unknown.length > 0) {
    say(
      `rivulet bench: no network is called ${unknown.join(', ')}; there are ${all.map(({ name }) => name).join(', ')}`,
    );
    return 2;
  }
  const list = all.filter(({ name }) => options.networks?.includes(name) ?? true);
  if (!list.some(({ kind }) => kind !== 'own'))
    say('The published networks of ../shared/models are not there: only test networks are measured.');
  const planned = options.sram ? list.filter(({ name }) => name in budgets || alsoPlanned.includes(name)) : [];
  const searching = searchInThreads(planned);
  let failures = 0;
  /** A program that fails has no numbers: its row is left out, and the exit code tells. */
  const attempt = async <T>(what: string, work: () => Promise<T>): Promise<T | null> => {
    try {
      return await work();
    } catch (error) {
      failures++;
      say(`FAILED: ${what}: ${(error as Error).message}`);
      return null;
    }
  };
  const rows: InstructionRow[] = [];
  for (const network of list) {
    for (const core of network.kind === 'trained' ? options.cores : options.otherCores) {
      const row = await attempt(`${network.name} on ${core}`, () => instructionRow(network, core, root));
      if (row !== null) rows.push(row);
    }
  }
  const counts: SramCounts[] = [];
  for (const plans of await searching) {
    const network = planned.find(({ name }) => name === plans.network)!;
    const count = await attempt(`${network.name}, fused`, () => sramCounts(network, plans, rows, root));
    if (count !== null) counts.push(count);
  }
  const parts: PageParts = {
    instructions: options.cores.map((core) => instructionSection(core, rows)),
    sram: counts.length === 0 ? null : sramSection(counts),
    networks: list,
    tools: await toolVersions(),
  };
  process.stdout.write(`${sections(parts)}\n`);
  if (options.write) {
    writeFileSync(join(root, 'BENCHMARKS.md'), page(parts));
    say('BENCHMARKS.md is written');
  }
  return failures === 0 ? 0 : 1;
}

async function instructionRow(network: Network, core: CoreId, root: string): Promise<InstructionRow> {
  const model = { bytes: network.bytes(), name: network.name };
  const compiled = compile(model, { core, schedule: 'layer' });
  const measured = await measureAloud(compiled, root);
  // With random weights a constant channel is an accident.
  const removed = network.kind !== 'shapes' && compiled.document.removedChannels.length > 0;
  const kept = removed
    ? await measureAloud(compile(model, { core, schedule: 'layer', keepConstantChannels: true }), root)
    : null;
  const { macs, liveMacs } = compiled.document.model;
  return { network, core, macs, liveMacs, arenaBytes: compiled.plan.arenaBytes, measured, kept };
}

async function measureAloud(compiled: Compilation, root: string): Promise<Measurement> {
  const result = await measure(compiled, root);
  say(
    `${compiled.document.model.name}, ${compiled.document.core}, ${compiled.plan.schedule.kind}, arena ${compiled.plan.arenaBytes}: ${result.instructions} instructions`,
  );
  return result;
}

async function sramCounts(
  network: Network,
  plans: SramPlans,
  rows: readonly InstructionRow[],
  root: string,
): Promise<SramCounts> {
  const model = { bytes: network.bytes(), name: network.name };
  const count = async (point: SramPoint | null, options: CompileOptions): Promise<number | null> =>
    point === null
      ? null
      : (await measureAloud(compile(model, { core: sramCore, ...options, schedule: point.schedule }), root))
          .instructions;
  const known = rows.find((row) => row.network.name === network.name && row.core === sramCore);
  return {
    plans,
    layer: known?.measured.instructions ?? (await count(plans.layer, {}))!,
    withinBudget: await count(plans.withinBudget, { input: 'streamed' }),
    withinTwice: await count(plans.withinTwice, { input: 'streamed' }),
  };
}

/** Plans in the order of the list, whatever their threads were given. */
async function searchInThreads(list: readonly Network[]): Promise<readonly SramPlans[]> {
  const threads = Math.min(availableParallelism(), list.length);
  const found = await Promise.all(
    Array.from({ length: threads }, (_, k) => searchInThread(list.filter((_network, i) => i % threads === k))),
  );
  return list.map(({ name }) => found.flat().find((plans) => plans.network === name)!);
}

function searchInThread(list: readonly Network[]): Promise<readonly SramPlans[]> {
  const workerData: SramWork = {
    core: sramCore,
    networks: list.map((network) => ({ name: network.name, file: network.bytes() })),
  };
  return new Promise((resolve, reject) => {
    const found: SramPlans[] = [];
    const worker = new Worker(new URL('./sram-worker.js', import.meta.url), { workerData });
    worker.on('message', (plans: SramPlans) => {
      found.push(plans);
      say(`${plans.network}: planned`);
    });
    worker.on('error', reject);
    worker.on('exit', () => resolve(found));
  });
}

async function toolVersions(): Promise<readonly string[]> {
  const first = async (tool: string): Promise<string> => (await run(tool, ['--version'])).stdout.split('\n')[0].trim();
  return [await first('arm-none-eabi-gcc'), await first('qemu-system-arm')];
}

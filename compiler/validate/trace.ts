/** Executed blocks and edges of one run under QEMU (runtime-c/port/qemu/rv_trace.c), and what they cost on a core's pipeline. */

import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stepFunction } from '../codegen/steps.js';
import type { Core } from '../machine/core.js';
import { decodeProgram } from '../machine/pipeline/decode.js';
import { type Block, type Edge, type Modelled, modelledCycles } from '../machine/pipeline/edges.js';
import { pipelineModels } from '../machine/pipeline/models.js';
import type { Subject } from './subject.js';
import { run, toolMissing } from './process.js';

/** Cache lines that were fetched from flash. */
export interface Misses {
  readonly code: number;
  readonly data: number;
}

export interface CountedTrace {
  readonly blocks: ReadonlyMap<number, Block>;
  readonly edges: readonly Edge[];
  /** By step; -1: before the first. Empty where no cache was simulated. */
  readonly misses: ReadonlyMap<number, Misses>;
}

const stepsFile = 'steps.txt';

/** Writes what the plugin reads; its arguments for the traced region. */
export async function traceArguments(
  subject: Subject,
  program: string,
  folder: string,
  region: number,
): Promise<string> {
  const entries = await stepEntries(subject, program);
  await writeFile(join(folder, stepsFile), entries.map(([at, step]) => `${at.toString(16)} ${step}\n`).join(''));
  return `region=${region},steps=${stepsFile}`;
}

/** Addresses of the functions of steps; the compiler may have appended to their names (.constprop.0). */
async function stepEntries(
  { net, graph, plan }: Subject,
  program: string,
): Promise<readonly (readonly [number, number])[]> {
  const done = await run('arm-none-eabi-nm', [program]);
  if (done.status !== 0) throw toolMissing('arm-none-eabi-nm');
  const steps = new Map(plan.steps.map((step) => [stepFunction(net, graph, step), step.index]));
  return [...done.stdout.matchAll(/^([0-9a-f]+) [tT] (\w+)(?:\.\w+)*$/gm)].flatMap(([, at, name]) =>
    steps.has(name) ? [[parseInt(at, 16) & ~1, steps.get(name)!] as const] : [],
  );
}

/** What the plugin wrote. */
export async function readTrace(path: string): Promise<CountedTrace> {
  const blocks = new Map<number, Block>();
  const edges: Edge[] = [];
  const misses = new Map<number, Misses>();
  for (const line of (await readFile(path, 'utf8')).split('\n')) {
    const [kind, a, b, c, d] = line.split(' ');
    if (kind === 'B') blocks.set(Number(a), { first: parseInt(b, 16), last: parseInt(c, 16) });
    else if (kind === 'E') edges.push({ step: Number(a), from: Number(b), to: Number(c), count: Number(d) });
    else if (kind === 'M') misses.set(Number(a), { code: Number(b), data: Number(c) });
  }
  return { blocks, edges, misses };
}

/** Cycles of a traced run; null where the core has no model. */
export async function traceCycles(trace: CountedTrace, program: string, core: Core): Promise<Modelled | null> {
  if (core.cycles === null) return null;
  const { create, vectors, objdumpArguments } = pipelineModels[core.cycles.pipeline];
  const done = await run('arm-none-eabi-objdump', ['-d', ...objdumpArguments, program]);
  if (done.status !== 0) throw toolMissing('arm-none-eabi-objdump');
  return modelledCycles(decodeProgram(done.stdout, vectors), trace, create());
}

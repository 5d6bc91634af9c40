/** Builds a compiled network, runs it on an emulated core, and counts its instructions step by step. */

import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stepFunction } from '../../compiler/codegen/steps.js';
import type { Compilation } from '../../compiler/index.js';
import { runInt8 } from '../../compiler/reference/int8.js';
import { prepare, type Bench } from '../../compiler/validate/bench.js';
import { compareOutputs } from '../../compiler/validate/compare.js';
import { readArena, readOutputs, readResult, writeInputs } from '../../compiler/validate/exchange.js';
import { run } from '../../compiler/validate/process.js';
import { runQemu, sectionSizes } from '../../compiler/validate/qemu.js';
import { randomSamples } from '../../compiler/validate/vectors.js';
import { inFolder } from '../../compiler/validate/working-folder.js';
import { classOf, workOf, type KernelClass } from './kernel-class.js';

/** Instructions of a kind of work, and how much of it there was. */
export interface ClassCount {
  instructions: number;
  /** MACs or elements, see kernel-class.ts. */
  work: number;
}

export interface Measurement {
  /** Executed instructions of one inference; of a streamed network with its rows pushed one by one. */
  readonly instructions: number;
  readonly classes: ReadonlyMap<KernelClass, ClassCount>;
  /** Bytes of the linked network's code. */
  readonly textBytes: number;
  readonly stackBytes: number;
}

/**
 * Runs twice on one random input. Throws where an output differs from the reference or the arena from the plan: the
 * speed of a wrong program is of no interest.
 */
export function measure(compiled: Compilation, root: string): Promise<Measurement> {
  const { graph, plan } = compiled;
  return inFolder(async (folder) => {
    const bench = await prepare(
      { subject: { ...compiled, files: compiled.emit() }, on: 'qemu', flags: [] },
      folder,
      'none',
    );
    const [sample] = randomSamples(graph, 1, 1);
    await writeInputs(folder, [sample, sample]);
    const lines = await runCounted(bench, compiled, root);
    const expected = runInt8(graph, sample as readonly Int8Array[]);
    const { mismatchedBytes } = compareOutputs(graph, [expected, expected], await readOutputs(folder, graph, 2), 0);
    const arena = await readArena(folder, plan.arenaBytes);
    if (mismatchedBytes > 0)
      throw new Error(`${compiled.document.model.name}: ${mismatchedBytes} output bytes differ from the reference`);
    if (!arena.guardsIntact || arena.touchedBytes !== plan.arenaBytes)
      throw new Error(`${compiled.document.model.name}: the arena differs from the plan`);
    const last = lines.slice(lines.findLastIndex((line) => line.startsWith('R ')));
    const byStep = last.slice(1).map((line) => line.split(' ').slice(1).map(Number) as [number, number]);
    return {
      instructions: Number(last[0].slice(2)),
      classes: classCounts(compiled, byStep),
      textBytes: (await sectionSizes(bench.program)).get('net_text') ?? 0,
      stackBytes: (await readResult(folder)).stackBytes,
    };
  });
}

async function runCounted(bench: Bench, compiled: Compilation, root: string): Promise<readonly string[]> {
  const { folder, program, machine } = bench;
  const library = join(folder, 'rv_steps.so');
  const built = await run(process.env['CC'] ?? 'cc', [
    '-std=gnu11',
    '-O2',
    '-fPIC',
    '-shared',
    '-fvisibility=hidden',
    '-I',
    join(root, 'runtime-c/port/qemu'),
    '-o',
    library,
    join(root, 'scripts/bench/rv_steps.c'),
  ]);
  if (built.status !== 0) throw new Error(`the counting plugin does not compile: ${built.stderr}`);
  const [out, map] = [join(folder, 'steps.txt'), join(folder, 'map.txt')];
  await writeFile(map, await functionMap(program, compiled));
  const done = await runQemu({
    machine: machine!,
    program,
    folder,
    timeoutMs: bench.timeoutMs(2),
    plugin: { library, arguments: `out=${out},map=${map}` },
  });
  if (done !== 'done') throw new Error('this QEMU takes no plugins: nothing can be counted');
  return (await readFile(out, 'utf8')).trim().split('\n');
}

/** The network's own functions in the program: steps by index, all others -1. */
async function functionMap(program: string, { graph, plan, document }: Compilation): Promise<string> {
  const steps = new Map(plan.steps.map((step) => [stepFunction(document.net, graph, step), step.index]));
  const symbols = await run('arm-none-eabi-nm', ['-S', program]);
  const lines = [...symbols.stdout.matchAll(/^([0-9a-f]+) ([0-9a-f]+) [tT] (\S+)$/gm)]
    .map(([, address, size, name]) => ({ address, bytes: parseInt(size, 16), name, step: steps.get(name) }))
    .filter(({ name, step }) => step !== undefined || new RegExp(`^${document.net}_(?!rv_)`).test(name));
  const found = new Set(lines.map((l) => l.step));
  const missing = plan.steps.filter((step) => !found.has(step.index));
  if (missing.length > 0) throw new Error(`no function of step ${missing[0].index} in the program`);
  return lines.map(({ address, bytes, step }) => `${address} ${bytes} ${step ?? -1}\n`).join('');
}

function classCounts(
  { graph, plan }: Compilation,
  byStep: readonly (readonly [number, number])[],
): ReadonlyMap<KernelClass, ClassCount> {
  const classes = new Map<KernelClass, ClassCount>();
  const entry = (kind: KernelClass): ClassCount => {
    const known = classes.get(kind) ?? { instructions: 0, work: 0 };
    classes.set(kind, known);
    return known;
  };
  for (const [step, instructions] of byStep) {
    entry(step < 0 ? 'loops' : classOf(graph.nodes[plan.steps[step].node], graph)).instructions += instructions;
  }
  for (const node of graph.nodes) entry(classOf(node, graph)).work += workOf(node, graph);
  return classes;
}

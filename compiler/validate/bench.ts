/** A built program in a working folder, ready to run on its inputs. */

import { valueOf } from '../ir/int8-graph.js';
import { coreOf } from '../machine/cores/index.js';
import { join } from 'node:path';
import { adapterHeader } from './adapter.js';
import { buildProgram, type Probe } from './build.js';
import { writeInputs } from './exchange.js';
import { linkerScript } from './linker.js';
import { planMachine, type MachinePlan } from './machine.js';
import { requireTools, run } from './process.js';
import { buildPlugin, readCounts, runQemu, type Plugin } from './qemu.js';
import type { Subject } from './subject.js';
import type { Sample } from './vectors.js';

export interface BuildSettings {
  readonly subject: Subject;
  readonly on: 'host' | 'qemu';
  readonly flags: readonly string[];
  readonly onProgress?: (what: string) => void;
}

/** A built program, ready to run. `machine` is null on the host. */
export interface Bench {
  readonly folder: string;
  readonly program: string;
  readonly machine: MachinePlan | null;
  readonly timeoutMs: (runs: number) => number;
}

/** Writes and builds everything. */
export async function prepare(
  { subject, on, flags, onProgress }: BuildSettings,
  folder: string,
  probe: Probe,
): Promise<Bench> {
  const { board, fit, files, graph, net } = subject;
  const { footprint, instructions, steps } = subject.program;
  const machine = on === 'host' ? null : planMachine(board);
  if (machine !== null) requireTools(['arm-none-eabi-gcc', 'qemu-system-arm']);
  const stackBytes = Math.max(board.stackReserveBytes, footprint.stackBytes);
  const program = await buildProgram({
    net,
    files,
    probe,
    folder,
    flags,
    ...(onProgress === undefined ? {} : { onProgress }),
    adapter: adapterHeader({
      net,
      inputs: graph.inputs.map((io) => valueOf(graph, io.value)),
      outputs: graph.outputs.map((io) => valueOf(graph, io.value)),
      steps: steps.length,
      streamedInput: streamedInput(subject),
    }),
    target:
      machine === null ? null : { core: coreOf(board.core), linkerScript: linkerScript({ machine, fit, stackBytes }) },
  });
  // A hundred times the usual time of QEMU, and some for a busy machine, is a hang.
  const secondsPerRun = instructions * 2e-7;
  return { folder, program, machine, timeoutMs: (runs) => 1000 * Math.ceil(300 + runs * secondsPerRun) };
}

/** Position of the network input that the caller pushes row by row. */
function streamedInput({ graph, plan }: Subject): number | null {
  const ring = plan.fused.map((region) => region.streamedInput).find((view) => view !== null);
  return ring === undefined ? null : graph.inputs.findIndex((io) => io.value === ring.value);
}

/** Runs the program; under QEMU with the plugin, whose output is <plugin>.txt in the folder, where QEMU runs. Counts of rv_count and rv_trace, null where there are none. */
export async function execute(
  bench: Bench,
  runs: readonly Sample[],
  plugin: Plugin,
  pluginArguments: (out: string) => string,
): Promise<readonly number[] | null> {
  const { folder, program, machine } = bench;
  const timeoutMs = bench.timeoutMs(runs.length);
  await writeInputs(folder, runs);
  if (machine === null) {
    const done = await run(program, [], { cwd: folder, timeoutMs });
    if (done.status !== 0)
      throw new Error(`the program on the host ended with status ${done.status}: ${done.stderr.trim()}`);
    return null;
  }
  const library = await buildPlugin(plugin, folder);
  const out = `${plugin}.txt`;
  const base = { machine, program, folder, timeoutMs };
  if (
    library !== null &&
    (await runQemu({ ...base, plugin: { library, arguments: pluginArguments(out) } })) === 'done'
  ) {
    return plugin !== 'rv_access' ? readCounts(join(folder, out)) : null;
  }
  await runQemu({ ...base, plugin: null });
  return null;
}

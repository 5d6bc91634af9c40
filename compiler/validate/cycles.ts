/** Modelled cycles of a validated network, as its document has them. */

import { join } from 'node:path';
import type { Cache, FlashTiming } from '../machine/board.js';
import { coreOf } from '../machine/cores/index.js';
import type { Modelled } from '../machine/pipeline/edges.js';
import type { Bench } from './bench.js';
import type { CycleReport, FlashCycles, LineCycles, StepCycles } from './cycle-report.js';
import type { MachinePlan } from './machine.js';
import type { Subject } from './subject.js';
import { type CountedTrace, type Misses, readTrace, traceArguments, traceCycles } from './trace.js';

/** Region of a validation that is traced: the second run, which takes a streamed input a row at a time. */
const tracedRun = 1;

/** Arguments for rv_trace; null where the core has no model. */
export async function cycleArguments(subject: Subject, { machine, program, folder }: Bench): Promise<string | null> {
  if (machine === null || coreOf(subject.board.core).cycles === null) return null;
  const caches = cacheArguments(subject.board.flashTiming, machine);
  return `${await traceArguments(subject, program, folder, tracedRun)}${caches}`;
}

function cacheArguments(timing: FlashTiming | undefined, machine: MachinePlan): string {
  if (timing === undefined) return '';
  const shape = ({ bytes, lineBytes, ways }: Cache): string => `${lineBytes}:${bytes / (lineBytes * ways)}:${ways}`;
  const flash = machine.regions.filter((r) => r.region.kind !== 'sram');
  const from = Math.min(...flash.map((r) => r.origin));
  const to = Math.max(...flash.map((r) => r.origin + r.bytes));
  const caches =
    timing.dataCache === undefined
      ? `both=${shape(timing.codeCache)}`
      : `code=${shape(timing.codeCache)},data=${shape(timing.dataCache)}`;
  return `,${caches},flash=${from.toString(16)}-${to.toString(16)}`;
}

/** From what rv_trace wrote. */
export async function cycleReport(subject: Subject, bench: Bench): Promise<CycleReport | null> {
  const { board, program } = subject;
  const core = coreOf(board.core);
  const trace = await readTrace(join(bench.folder, 'rv_trace.txt'));
  const modelled = await traceCycles(trace, bench.program, core);
  if (core.cycles === null || modelled === null) return null;
  const { low, high, name, basis, ratioOnly } = core.cycles;
  const range = { low: Math.round(modelled.cycles * low), high: Math.round(modelled.cycles * high) };
  const flash = board.flashTiming === undefined ? null : flashCycles(board.flashTiming, trace);
  const waits = (end: 'low' | 'high'): number => (flash === null ? 0 : flash.code[end] + flash.constants[end]);
  const milliseconds = (end: 'low' | 'high'): number => (1000 * (range[end] + waits(end))) / board.clockHz;
  return {
    modelled: Math.round(modelled.cycles),
    ...range,
    model: name,
    basis,
    ratioOnly: ratioOnly === true,
    milliseconds:
      program.machine.boardGiven && ratioOnly !== true
        ? { low: milliseconds('low'), high: milliseconds('high'), clockHz: board.clockHz }
        : null,
    flash,
    steps: stepsOf(subject, modelled),
  };
}

function flashCycles(timing: FlashTiming, { misses }: CountedTrace): FlashCycles {
  const of = (kind: keyof Misses): LineCycles => {
    const lines = [...misses.values()].reduce((sum, m) => sum + m[kind], 0);
    return { lines, low: lines * timing.firstWordCycles, high: lines * timing.lineCycles };
  };
  return { waitStates: timing.waitStates, code: of('code'), constants: of('data') };
}

function stepsOf({ graph, program }: Subject, { byStep }: Modelled): readonly StepCycles[] {
  return program.steps.map(({ plan, macs }): StepCycles => {
    const node = graph.nodes[plan.node];
    const around = plan.index === 0 ? (byStep.get(-1) ?? 0) : 0;
    return {
      step: plan.index,
      node: node.name,
      op: node.op.kind,
      kernel: plan.kernel,
      macs,
      cycles: Math.round((byStep.get(plan.index) ?? 0) + around),
    };
  });
}

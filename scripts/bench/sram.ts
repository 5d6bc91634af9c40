/** Plans of the SRAM tables: how little each network takes at each bound on work. No clock, nothing built or run. */

import { coreOf } from '../../compiler/machine/cores/index.js';
import { compile, RivuletError, type CompileOptions, type Compilation, type CoreId } from '../../compiler/index.js';
import type { Int8Graph } from '../../compiler/ir/int8-graph.js';
import type { Schedule } from '../../compiler/schedule/schedule.js';
import { macsOf } from '../../compiler/search/choose.js';
import { arenaBounds } from '../../compiler/search/schedule-bound.js';
import type { Network } from './networks.js';

/** One plan. Sizes in bytes. */
export interface SramPoint {
  readonly arenaBytes: number;
  readonly stackBytes: number;
  readonly lowerBoundBytes: number;
  readonly provenOptimal: boolean;
  /** Executed MACs over the network's live ones. */
  readonly overhead: number;
  readonly schedule: Schedule;
}

/** Bounds on executed MACs over live ones. */
export type Overhead = '1.00' | '1.10' | '1.50';

export interface SramPlans {
  readonly network: string;
  readonly inputBytes: number;
  readonly layer: SramPoint;
  /** Least SRAM with the image pushed row by row, at these bounds on executed MACs; null where rows cannot be pushed. */
  readonly streamed: Readonly<Record<Overhead, SramPoint | null>>;
  /** Arenas below which no schedule of the search's space goes at these bounds. */
  readonly streamedBounds: Readonly<Record<Overhead, number>>;
  /** The same with the whole image in the arena, at 1.10. */
  readonly resident: SramPoint;
  /** Arena allowed to the plans below. */
  readonly budgetBytes: number;
  /** Least instructions within the budget at 1.00 x MACs, and within twice the budget; rows pushed. */
  readonly withinBudget: SramPoint | null;
  readonly withinTwice: SramPoint | null;
}

/** Arenas that a streamed plan should keep to at 1.00 x MACs; elsewhere 1.1 x the least that is found. */
export const budgets: Readonly<Record<string, number>> = {
  'mbv2-w1.0-r224': 130_000,
  'mbv2-w0.35-r144': 28_000,
  'mcunet-320kb-imagenet': 64_000,
  'mcunet-512kb-2mb': 84_000,
  'mcunet-256kb-1mb': 60_000,
  'mcunet-5fps': 21_000,
  'proxyless-w0.3-r176': 52_000,
  'mcunet-vww80': 20_000,
};

/** Networks of the SRAM tables that have no budget of their own. */
export const alsoPlanned: readonly string[] = ['person-fpn-128x160', 'vww96-mobilenetv1', 'resnet8-cifar10'];

export function sramPlans(network: Pick<Network, 'name'> & { readonly file: Uint8Array }, core: CoreId): SramPlans {
  const planned = (options: CompileOptions): Compilation =>
    compile({ bytes: network.file, name: network.name }, { core, ...options });
  const streamed = (options: CompileOptions): SramPoint | null =>
    orRefused(() => pointOf(planned({ input: 'streamed', ...options })));
  const layer = planned({ schedule: 'layer' });
  const least = (maxOverhead: number): SramPoint | null => streamed({ objective: 'sram', maxOverhead });
  const exact = least(1);
  const budgetBytes = budgets[network.name] ?? Math.floor(1.1 * (exact?.arenaBytes ?? layer.plan.arenaBytes));
  const stackBytes = exact?.stackBytes ?? 0;
  return {
    network: network.name,
    inputBytes: layer.document.model.inputs.reduce((sum, io) => sum + io.bytes, 0),
    layer: pointOf(layer),
    streamed: { '1.00': exact, '1.10': least(1.1), '1.50': least(1.5) },
    streamedBounds: boundsOf(layer.graph, core),
    resident: pointOf(planned({ objective: 'sram', maxOverhead: 1.1 })),
    budgetBytes,
    withinBudget: streamed({ sramBytes: budgetBytes + stackBytes, maxOverhead: 1 }),
    withinTwice: streamed({ sramBytes: 2 * budgetBytes + stackBytes }),
  };
}

function boundsOf(graph: Int8Graph, core: CoreId): Record<Overhead, number> {
  const limits = [1, 1.1, 1.5].map((f) => Math.floor(f * macsOf(graph)));
  const [at100, at110, at150] = arenaBounds(graph, { core: coreOf(core), input: 'streamed', keepInput: false }, limits);
  return { '1.00': at100, '1.10': at110, '1.50': at150 };
}

function pointOf({ plan, document }: Compilation): SramPoint {
  return {
    arenaBytes: plan.arenaBytes,
    stackBytes: document.memory.stackBytes,
    lowerBoundBytes: plan.lowerBoundBytes,
    provenOptimal: plan.provenOptimal,
    overhead: document.cost.executedMacs / document.model.liveMacs,
    schedule: plan.schedule,
  };
}

/** Null where the network's input cannot be taken row by row (E163). */
function orRefused<T>(plan: () => T): T | null {
  try {
    return plan();
  } catch (error) {
    if (error instanceof RivuletError && error.diagnostics.some((d) => d.code === 'E163')) return null;
    throw error;
  }
}

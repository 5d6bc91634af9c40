/**
 * Plans of one network on one machine: under any schedule, by any objective, within any limits. What does not depend on
 * the request (the layer-by-layer plan, distances of safe overlap, costs) is worked out once.
 */

import { printable, usageError } from '../diagnostics.js';
import type { Int8Graph } from '../ir/int8-graph.js';
import { arenaBudgetBytes, type Fit, fitBoard, type MemoryLimits } from '../machine/fit.js';
import type { Machine } from '../machine/machine.js';
import { MemoryPlanner } from '../memory/index.js';
import type { Plan } from '../memory/plan.js';
import { layerSchedule } from '../schedule/layer.js';
import type { Schedule } from '../schedule/schedule.js';
import {
  type ChooseRequest,
  type Chosen,
  chooseSchedule,
  draftNodeLimit,
  type Objective,
  type Place,
  paretoFront,
  ScheduleRefused,
  type ScheduleMode,
  scheduleCost,
} from '../search/choose.js';
import { type KneePlan, kneePlans } from '../search/knee.js';
import type { Effort } from '../search/unit-table.js';
import { stackBoundBytes } from './footprint.js';
import { type Footprint, peakSramBytesOf } from './program.js';
import { replay } from './replay.js';

/** How a network is to be planned. */
export interface PlanRequest {
  /** A mode for the search, or a schedule to replay. */
  readonly how: ScheduleMode | Schedule;
  /** Least estimated instructions within the SRAM, or least SRAM within the bounds on work. */
  readonly objective: Objective;
  readonly input: 'resident' | 'streamed';
  /** Executed MACs allowed, as a multiple of the network's; null: no bound of the user's. */
  readonly maxOverhead: number | null;
  /** Estimated instructions allowed, as a multiple of those of layer by layer; null likewise. */
  readonly maxSlowdown: number | null;
  readonly limits: MemoryLimits;
  readonly effort?: Effort;
  /** Called with the share of the network that has been looked at, 0 to 1. */
  readonly onProgress?: (share: number) => void;
}

export interface PlannerOptions {
  /** The network inputs keep their data. */
  readonly keepInput: boolean;
}

/** Of the arena: a plan that misses by less is sought once more at any price. */
const nearMiss = 0.05;

export class NetworkPlanner {
  readonly graph: Int8Graph;
  readonly machine: Machine;
  readonly #keepInput: boolean;
  readonly #memory: MemoryPlanner;
  #layer: Plan | null = null;
  #layerInstructions: number | null = null;

  constructor(graph: Int8Graph, machine: Machine, { keepInput }: PlannerOptions = { keepInput: false }) {
    this.graph = graph;
    this.machine = machine;
    this.#keepInput = keepInput;
    this.#memory = new MemoryPlanner(graph, { core: machine.core, keepInput });
  }

  /** The layer-by-layer plan, input resident, checked. */
  get layerPlan(): Plan {
    this.#layer ??= this.checked(this.#place(layerSchedule(this.graph, this.machine.core)));
    return this.#layer;
  }

  /** Estimated instructions of the layer-by-layer plan: what slowdowns are multiples of. */
  get layerInstructions(): number {
    const { graph, machine } = this;
    this.#layerInstructions ??= scheduleCost(
      graph,
      { core: machine.core, input: 'resident', keepInput: this.#keepInput },
      layerSchedule(graph, machine.core),
    ).instructions;
    return this.#layerInstructions;
  }

  /** The plan itself; throws (an internal error) where the checker finds it wrong. */
  checked(plan: Plan): Plan {
    return this.#memory.checked(plan);
  }

  /** A schedule placed without a long search for the last bytes, checked: for totals and points of a front. */
  placeQuickly(schedule: Schedule): Plan {
    return this.checked(this.#memory.draft(schedule, { nodeLimit: draftNodeLimit }));
  }

  /** The best plan for a request, not checked: as small as was found where nothing fits. E163, E164 (exit 2) where the network does not allow it. */
  choose(request: PlanRequest): Chosen {
    const { how } = request;
    if (!('regions' in how)) return this.#settled(request, (asked) => refusable(() => this.#search(asked)));
    return this.#settled(request, (asked) =>
      replay(this.graph, this.machine.core, how, asked, (schedule) => this.checked(this.#place(schedule))),
    );
  }

  /** As `choose`, for a request with a mode; throws ScheduleRefused where the network does not allow it. */
  tryChoose(request: PlanRequest): Chosen {
    return this.#settled(request, (asked) => this.#search(asked));
  }

  /** Placed points between the least instructions and the least SRAM, `found` among the candidates. */
  front(request: PlanRequest, found: Chosen): readonly Chosen[] {
    return paretoFront(this.graph, this.#asked(request), (schedule) => this.placeQuickly(schedule), found);
  }

  /** A few plans with little SRAM for few more instructions, of any number of bytes; drafts. */
  knee(request: PlanRequest): readonly KneePlan[] {
    return kneePlans(this.graph, this.#asked(request), this.#place);
  }

  peakSramBytes(plan: Plan): number {
    return peakSramBytesOf(plan, this.machine);
  }

  /** Whether and where everything fits. */
  fit(sizes: Footprint, limits: MemoryLimits): Fit {
    return fitBoard(this.machine.board, { ...sizes, flashBytes: sizes.weightBytes + sizes.codeBytes }, limits);
  }

  /** By how many bytes of SRAM a plan misses the board and the limits; 0 where it fits. */
  missingSramBytes(plan: Plan, limits: MemoryLimits): number {
    const stackBytes = stackBoundBytes(plan, this.machine.kernelById);
    const need = { arenaBytes: plan.arenaBytes, staticBytes: 0, stackBytes, flashBytes: 0 };
    return fitBoard(this.machine.board, need, limits).missingSramBytes;
  }

  readonly #place: Place = (schedule, effort) => this.#memory.draft(schedule, effort);

  #search(asked: ChooseRequest): Chosen {
    return chooseSchedule(this.graph, asked, this.#place);
  }

  #asked(request: PlanRequest): ChooseRequest {
    const { how, objective, input, maxOverhead, maxSlowdown, limits, effort = 'full', onProgress } = request;
    const { board, core, kernelById } = this.machine;
    const stackBytes = stackBoundBytes(this.layerPlan, kernelById);
    return {
      core,
      keepInput: this.#keepInput,
      input,
      mode: 'regions' in how ? { kind: 'auto' } : how,
      objective,
      budgetBytes: arenaBudgetBytes(board, { staticBytes: 0, stackBytes }, limits),
      missingBytes: (plan) => this.missingSramBytes(plan, limits),
      maxOverhead,
      maxSlowdown,
      effort,
      ...(onProgress === undefined ? {} : { onProgress }),
    };
  }

  /** A near miss: looking for the least bytes at any price may find them. */
  #settled(request: PlanRequest, attempt: (asked: ChooseRequest) => Chosen): Chosen {
    const asked = this.#asked(request);
    const found = attempt(asked);
    const missing = this.missingSramBytes(found.plan, request.limits);
    const isNear = missing > 0 && missing < nearMiss * found.plan.arenaBytes;
    return isNear && asked.objective !== 'sram'
      ? attempt({ ...asked, objective: 'sram', maxOverhead: asked.maxOverhead ?? 100 })
      : found;
  }
}

/** A forced schedule that the network does not allow is the user's to change: E163. */
function refusable(choose: () => Chosen): Chosen {
  try {
    return choose();
  } catch (error) {
    if (error instanceof ScheduleRefused) throw usageError('E163', printable(error.message), error.hint);
    throw error;
  }
}

/** From an integer program and a request to a placed plan with everything that reports and codegen read. */

import { printable, type Diagnostic } from '../diagnostics.js';
import type { Int8Graph } from '../ir/int8-graph.js';
import { MemoryPlanner } from '../memory/index.js';
import type { Plan } from '../memory/plan.js';
import type { CompileFacts, ModelFacts, RemovedChannels, ParetoPoint } from '../report/facts.js';
import { footprint, stackBoundBytes, stepParams, type Footprint } from '../report/footprint.js';
import { layerSchedule } from '../schedule/layer.js';
import type { Schedule } from '../schedule/schedule.js';
import {
  chooseSchedule,
  draftNodeLimit,
  paretoFront,
  scheduleCost,
  ScheduleRefused,
  type ChooseRequest,
  type Chosen,
  type Place,
  type ScheduleMode,
} from '../search/choose.js';
import { otherInput } from '../search/other-input.js';
import { paretoOptimal } from '../search/pareto-front.js';
import type { Board } from '../machine/board.js';
import { arenaBudgetBytes, boardSizes, fitBoard, type Fit, type MemoryLimits } from '../machine/fit.js';
import { kernelById } from '../machine/kernel-table.js';
import type { Machine } from '../machine/machine.js';
import { alternatives } from './alternatives.js';
import { misfits } from './misfits.js';
import { reasonsFor } from './reasons.js';
import { replay } from './replay.js';
import { usage, type CompileOptions } from './request.js';
import { toolVersion } from './version.js';

export interface PlanningInput {
  readonly net: string;
  readonly model: ModelFacts;
  readonly graph: Int8Graph;
  readonly machine: Machine;
  /** How to run: a mode for the search, or a schedule to replay. */
  readonly how: ScheduleMode | Schedule;
  readonly options: CompileOptions;
  readonly pareto: boolean;
  readonly diagnostics: readonly Diagnostic[];
  readonly removedChannels: readonly RemovedChannels[];
}

export interface Planned {
  readonly facts: CompileFacts;
  readonly fit: Fit;
}

/** Plans; a network that does not fit is planned as small as was found, with E500 or E501 among the diagnostics. */
export function planNetwork(input: PlanningInput): Planned {
  const { graph, machine, options } = input;
  const { core, board, boardGiven } = machine;
  const keepInput = options.keepInput ?? false;
  const limits: MemoryLimits = { sramBytes: options.sramBytes ?? null, flashBytes: options.flashBytes ?? null };
  const planner = new MemoryPlanner(graph, { core, keepInput });
  // What is compared is a draft; what is chosen, shown or replayed is checked.
  const place: Place = (schedule, effort) => planner.draft(schedule, effort);
  // Points of a front are placed as what is compared is: without a long search for the last bytes.
  const placeQuickly = (schedule: Schedule): Plan =>
    planner.checked(planner.draft(schedule, { nodeLimit: draftNodeLimit }));
  const layerPlan = planner.checked(place(layerSchedule(graph, core)));
  const layerSizes = sizesOf(graph, layerPlan);
  const request = (stackBytes: number): ChooseRequest => ({
    core,
    keepInput,
    input: options.input ?? 'resident',
    mode: 'regions' in input.how ? { kind: 'auto' } : input.how,
    objective: options.objective ?? 'latency',
    budgetBytes: arenaBudgetBytes(board, { staticBytes: 0, stackBytes }, limits),
    maxOverhead: options.maxOverhead ?? null,
  });
  const choose = (asked: ChooseRequest): Chosen =>
    'regions' in input.how
      ? replay(graph, core, input.how, asked, (schedule) => planner.checked(place(schedule)))
      : refusable(() => chooseSchedule(graph, asked, place));
  const fitOf = (plan: Plan, sizes: Footprint): Fit =>
    fitBoard(
      board,
      {
        arenaBytes: plan.arenaBytes,
        staticBytes: sizes.staticBytes,
        stackBytes: sizes.stackBytes,
        flashBytes: sizes.weightBytes + sizes.codeBytes,
      },
      limits,
    );

  const stackOf = (placed: Plan): number => stackBoundBytes({ plan: placed, kernelById });
  const missingOf = (placed: Plan): number =>
    fitBoard(
      board,
      { arenaBytes: placed.arenaBytes, staticBytes: 0, stackBytes: stackOf(placed), flashBytes: 0 },
      limits,
    ).missingSramBytes;
  const settle = (asked: ChooseRequest, attempt: (request: ChooseRequest) => Chosen): Chosen => {
    let found = attempt(asked);
    // The stack bound belongs to the plan, and the budget of the arena to the stack bound.
    const onItsStack = (): ChooseRequest => ({ ...asked, budgetBytes: request(stackOf(found.plan)).budgetBytes });
    if (missingOf(found.plan) > 0 && onItsStack().budgetBytes < asked.budgetBytes) found = attempt(onItsStack());
    // A near miss: looking for the least bytes at any price may find them.
    const missing = missingOf(found.plan);
    const isNear = missing > 0 && missing < nearMiss * found.plan.arenaBytes;
    return isNear && asked.objective !== 'sram'
      ? attempt({ ...onItsStack(), objective: 'sram', maxOverhead: asked.maxOverhead ?? 100 })
      : found;
  };
  const chosen = settle(request(layerSizes.stackBytes), choose);
  const sizes = sizesOf(graph, chosen.plan);
  const fit = fitOf(chosen.plan, sizes);
  const plan = planner.checked(chosen.plan);
  const peakOf = (placed: Plan): number => placed.arenaBytes + sizes.staticBytes + stackOf(placed);
  const layerByLayerBytes = peakOf(layerPlan);
  const front = input.pareto ? paretoFront(graph, request(sizes.stackBytes), placeQuickly, chosen) : [];
  const other = otherInput(graph, plan.schedule);
  const peaks = {
    [plan.schedule.input]: peakOf(plan),
    ...(other === null ? {} : { [other.input]: peakOf(placeQuickly(other)) }),
  };
  const freer =
    fit.missingSramBytes === 0
      ? []
      : alternatives(
          request(sizes.stackBytes),
          'regions' in input.how,
          (asked) => settle(asked, (again) => chooseSchedule(graph, again, place)),
          (placed) => missingOf(planner.checked(placed)) === 0,
        );
  const facts: CompileFacts = {
    toolVersion,
    net: input.net,
    model: input.model,
    graph,
    plan,
    core,
    board: boardGiven ? { id: board.id, name: board.name, core: core.id, ...boardSizes(board) } : null,
    limits: boardGiven ? boardSizes(board, limits) : withinBoard(board, limits),
    kernelById,
    layerByLayerBytes,
    fits: fit.fits,
    diagnostics: [
      ...input.diagnostics,
      ...misfits({
        board,
        boardGiven,
        fit,
        limits,
        plan,
        sizes,
        alternatives: freer.map((a) => ({ ...a, peakSramBytes: peakOf(a.plan) })),
      }),
    ],
    removedChannels: input.removedChannels,
    totals: { residentBytes: peaks['resident'] ?? null, streamedBytes: peaks['streamed'] ?? null },
    reasons: reasonsFor({
      graph,
      schedule: plan.schedule,
      how: input.how,
      options,
      fits: fit.missingSramBytes === 0,
      plan: {
        peakSramBytes: peakOf(plan),
        layerByLayerBytes,
        executedMacs: chosen.executedMacs,
        macs: graph.nodes.reduce((sum, node) => sum + node.macs, 0),
      },
      limitBytes: boardGiven || limits.sramBytes !== null ? boardSizes(board, limits).sramBytes : null,
      instructions: chosen.instructions,
      layerInstructions: scheduleCost(graph, request(sizes.stackBytes), layerPlan.schedule).instructions,
    }),
    pareto: byPeak(
      front.map((point) => ({
        peakSramBytes: peakOf(point.plan),
        executedMacs: point.executedMacs,
        estimatedInstructions: Math.round(point.instructions),
        input: point.plan.schedule.input,
        schedule: point.plan.schedule,
      })),
    ),
  };
  return { facts, fit };
}

/** What the user allows, as far as there is as much. */
function withinBoard(board: Board, limits: MemoryLimits): MemoryLimits {
  const sizes = boardSizes(board, limits);
  return {
    sramBytes: limits.sramBytes === null ? null : sizes.sramBytes,
    flashBytes: limits.flashBytes === null ? null : sizes.flashBytes,
  };
}

/** Of the arena. */
const nearMiss = 0.05;
/** The front was found by arenas; with the stack bound of each plan another order, and fewer points, may be left. */
const byPeak = (points: readonly ParetoPoint[]): readonly ParetoPoint[] =>
  paretoOptimal(points, (p) => [p.peakSramBytes, p.estimatedInstructions, p.executedMacs]).sort(
    (a, b) => b.peakSramBytes - a.peakSramBytes,
  );

const sizesOf = (graph: Int8Graph, plan: Plan): Footprint =>
  footprint({ graph, plan, kernelById }, stepParams({ graph, plan, kernelById }));

/** A forced schedule that the network does not allow is the user's to change: E163. */
function refusable(choose: () => Chosen): Chosen {
  try {
    return choose();
  } catch (error) {
    if (error instanceof ScheduleRefused) throw usage('E163', printable(error.message), error.hint);
    throw error;
  }
}

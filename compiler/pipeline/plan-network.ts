/** From an integer program and a request to a placed plan with everything that reports and codegen read. */

import { printable, type Diagnostic } from '../diagnostics.js';
import type { Int8Graph } from '../ir/int8-graph.js';
import { MemoryPlanner } from '../memory/index.js';
import type { Plan } from '../memory/plan.js';
import type { CompileFacts, ModelFacts, RemovedChannels } from '../report/facts.js';
import { footprint, stepParams, type Footprint } from '../report/footprint.js';
import { layerSchedule } from '../schedule/layer.js';
import type { Schedule } from '../schedule/schedule.js';
import { chooseSchedule, paretoFront, ScheduleRefused, type ChooseRequest, type Chosen, type Place, type ScheduleMode } from '../search/choose.js';
import { explainSchedule } from '../search/explain.js';
import type { Board } from '../target/board.js';
import { arenaBudgetBytes, boardSizes, fitBoard, type Fit, type MemoryLimits } from '../target/fit.js';
import { chooseKernel, kernelById } from '../target/kernel-table.js';
import { misfits } from './misfits.js';
import { replay } from './replay.js';
import { usage, type CompileOptions } from './request.js';
import { toolVersion } from './version.js';

export interface PlanningInput {
  readonly net: string;
  readonly model: ModelFacts;
  readonly graph: Int8Graph;
  readonly board: Board;
  /** False: no board was named, `board` is a stand-in for its core. */
  readonly boardGiven: boolean;
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
  const { graph, board, options } = input;
  const { core } = board;
  const keepInput = options.keepInput ?? false;
  const limits: MemoryLimits = { sramBytes: options.sramBytes ?? null, flashBytes: options.flashBytes ?? null };
  const planner = new MemoryPlanner(graph, { core, keepInput });
  // What is compared is a draft; what is chosen, shown or replayed is checked.
  const place: Place = (schedule, effort) => planner.draft(schedule, effort);
  // Points of a front are placed exactly too, but without a long search for the last bytes.
  const placeQuickly = (schedule: Schedule): Plan => planner.checked(planner.draft(schedule, { nodeLimit: frontNodeLimit }));
  const layerPlan = planner.checked(place(layerSchedule(graph, core)));
  const layerSizes = sizesOf(graph, layerPlan);
  const request = (stackBytes: number): ChooseRequest => ({
    core, keepInput,
    choose: (node) => chooseKernel(node, graph, core),
    layers: (of) => layerSchedule(of, core).regions.filter((r) => r.kind === 'layer'),
    input: options.input ?? 'resident',
    mode: 'regions' in input.how ? { kind: 'auto' } : input.how,
    objective: options.objective ?? 'latency',
    budgetBytes: arenaBudgetBytes(board, { staticBytes: 0, stackBytes }, limits),
    maxOverhead: options.maxOverhead ?? null,
  });
  const choose = (stackBytes: number): Chosen => ('regions' in input.how
    ? replay(graph, core, input.how, request(stackBytes), (schedule) => planner.checked(place(schedule)))
    : refusable(() => chooseSchedule(graph, request(stackBytes), place)));
  const fitOf = (plan: Plan, sizes: Footprint): Fit => fitBoard(board, {
    arenaBytes: plan.arenaBytes, staticBytes: sizes.staticBytes, stackBytes: sizes.stackBytes, flashBytes: sizes.weightBytes + sizes.codeBytes,
  }, limits);

  // The stack bound belongs to the plan, and the budget of the arena to the stack bound.
  let chosen = choose(layerSizes.stackBytes);
  let sizes = sizesOf(graph, chosen.plan);
  let fit = fitOf(chosen.plan, sizes);
  if (fit.missingSramBytes > 0 && sizes.stackBytes > layerSizes.stackBytes) {
    chosen = choose(sizes.stackBytes);
    sizes = sizesOf(graph, chosen.plan);
    fit = fitOf(chosen.plan, sizes);
  }
  const plan = planner.checked(chosen.plan);
  const layerByLayerBytes = layerPlan.arenaBytes + layerSizes.staticBytes + layerSizes.stackBytes;
  const front = input.pareto ? paretoFront(graph, request(sizes.stackBytes), placeQuickly) : [];
  const facts: CompileFacts = {
    toolVersion,
    net: input.net,
    model: input.model,
    graph,
    plan,
    core,
    board: input.boardGiven ? { id: board.id, name: board.name, core, ...boardSizes(board, limits) } : null,
    kernelById,
    layerByLayerBytes,
    fits: fit.fits,
    diagnostics: [...input.diagnostics, ...misfits({ board, fit, limits, plan, sizes, options })],
    removedChannels: input.removedChannels,
    reasons: [explainSchedule(graph, plan.schedule, {
      arenaBytes: plan.arenaBytes, layerByLayerBytes: layerPlan.arenaBytes, executedMacs: chosen.executedMacs,
      macs: graph.nodes.reduce((sum, node) => sum + node.macs, 0),
    })],
    pareto: front.map((point) => ({
      peakSramBytes: point.plan.arenaBytes + sizesOf(graph, point.plan).stackBytes,
      executedMacs: point.executedMacs,
      estimatedInstructions: Math.round(point.instructions),
      input: point.plan.schedule.input,
      schedule: point.plan.schedule,
    })),
  };
  return { facts, fit };
}

/** Search nodes for each point of a front. */
const frontNodeLimit = 400;

const sizesOf = (graph: Int8Graph, plan: Plan): Footprint => footprint({ graph, plan, kernelById }, stepParams({ graph, plan, kernelById }));

/** A forced schedule that the network does not allow is the user's to change: E163. */
function refusable(choose: () => Chosen): Chosen {
  try {
    return choose();
  } catch (error) {
    if (error instanceof ScheduleRefused) throw usage('E163', printable(error.message), error.hint);
    throw error;
  }
}

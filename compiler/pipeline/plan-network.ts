/** From an integer program and a request to a Program with everything that reports say of it. */

import type { Diagnostic } from '../diagnostics.js';
import { constantOutputBytes } from '../ir/constant-output.js';
import type { Int8Graph } from '../ir/int8-graph.js';
import type { Board } from '../machine/board.js';
import { boardSizes, type Fit, fitBoard, type MemoryLimits } from '../machine/fit.js';
import { type Machine, machineOf } from '../machine/machine.js';
import type { Plan } from '../memory/plan.js';
import { NetworkPlanner, type PlanRequest } from '../program/planner.js';
import { footprintOf, makeProgram } from '../program/program.js';
import type { CompileFacts, KneePoint, ModelFacts, ParetoPoint, RemovedChannels } from '../report/facts.js';
import type { Schedule } from '../schedule/schedule.js';
import type { Chosen, ScheduleMode } from '../search/choose.js';
import { otherInput } from '../search/other-input.js';
import { paretoOptimal } from '../search/pareto-front.js';
import { alternatives } from './alternatives.js';
import { kneePoints } from './knee-points.js';
import { misfits, needOf } from './misfits.js';
import { reasonsFor } from './reasons.js';
import type { CompileOptions } from './request.js';
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
  const limits: MemoryLimits = { sramBytes: options.sramBytes ?? null, flashBytes: options.flashBytes ?? null };
  const planner = new NetworkPlanner(graph, machine, { keepInput: options.keepInput ?? false });
  const progress = options.onProgress ?? ((): void => undefined);
  let searching = 'searching schedules';
  const request: PlanRequest = {
    how: input.how,
    objective: options.objective ?? 'latency',
    input: options.input ?? 'resident',
    maxOverhead: options.maxOverhead ?? null,
    maxSlowdown: options.maxSlowdown ?? null,
    limits,
    onProgress: (share) => progress(`planning: ${searching}, ${Math.floor(100 * share)} %`),
  };
  progress('planning layer by layer');
  const chosen = planner.choose(request);
  const plan = planner.checked(chosen.plan);
  const beside = (input.model.constantOutputs ?? []).reduce((sum, output) => sum + constantOutputBytes(output), 0);
  const program = makeProgram(graph, machine, plan, beside);
  const fit = planner.fit(program.footprint, limits);
  const { peakSramBytes } = program.footprint;
  const layerByLayerBytes = planner.peakSramBytes(planner.layerPlan);
  const { layerInstructions } = planner;
  const slowdown = chosen.instructions / layerInstructions;
  searching = 'the front of SRAM against work';
  const front = input.pareto ? planner.front(request, chosen) : [];
  searching = 'what would fit';
  const other = otherInput(graph, plan.schedule);
  const peaks = {
    [plan.schedule.input]: peakSramBytes,
    ...(other === null ? {} : { [other.input]: planner.peakSramBytes(planner.placeQuickly(other)) }),
  };
  const freer =
    fit.missingSramBytes === 0
      ? []
      : alternatives(
          request,
          (asked) => planner.tryChoose(asked),
          (placed) => planner.fit(footprintOf(graph, machine, planner.checked(placed), beside), limits),
        );
  /** What a few per cent more instructions buy; each point fits the board, whatever SRAM was allowed. */
  const kneeOf = (): readonly KneePoint[] => {
    searching = 'other plans';
    const candidates = [{ plan: planner.layerPlan, slowdown: 1 }, ...planner.knee(request)]
      .map((p) => ({ ...p, peakSramBytes: planner.peakSramBytes(p.plan) }))
      .filter((p) => planner.fit(footprintOf(graph, machine, p.plan, beside), { ...limits, sramBytes: null }).fits);
    return kneePoints({ plan, slowdown, peakSramBytes }, candidates);
  };
  /** On another board the same plan, or whole layers on another core. */
  const fitsOn = (other: Board): boolean => {
    const there = machineOf(other, options.core);
    const fitsThere = (placed: Plan): boolean =>
      fitBoard(there.board, needOf(placed, footprintOf(graph, there, placed, beside)), limits).fits;
    if (there.core.id === core.id) return fitsThere(plan);
    const takesLayers =
      request.input === 'resident' && !('regions' in input.how) && ['auto', 'layer'].includes(input.how.kind);
    return takesLayers && fitsThere(new NetworkPlanner(graph, there).layerPlan);
  };
  const facts: CompileFacts = {
    toolVersion,
    net: input.net,
    model: input.model,
    program,
    board: boardGiven ? { id: board.id, name: board.name, core: core.id, ...boardSizes(board) } : null,
    limits: boardGiven ? boardSizes(board, limits) : withinBoard(board, limits),
    layerByLayerBytes,
    slowdown: rounded(slowdown),
    fits: fit.fits,
    diagnostics: [
      ...input.diagnostics,
      ...misfits({
        board,
        boardGiven,
        fit,
        limits,
        plan,
        sizes: program.footprint,
        fitsOn,
        alternatives: freer.map((a) => ({ ...a, peakSramBytes: planner.peakSramBytes(a.plan) })),
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
        peakSramBytes,
        layerByLayerBytes,
        executedMacs: chosen.executedMacs,
        macs: graph.nodes.reduce((sum, node) => sum + node.macs, 0),
      },
      limitBytes: boardGiven || limits.sramBytes !== null ? boardSizes(board, limits).sramBytes : null,
      instructions: chosen.instructions,
      layerInstructions,
    }),
    knee: 'regions' in input.how || input.how.kind !== 'auto' ? [] : kneeOf(),
    ...(input.options.quantisation === undefined ? {} : { quantisation: input.options.quantisation }),
    pareto: byPeak(front.map((point) => paretoPoint(point, planner.peakSramBytes(point.plan), layerInstructions))),
  };
  return { facts, fit };
}

/** As it is shown: digits beyond are an estimate's noise. */
const rounded = (factor: number): number => Math.round(1e4 * factor) / 1e4;

/** What the user allows, as far as there is as much. */
function withinBoard(board: Board, limits: MemoryLimits): MemoryLimits {
  const sizes = boardSizes(board, limits);
  return {
    sramBytes: limits.sramBytes === null ? null : sizes.sramBytes,
    flashBytes: limits.flashBytes === null ? null : sizes.flashBytes,
  };
}

const paretoPoint = (
  { plan, executedMacs, instructions }: Chosen,
  peakSramBytes: number,
  layerInstructions: number,
): ParetoPoint => ({
  peakSramBytes,
  executedMacs,
  estimatedInstructions: Math.round(instructions),
  slowdown: rounded(instructions / layerInstructions),
  input: plan.schedule.input,
  schedule: plan.schedule,
});

/** The front was found by arenas; with the stack bound of each plan another order, and fewer points, may be left. */
const byPeak = (points: readonly ParetoPoint[]): readonly ParetoPoint[] =>
  paretoOptimal(points, (p) => [p.peakSramBytes, p.estimatedInstructions, p.executedMacs]).sort(
    (a, b) => b.peakSramBytes - a.peakSramBytes,
  );

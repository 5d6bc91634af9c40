/**
 * From what a user asks for to a placed plan: forced schedules, the least instructions within a budget, the least SRAM
 * within a bound on MACs. Estimates only propose: a plan counts when it is placed.
 */

import { type Int8Graph, valueOf } from '../ir/int8-graph.js';
import type { Plan } from '../memory/plan.js';
import type { SolveOptions } from '../memory/solve.js';
import { InstructionCosts } from '../schedule/instructions.js';
import { layerRegions, layerSchedule } from '../schedule/layer.js';
import type { Schedule, Unit } from '../schedule/schedule.js';
import { chooseKernel, kernelById } from '../machine/kernel-table.js';
import { type Candidate, ScheduleSearch } from './search.js';
import type { SearchOptions } from './segments.js';
import { type UnitSpace, spaceOf, tiles, unitOption } from './unit-table.js';

export type Objective = 'latency' | 'sram';

export type ScheduleMode =
  | { readonly kind: 'auto' }
  | { readonly kind: 'layer' }
  | { readonly kind: 'stream' }
  /** MCUNetV2's stage: the nodes up to `node` in rows x columns patches, the rest layer by layer. */
  | { readonly kind: 'patch'; readonly rows: number; readonly columns: number; readonly node: number };

export interface ChooseRequest extends SearchOptions {
  readonly mode: ScheduleMode;
  readonly objective: Objective;
  /** What the arena may take at most, where the stack takes no more than that of whole layers. */
  readonly budgetBytes: number;
  /** Bytes by which a placed plan misses, its own stack counted; 0 where it fits. */
  readonly missingBytes: (plan: Plan) => number;
  /** Executed MACs at most, as a multiple of the network's; null: see `workLimits`. */
  readonly maxOverhead: number | null;
  /** Estimated instructions at most, as a multiple of those of layer by layer; null likewise. */
  readonly maxSlowdown: number | null;
}

export interface Chosen {
  readonly plan: Plan;
  readonly executedMacs: number;
  readonly instructions: number;
  readonly fits: boolean;
}

/** Places a schedule: exactly, or with less effort where plans are only compared. */
export type Place = (schedule: Schedule, effort?: SolveOptions) => Plan;

/** A request that the network does not allow: the message, and what to do, are for the user. */
export class ScheduleRefused extends Error {
  constructor(
    message: string,
    readonly hint?: string,
  ) {
    super(message);
  }
}

/** Rows alone: nothing is computed twice. */
const streamSpace: UnitSpace = { maxNodes: 1, rows: [1, 2, 4, 8], cols: [], slices: [] };
/** The same with fewer rows to choose from: what is found in a fraction of the time. */
export const rowsOnlySpace: UnitSpace = { maxNodes: 1, rows: [1, 4], cols: [], slices: [] };
const coarseSpace: UnitSpace = { maxNodes: 4, rows: [1, 2, 4, 8], cols: [4, 16], slices: [] };

/** What a schedule may cost. */
interface WorkLimits {
  readonly macs: number;
  readonly instructions: number;
}

/** For the least SRAM both kinds of work are bounded where the user bounds neither. */
export const defaultSramLimit = 1.5;
/**
 * With a bound on MACs alone instructions are bounded too, loosely: calls of a few pixels and kernels with little scratch are slower,
 * but a plan that takes several times as long for the last bytes is not what is asked for.
 */
const slowCallAllowance = 2.5;

/** A bound on instructions alone bounds no MACs: they are no cost of their own. */
function workLimits(
  graph: Int8Graph,
  layerInstructions: number,
  { maxOverhead, maxSlowdown }: Pick<ChooseRequest, 'maxOverhead' | 'maxSlowdown'>,
): WorkLimits {
  const overhead = maxOverhead ?? (maxSlowdown === null ? defaultSramLimit : Infinity);
  const slowdown = maxSlowdown ?? (maxOverhead === null ? defaultSramLimit : maxOverhead * slowCallAllowance);
  return { macs: Math.floor(overhead * macsOf(graph)), instructions: Math.floor(slowdown * layerInstructions) };
}
export const macsOf = (graph: Int8Graph): number => graph.nodes.reduce((sum, n) => sum + n.macs, 0);
/** Search nodes for the placement of each schedule that is compared; the best is placed with all. */
export const draftNodeLimit = 4_000;
/** A plan of the coarse space this close to the layers' instructions leaves the full one little to find. */
const goodEnough = 1.03;

/**
 * Places the schedule that the request describes. Where nothing fits the budget the smallest plan found is returned
 * with `fits` false. `auto` never does worse than layer by layer by its objective.
 */
export function chooseSchedule(graph: Int8Graph, request: ChooseRequest, place: Place): Chosen {
  const { mode } = request;
  if (request.input === 'streamed') refuseStreaming(graph, request);
  const judge = (plan: Plan, executedMacs: number, instructions: number): Chosen => ({
    plan,
    executedMacs,
    instructions,
    fits: request.missingBytes(plan) === 0,
  });

  if (mode.kind === 'patch') return forced(graph, request, patchSchedule(graph, request, mode), place, judge);
  const layer = request.input === 'resident' ? layerByLayer(graph, request, place, judge) : null;
  if (mode.kind === 'layer') {
    if (layer === null) throw new ScheduleRefused('a layer schedule reads its input whole', 'use --input resident');
    return layer;
  }
  // Nothing needs fewer instructions than whole layers: no call is shorter, no row is widened twice.
  if (mode.kind === 'auto' && request.objective === 'latency' && layer?.fits) return layer;

  const inSpace = (space: UnitSpace): ScheduleSearch => ScheduleSearch.of(graph, { ...request, space });
  const layers = scheduleCost(graph, request, layerSchedule(graph, request.core));
  const { maxSlowdown } = request;
  const bound =
    mode.kind === 'stream'
      ? { maxOverhead: 1, maxSlowdown }
      : request.objective === 'sram'
        ? request
        : { maxOverhead: request.maxOverhead ?? Infinity, maxSlowdown: maxSlowdown ?? Infinity };
  const limits = workLimits(graph, layers.instructions, bound);
  const space = mode.kind === 'stream' ? streamSpace : (request.space ?? spaceOf(request.effort));
  const found =
    request.objective === 'sram' || mode.kind === 'stream'
      ? leastSram(inSpace(space), limits, place, judge)
      : quickest(inSpace, space, request, limits, layers.instructions, place, judge);
  if (found === null) {
    if (layer !== null) return layer;
    throw new ScheduleRefused(streamRefusal(graph), 'use --input resident');
  }
  const better =
    layer !== null &&
    (request.objective === 'sram' ? layer.plan.arenaBytes <= found.plan.arenaBytes : layer.fits && !found.fits);
  return better ? layer : found;
}

/** Placed points of the front, non-dominated, from the least instructions to the least SRAM; `found` is one more candidate. */
export function paretoFront(graph: Int8Graph, request: ChooseRequest, place: Place, found: Chosen): Chosen[] {
  const search = ScheduleSearch.of(graph, request);
  const layer = request.input === 'resident' ? [layerByLayer(graph, request, place, chosen(request))] : [];
  const layers = scheduleCost(graph, request, layerSchedule(graph, request.core));
  const least = leastSram(search, workLimits(graph, layers.instructions, request), place, chosen(request));
  const all = [found, ...layer, ...(least === null ? [] : [least])];
  for (const c of search.front(0.06)) {
    // An arena is no smaller than its estimate: what cannot be on the front is not placed.
    const isBeaten = all.some(
      (a) => a.plan.arenaBytes <= c.peakBytes && a.instructions <= c.instructions && a.executedMacs <= c.executedMacs,
    );
    if (!isBeaten) all.push(chosen(request)(place(c.schedule), c.executedMacs, c.instructions));
  }
  const beats = (a: Chosen, b: Chosen): boolean =>
    a.plan.arenaBytes <= b.plan.arenaBytes &&
    a.instructions <= b.instructions &&
    a.executedMacs <= b.executedMacs &&
    a !== b &&
    (a.plan.arenaBytes < b.plan.arenaBytes || a.instructions < b.instructions || a.executedMacs < b.executedMacs);
  const same = (a: Chosen, b: Chosen): boolean =>
    !beats(a, b) && a.plan.arenaBytes === b.plan.arenaBytes && a.instructions === b.instructions;
  return all
    .filter((c, i) => !all.some((other, j) => beats(other, c) || (j < i && same(other, c))))
    .sort((a, b) => b.plan.arenaBytes - a.plan.arenaBytes);
}

type Budget = Pick<ChooseRequest, 'budgetBytes' | 'missingBytes'>;
type Judge = (plan: Plan, executedMacs: number, instructions: number) => Chosen;
const chosen =
  (request: ChooseRequest): Judge =>
  (plan, executedMacs, instructions) => ({
    plan,
    executedMacs,
    instructions,
    fits: request.missingBytes(plan) === 0,
  });

/** Least instructions within the budget: a coarse space answers fast, the full one where that is not good enough. */
function quickest(
  inSpace: (space: UnitSpace) => ScheduleSearch,
  space: UnitSpace,
  budget: Budget,
  limits: WorkLimits,
  layerInstructions: number,
  place: Place,
  judge: Judge,
): Chosen | null {
  const coarse = space === streamSpace ? null : withinBudget(inSpace(coarseSpace), budget, limits, place, judge);
  if (coarse?.fits === true && coarse.instructions <= goodEnough * layerInstructions) return coarse;
  const full = withinBudget(inSpace(space), budget, limits, place, judge);
  // Candidates lie on convex hulls, where more units to choose from may hide some that fewer show.
  const rows = full?.fits === true ? withinBudget(inSpace(rowsOnlySpace), budget, limits, place, judge) : null;
  return [coarse, full, rows].reduce((a, b) => (a === null || (b !== null && isQuicker(b, a)) ? b : a));
}

/** One that fits before one that does not; then fewer instructions, or where neither fits the smaller arena. */
function isQuicker(a: Chosen, b: Chosen): boolean {
  if (a.fits !== b.fits) return a.fits;
  return a.fits ? a.instructions < b.instructions : a.plan.arenaBytes < b.plan.arenaBytes;
}

/** Estimates of peaks can be a little low (alignment, placement, stack): the budget is tightened by what a plan misses. */
function withinBudget(
  search: ScheduleSearch,
  { budgetBytes, missingBytes }: Budget,
  limits: WorkLimits,
  place: Place,
  judge: Judge,
): Chosen | null {
  let target = budgetBytes;
  let least: Chosen | null = null;
  for (let round = 0; round < 8; round++) {
    const c = search.leastInstructions(target, limits.macs);
    if (c === null || c.instructions > limits.instructions) break;
    const placed = judged(c, place, judge);
    if (placed.fits) return placed;
    if (least === null || placed.plan.arenaBytes < least.plan.arenaBytes) least = placed;
    target = Math.min(target, c.peakBytes) - Math.max(4, missingBytes(placed.plan));
  }
  const small = leastSram(search, limits, place, judge);
  if (small === null) return least;
  return least === null || small.fits || small.plan.arenaBytes < least.plan.arenaBytes ? small : least;
}

/**
 * The smallest arena. The placement may miss the least estimate, since regions constrain one another, so other
 * schedules between the estimate and the arena are placed too; of equal arenas the quicker.
 */
function leastSram(search: ScheduleSearch, limits: WorkLimits, place: Place, judge: Judge): Chosen | null {
  const quickly: Place = (schedule, effort) => place(schedule, { nodeLimit: draftNodeLimit, ...effort });
  const whole = search.withoutSlices();
  const first = leastSramOf(search, limits, quickly, judge, null);
  const best = first === null || whole === null ? first : leastSramOf(whole, limits, quickly, judge, first);
  if (best === null || best.plan.provenOptimal) return best;
  const thorough = judge(place(best.plan.schedule), best.executedMacs, best.instructions);
  return thorough.plan.arenaBytes < best.plan.arenaBytes ? thorough : best;
}

/** The smallest arena of a search, or `known` where that is no larger. */
function leastSramOf(
  search: ScheduleSearch,
  limits: WorkLimits,
  place: Place,
  judge: Judge,
  known: Chosen | null,
): Chosen | null {
  const least = search.leastSram(limits.macs, limits.instructions);
  if (least === null || (known !== null && least.peakBytes >= known.plan.arenaBytes)) return known;
  let best = judged(least, place, judge);
  if (known !== null && known.plan.arenaBytes <= best.plan.arenaBytes) best = known;
  const seen = new Set([JSON.stringify(least.schedule)]);
  const slack = Math.max(best.plan.arenaBytes - least.peakBytes, 16);
  for (let k = 1; k <= 6; k++) {
    const budgetBytes = least.peakBytes + Math.floor((slack * k) / 6);
    for (const c of [search.leastInstructions(budgetBytes, limits.macs), search.leastMacs(budgetBytes)]) {
      if (
        c === null ||
        c.peakBytes > best.plan.arenaBytes ||
        c.instructions > limits.instructions ||
        seen.has(JSON.stringify(c.schedule))
      )
        continue;
      seen.add(JSON.stringify(c.schedule));
      const enoughBytes = best.plan.arenaBytes - (c.instructions < best.instructions ? 0 : 1);
      const placed = judge(place(c.schedule, { enoughBytes }), c.executedMacs, c.instructions);
      if (placed.plan.arenaBytes <= enoughBytes) best = placed;
    }
  }
  return best;
}

const judged = (c: Candidate, place: Place, judge: Judge): Chosen =>
  judge(place(c.schedule), c.executedMacs, c.instructions);

function layerByLayer(graph: Int8Graph, request: ChooseRequest, place: Place, judge: Judge): Chosen {
  return forced(graph, request, layerSchedule(graph, request.core), place, judge);
}

function forced(graph: Int8Graph, request: ChooseRequest, schedule: Schedule, place: Place, judge: Judge): Chosen {
  const cost = scheduleCost(graph, request, schedule);
  return judge(place(schedule), cost.executedMacs, cost.instructions);
}

/** Executed MACs and estimated instructions of any schedule. */
export function scheduleCost(
  graph: Int8Graph,
  request: SearchOptions,
  schedule: Schedule,
): { executedMacs: number; instructions: number } {
  const costs = new InstructionCosts(graph, request.core);
  let executedMacs = 0;
  let instructions = 0;
  for (const [position, region] of schedule.regions.entries()) {
    if (region.kind === 'layer') {
      const node = graph.nodes[region.node];
      executedMacs += node.macs;
      instructions += costs.layer(kernelById(region.kernel), node, region.rowsPerCall);
    } else {
      for (const unit of region.units) {
        const option = unitOption(graph, costs, unit);
        executedMacs += option.executedMacs;
        instructions += option.instructions;
      }
      instructions += costs.region(
        region.units,
        schedule.input === 'streamed' && position === 0 ? graph.inputs[0].value : null,
      );
    }
  }
  return { executedMacs, instructions: Math.round(instructions) };
}

/** Throws where no schedule can take the first input row by row. */
function refuseStreaming(graph: Int8Graph, request: ChooseRequest): void {
  const [{ name, value }] = graph.inputs;
  const refuse = (why: string, hint = 'use --input resident'): never => {
    throw new ScheduleRefused(`the input "${name}" cannot be taken row by row: ${why}`, hint);
  };
  if (request.keepInput) refuse('its data are to be kept', 'leave --keep-input out, or use --input resident');
  if (graph.outputs.some((io) => io.value === value)) refuse('it is an output as well');
  const readers = graph.nodes.filter((n) => n.inputs.includes(value));
  if (readers.length === 0) refuse('no layer reads it');
  const { mode } = request;
  const late = mode.kind === 'patch' ? readers.find((n) => n.id > mode.node) : undefined;
  if (late !== undefined) refuse(`${late.name} (${late.op.kind}) reads it after the patch stage`);
}

function patchSchedule(
  graph: Int8Graph,
  request: ChooseRequest,
  mode: Extract<ScheduleMode, { kind: 'patch' }>,
): Schedule {
  const nodes = graph.nodes.slice(0, mode.node + 1).map((n) => n.id);
  const refusal = patchRefusal(graph, nodes);
  if (refusal !== null) throw new ScheduleRefused(refusal);
  const shape = valueOf(graph, graph.nodes[mode.node].output).shape;
  const unit: Unit = {
    nodes,
    kernels: nodes.map((id) => chooseKernel(graph.nodes[id], graph, request.core).id),
    slideColumns: false,
    rowsPerCall: Math.ceil(shape.h / mode.rows),
    colsPerTile: Math.ceil(shape.w / mode.columns),
  };
  const rest = layerRegions(graph, request.core).filter((r) => r.node > mode.node);
  return { kind: 'patch', input: request.input, regions: [{ kind: 'fused', units: [unit] }, ...rest] };
}

/** Why the first input cannot be pushed row by row. */
function streamRefusal(graph: Int8Graph): string {
  const [{ name, value }] = graph.inputs;
  const readers = graph.nodes.filter((n) => n.inputs.includes(value)).map((n) => `${n.name} (${n.op.kind})`);
  const why =
    valueOf(graph, value).shape.h === 1
      ? 'it has one row'
      : readers.length === 1
        ? `${readers[0]} needs the whole of it`
        : `${readers.join(', ')} read it, and are not within one run of layers that make rows from rows`;
  return `the input "${name}" cannot be taken row by row: ${why}`;
}

/** Why nodes cannot be one patch stage, or null. */
function patchRefusal(graph: Int8Graph, nodes: readonly number[]): string | null {
  const inside = new Set(nodes);
  for (const id of nodes) {
    if (!tiles(graph, graph.nodes[id], id === nodes[0]))
      return `${graph.nodes[id].name} (${graph.nodes[id].op.kind}) cannot be computed in patches`;
  }
  for (const id of nodes.slice(0, -1)) {
    const value = graph.nodes[id].output;
    const escapes =
      graph.outputs.some((o) => o.value === value) ||
      graph.nodes.some((n) => !inside.has(n.id) && n.inputs.includes(value));
    if (escapes)
      return `the output of ${graph.nodes[id].name} is read after the patch stage: end the stage at a node that all paths pass`;
  }
  return null;
}

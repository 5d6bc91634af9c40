/** Plans candidates exactly, cheap bounds first, each network structure once for each schedule. */

import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import { RivuletError } from '../diagnostics.js';
import type { Graph } from '../ir/graph.js';
import { countMacs, countParameters } from '../ir/graph-size.js';
import type { Int8Graph } from '../ir/int8-graph.js';
import { boardSizes, fitBoard, type MemoryLimits } from '../machine/fit.js';
import type { Machine } from '../machine/machine.js';
import { type EvaluateRequest, type Evaluation, evaluate } from '../program/evaluate.js';
import { patchEnds, type ScheduleRequest } from './schedules.js';
import type { PlannedNumbers } from './search-networks.js';
import { structuralProgram } from './structural.js';

export interface PlanningLimits {
  readonly memory: MemoryLimits;
  /** The network's own MACs stay within this share of the original's; null: whatever they become. */
  readonly keepMacs: number | null;
}

/** By position in the schedules that are asked for. */
export type SchedulePlans = readonly (PlannedNumbers | null)[];

/** A candidate that bounds alone rule out: by how much they are missed. */
export const ruledOut = 10;

export class CandidatePlanner {
  readonly #machine: Machine;
  readonly #input: 'resident' | 'streamed';
  readonly #limits: PlanningLimits;
  readonly #macs: number;
  readonly #schedules: readonly ScheduleRequest[];
  readonly #plans: Map<string, SchedulePlans>;

  /** `plans`: what an earlier search found, by structure; new ones are added. */
  constructor(
    original: Graph,
    machine: Machine,
    input: 'resident' | 'streamed',
    schedules: readonly ScheduleRequest[],
    limits: PlanningLimits,
    plans: Map<string, SchedulePlans>,
  ) {
    this.#machine = machine;
    this.#input = input;
    this.#limits = limits;
    this.#macs = countMacs(original);
    this.#schedules = schedules;
    this.#plans = plans;
  }

  /**
   * Under each schedule; null where the network has no integer program, or does not allow it. All at once and in their order: plans of
   * one network share what the first of them finds out.
   */
  plan(graph: Graph): SchedulePlans {
    const early = this.#bounded(graph);
    if (early !== null) return this.#schedules.map(() => early);
    const lowered = this.#lowered(graph);
    if (lowered === null) return this.#schedules.map(() => null);
    const known = this.#plans.get(lowered.key);
    if (known !== undefined) return known;
    const macs = countMacs(graph);
    const planned = this.#schedules.map((request) => this.#best(lowered.program, request, macs));
    this.#plans.set(lowered.key, planned);
    return planned;
  }

  /** Layer arithmetic: what no schedule can mend. */
  #bounded(graph: Graph): PlannedNumbers | null {
    const { board } = this.#machine;
    const sizes = boardSizes(board, this.#limits.memory);
    const flashBytes = countParameters(graph);
    const macs = countMacs(graph);
    const missing = over(flashBytes, sizes.flashBytes) + this.#macsMissed(macs);
    if (missing === 0) return null;
    // No plan: the numbers are those of a network that is as bad as can be, which keeps it behind all that were planned.
    return {
      peakSramBytes: 0,
      flashBytes,
      instructions: 0,
      executedMacs: macs,
      macs,
      missing: missing + ruledOut,
      stageEnd: null,
    };
  }

  #macsMissed(macs: number): number {
    const { keepMacs } = this.#limits;
    return keepMacs === null ? 0 : Math.max(0, Math.abs(macs / this.#macs - 1) - keepMacs);
  }

  #lowered(graph: Graph): { readonly program: Int8Graph; readonly key: string } | null {
    try {
      const program = structuralProgram(graph);
      return { program, key: structureKey(program) };
    } catch (error) {
      if (error instanceof RivuletError) return null;
      throw error;
    }
  }

  /** Throws (E163) what the planner says where it refuses the original. */
  requirePlan(graph: Graph): void {
    const { program } = this.#lowered(graph) ?? { program: structuralProgram(graph) };
    const [{ how, ...bounds }] = this.#schedules;
    for (const way of waysOf(program, how)) evaluate(program, this.#machine, this.#request(bounds, way.how));
  }

  #request(bounds: Omit<ScheduleRequest, 'how'>, how: Way['how']): EvaluateRequest {
    return { ...bounds, how, input: this.#input, limits: this.#limits.memory };
  }

  #best(program: Int8Graph, { how, ...bounds }: ScheduleRequest, macs: number): PlannedNumbers | null {
    const found = waysOf(program, how).flatMap((way): PlannedNumbers[] => {
      try {
        const evaluation = evaluate(program, this.#machine, this.#request(bounds, way.how));
        return [{ ...this.#numbers(evaluation, macs), stageEnd: way.stageEnd }];
      } catch (error) {
        if (error instanceof RivuletError) return [];
        throw error;
      }
    });
    return found.reduce<PlannedNumbers | null>(
      (a, b) => (a === null || b.peakSramBytes < a.peakSramBytes ? b : a),
      null,
    );
  }

  #numbers(evaluation: Evaluation, macs: number): Omit<PlannedNumbers, 'stageEnd'> {
    const { plan, peakSramBytes, flashBytes, instructions, executedMacs } = evaluation;
    const { arenaBytes } = plan;
    const need = { arenaBytes, staticBytes: 0, stackBytes: peakSramBytes - arenaBytes, flashBytes };
    const fit = fitBoard(this.#machine.board, need, this.#limits.memory);
    const missing = fit.missingSramBytes / peakSramBytes + fit.missingFlashBytes / flashBytes;
    return { peakSramBytes, flashBytes, instructions: Math.round(instructions), executedMacs, macs, missing };
  }
}

interface Way {
  readonly how: NonNullable<EvaluateRequest['how']>;
  readonly stageEnd: string | null;
}

function waysOf(program: Int8Graph, how: ScheduleRequest['how']): readonly Way[] {
  if (how.kind !== 'patch') return [{ how, stageEnd: null }];
  const { rows, columns, node } = how;
  const ends = new Set(patchEnds(program, rows, columns));
  const places = program.nodes.filter((n) => (node === null ? ends.has(n.id) : n.name === node));
  return places.map((n) => ({ how: { kind: 'patch', rows, columns, node: n.id }, stageEnd: n.name }));
}

const over = (bytes: number, limit: number | null): number => (limit === null ? 0 : Math.max(0, bytes / limit - 1));

/** Everything of the program that plans depend on: no names, no weights. */
function structureKey(program: Int8Graph): string {
  const text = JSON.stringify(
    [
      [...program.values.values()].map((v) => ({ ...v, name: '' })),
      program.nodes.map((n) => ({ ...n, name: '' })),
      program.inputs.map((io) => io.value),
      program.outputs.map((io) => io.value),
    ],
    (_, value: unknown) => (ArrayBuffer.isView(value) ? value.byteLength : typeof value === 'bigint' ? 0 : value),
  );
  return bytesToHex(sha256(utf8ToBytes(text))).slice(0, 20);
}

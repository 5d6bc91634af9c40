/**
 * A planned network with all that is known of it: what every step runs with, what it takes and what it costs. Made once,
 * without prose; code emission, reports, validation and the searches read it.
 */

import { bytesOf, type Int8Graph, valueOf } from '../ir/int8-graph.js';
import type { Kernel } from '../machine/kernel.js';
import type { Machine } from '../machine/machine.js';
import type { Plan, PlanStep } from '../memory/plan.js';
import { codeBytesOf, constantBytes, stackBoundBytes, usedKernels } from './footprint.js';
import { arrayBytes, type StepParams, stepParams } from './packing.js';
import { stepCosts } from './step-cost.js';

/** One call of a kernel, or a loop of such calls. */
export interface ProgramStep {
  readonly plan: PlanStep;
  readonly kernel: Kernel;
  /** Steps that share a struct object share its C constant. */
  readonly params: StepParams;
  /** Bytes of the packed constants; 0 where an earlier step has the same. */
  readonly weightBytes: number;
  /** Executed multiply-accumulates, recomputation included. */
  readonly macs: number;
  /** Estimated executed instructions. */
  readonly instructions: number;
}

/** What the network takes, in bytes. */
export interface Footprint {
  /** Every activation, ring and scratch buffer; the input unless it is pushed row by row. */
  readonly arenaBytes: number;
  /** RAM outside the arena: the generated code and the runtime have no variables. */
  readonly staticBytes: 0;
  /** Bound of the stack from the call of `<net>_run` down. */
  readonly stackBytes: number;
  /** arenaBytes + staticBytes + stackBytes. */
  readonly peakSramBytes: number;
  /** Constants of the network: packed weights, biases, multipliers, tables, constant operands. */
  readonly weightBytes: number;
  /** Estimated code of kernels and network. */
  readonly codeBytes: number;
}

export interface Program {
  readonly graph: Int8Graph;
  readonly machine: Machine;
  readonly plan: Plan;
  /** By position in plan.steps. */
  readonly steps: readonly ProgramStep[];
  /** The distinct kernels, sorted by name. */
  readonly kernels: readonly Kernel[];
  readonly footprint: Footprint;
  readonly executedMacs: number;
  /** Estimated executed instructions of one inference. */
  readonly instructions: number;
}

/** Peak SRAM of a plan, counted as everywhere: arena, variables (there are none) and stack bound, in bytes. */
export const peakSramBytesOf = (plan: Plan, { kernelById }: Machine): number =>
  plan.arenaBytes + stackBoundBytes(plan, kernelById);

/**
 * What a plan takes, without its cost. `constantOutputBytes`: of outputs that no input changes, which stand in flash
 * beside the network.
 */
export function footprintOf(graph: Int8Graph, { kernelById }: Machine, plan: Plan, constantOutputBytes = 0): Footprint {
  const params = stepParams(graph, plan, kernelById);
  return footprintWith(graph, plan, params, usedKernels(plan, kernelById), kernelById, constantOutputBytes);
}

function footprintWith(
  graph: Int8Graph,
  plan: Plan,
  params: readonly StepParams[],
  kernels: readonly Kernel[],
  kernelById: (id: string) => Kernel,
  constantOutputBytes: number,
): Footprint {
  const stackBytes = stackBoundBytes(plan, kernelById);
  return {
    arenaBytes: plan.arenaBytes,
    staticBytes: 0,
    stackBytes,
    peakSramBytes: plan.arenaBytes + stackBytes,
    weightBytes: constantBytes(graph, params) + constantOutputBytes,
    codeBytes: codeBytesOf(plan, kernels),
  };
}

/** `constantOutputBytes` as for footprintOf. */
export function makeProgram(graph: Int8Graph, machine: Machine, plan: Plan, constantOutputBytes = 0): Program {
  const { kernelById } = machine;
  const params = stepParams(graph, plan, kernelById);
  const costs = stepCosts({ graph, plan, machine });
  const kernels = usedKernels(plan, kernelById);
  const seen = new Set<StepParams>();
  const steps = plan.steps.map((step, i): ProgramStep => {
    const weightBytes = seen.has(params[i]) ? 0 : arrayBytes(params[i]);
    seen.add(params[i]);
    return { plan: step, kernel: kernelById(step.kernel), params: params[i], weightBytes, ...costs[i] };
  });
  return {
    graph,
    machine,
    plan,
    steps,
    kernels,
    footprint: footprintWith(graph, plan, params, kernels, kernelById, constantOutputBytes),
    executedMacs: steps.reduce((sum, s) => sum + s.macs, 0),
    instructions: steps.reduce((sum, s) => sum + s.instructions, 0),
  };
}

/** Bytes of the network inputs that stand in the arena; 0 where the input is pushed row by row. */
export const residentInputBytes = ({ graph, plan }: Program): number =>
  plan.schedule.input === 'resident' ? graph.inputs.reduce((sum, io) => sum + bytesOf(valueOf(graph, io.value)), 0) : 0;

/** Bytes of one row that a caller pushes; 0 where the input is resident. Not part of any total. */
export const callerRowBytes = ({ plan }: Program): number =>
  plan.fused.reduce(
    (sum, r) => sum + (r.streamedInput === null ? 0 : r.streamedInput.width * r.streamedInput.channels),
    0,
  );

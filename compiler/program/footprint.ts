/** Sizes of what the package adds to a program besides its arena: constants, code, stack. */

import type { Int8Graph } from '../ir/int8-graph.js';
import type { Kernel } from '../machine/kernel.js';
import type { Plan, PlanStep, PlanUnit } from '../memory/plan.js';
import type { Unit } from '../schedule/schedule.js';
import { arrayBytes, type StepParams } from './packing.js';

/**
 * Frames above a kernel, in bytes, at any optimisation level of arm-none-eabi-gcc 12 (tests/unit/codegen/stack.test.ts
 * compiles and compares): `<net>_run` or `<net>_push_rows`; a step's function with its views of 32 bytes; and within a
 * fused region its loop and the unit's, which holds the windows of every tensor inside.
 */
const runStackBytes = 40;
const stepStackBytes = (views: number): number => 56 + 32 * views;
const regionStackBytes = 24;
const unitStackBytes = (nodes: number, unit: Unit): number =>
  nodes === 1 ? 24 : 40 + (unit.slideColumns ? 40 : 24) * nodes + (unit.sliceChannels === undefined ? 0 : 8);

/** Stack from the call of `<net>_run` to the call of a step's kernel. */
export function glueStackBytes(plan: Plan, step: PlanStep): number {
  const unit = plan.fused.flatMap((r) => r.units).find((u) => u.firstStep <= step.index && step.index < u.endStep);
  const loops = unit === undefined ? 0 : regionStackBytes + unitStackBytes(unit.endStep - unit.firstStep, unit.unit);
  return runStackBytes + loops + stepStackBytes(step.inputs.length + 1);
}

/** Estimated .text and .rodata, from -O2 on a Cortex-M4: `<net>_run` and the rest of the interface. */
const interfaceCodeBytes = 120;
/** One step: its function and its parameter struct. */
const stepCodeBytes = 154;

/** The loops of fused regions: readiness checks of each unit, and the windows of tiles. */
function loopCodeBytes(plan: Plan): number {
  const unitBytes = (unit: PlanUnit): number => {
    const nodes = unit.endStep - unit.firstStep;
    return 60 + (nodes === 1 ? 0 : nodes * (unit.unit.slideColumns ? 160 : 70));
  };
  return plan.fused.reduce(
    (sum, region) => sum + 100 + region.units.reduce((bytes, unit) => bytes + unitBytes(unit), 0),
    0,
  );
}

/** The distinct kernels of a plan, sorted by name. */
export const usedKernels = (plan: Plan, kernelById: (id: string) => Kernel): readonly Kernel[] =>
  [...new Set(plan.steps.map((step) => step.kernel))].sort().map(kernelById);

/** Code of several kernels, files that they share counted once. */
export function kernelCodeBytes(kernels: readonly Pick<Kernel, 'codeBytes' | 'sharedCode'>[]): number {
  const shared = new Map<string, number>();
  let bytes = 0;
  for (const { codeBytes, sharedCode } of kernels) {
    bytes += codeBytes;
    for (const [file, size] of Object.entries(sharedCode ?? {})) {
      bytes -= size;
      shared.set(file, size);
    }
  }
  return [...shared.values()].reduce((sum, size) => sum + size, bytes);
}

export interface Footprint {
  /** Constants of the network: packed weights, biases, multipliers, tables, constant operands. */
  readonly weightBytes: number;
  /** Estimated code of kernels and network. */
  readonly codeBytes: number;
  /** Bound of the stack from the call of `<net>_run` down. */
  readonly stackBytes: number;
  /** RAM outside the arena: the generated code and the runtime have no variables. */
  readonly staticBytes: 0;
}

/** Bound of the stack from the call of `<net>_run` down, in bytes. */
export function stackBoundBytes(plan: Plan, kernelById: (id: string) => Kernel): number {
  return Math.max(
    runStackBytes,
    ...plan.steps.map((step) => glueStackBytes(plan, step) + kernelById(step.kernel).stackBytes),
  );
}

/** Estimated bytes of kernels and network. */
export const codeBytesOf = (plan: Plan, kernels: readonly Kernel[]): number =>
  interfaceCodeBytes + plan.steps.length * stepCodeBytes + loopCodeBytes(plan) + kernelCodeBytes(kernels);

/** Bytes of the network's constants: packed weights, biases, multipliers, tables, constant operands. */
export function constantBytes(graph: Int8Graph, params: readonly StepParams[]): number {
  let bytes = 0;
  for (const struct of new Set(params)) bytes += arrayBytes(struct);
  for (const value of graph.values.values()) bytes += value.constant?.length ?? 0;
  return bytes;
}

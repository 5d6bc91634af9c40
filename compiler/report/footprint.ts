/** Sizes of what the package adds to a program besides its arena: constants, code, stack. */

import type { Plan, PlanStep, PlanUnit } from '../memory/plan.js';
import { stepSlices } from '../memory/step-slices.js';
import type { Unit } from '../schedule/schedule.js';
import type { CStruct, CStructs, CValue, Kernel } from '../machine/kernel.js';
import type { CompileFacts } from './facts.js';

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

/** A step's parameter struct, or an array of one for each slice of its channels. */
export type StepParams = CStruct | CStructs;

/** The parameters of every step, by position in plan.steps; each (node, kernel, part of a concat) is packed once. */
export function stepParams(facts: Pick<CompileFacts, 'graph' | 'plan' | 'kernelById'>): readonly StepParams[] {
  const packed = new Map<string, CStruct>();
  return facts.plan.steps.map((step) => {
    const node = facts.graph.nodes[step.node];
    const sliced = stepSlices(facts.graph, facts.plan, step);
    if (sliced !== null) {
      const items = sliced.slices.map((s) => facts.kernelById(step.kernel).params(s.nodes[sliced.position], s.graph));
      return { kind: 'structs', type: items[0].type, items };
    }
    const part = step.inputs.length < node.inputs.length ? node.inputs.indexOf(step.inputs[0].value) : undefined;
    const key = `${step.node} ${step.kernel} ${part}`;
    let params = packed.get(key);
    if (params === undefined) {
      params = facts.kernelById(step.kernel).params(node, facts.graph, part);
      packed.set(key, params);
    }
    return params;
  });
}

const scalarBytes = { int8_t: 1, uint8_t: 1, int16_t: 2, uint16_t: 2, int32_t: 4, uint32_t: 4, int64_t: 8 } as const;

/** Bytes of the arrays that a constant owns (weights, biases, multipliers, tables), alignment not counted. */
export function arrayBytes(value: CValue): number {
  if (value === null || typeof value !== 'object') return 0;
  switch (value.kind) {
    case 'array':
      return value.data.length * scalarBytes[value.type];
    case 'structs':
      return value.items.reduce((sum, item) => sum + exactStructBytes + arrayBytes(item), 0);
    case 'struct':
      return Object.values(value.fields).reduce<number>((sum, field) => sum + arrayBytes(field), 0);
  }
}

/** Size of rv_exact and rv_requant, the structs that stand in arrays: an upper estimate of both. */
const exactStructBytes = 24;

/** The distinct kernels of a plan, sorted by name. */
export function usedKernels(facts: Pick<CompileFacts, 'plan' | 'kernelById'>): readonly Kernel[] {
  return [...new Set(facts.plan.steps.map((step) => step.kernel))].sort().map(facts.kernelById);
}

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

/** Bound of the stack from the call of `<net>_run` down. */
export function stackBoundBytes({ plan, kernelById }: Pick<CompileFacts, 'plan' | 'kernelById'>): number {
  return Math.max(
    runStackBytes,
    ...plan.steps.map((step) => glueStackBytes(plan, step) + kernelById(step.kernel).stackBytes),
  );
}

export function footprint(
  facts: Pick<CompileFacts, 'graph' | 'plan' | 'kernelById'>,
  params: readonly StepParams[],
): Footprint {
  const kernels = usedKernels(facts);
  let weightBytes = 0;
  for (const struct of new Set(params)) weightBytes += arrayBytes(struct);
  for (const value of facts.graph.values.values()) weightBytes += value.constant?.length ?? 0;
  return {
    weightBytes,
    codeBytes:
      interfaceCodeBytes +
      facts.plan.steps.length * stepCodeBytes +
      loopCodeBytes(facts.plan) +
      kernelCodeBytes(kernels),
    stackBytes: stackBoundBytes(facts),
    staticBytes: 0,
  };
}

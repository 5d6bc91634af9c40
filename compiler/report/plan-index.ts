/** Who writes and who reads a buffer, and what is alive at a step: look-ups in a plan document. */

import type { PlacedBuffer, TensorView } from '../memory/plan.js';
import type { PlanDocument, StepDocument } from './plan-document.js';

export interface BufferUse {
  /** Of the tensor that it holds or holds a part of; null for scratch and counters. */
  readonly view: TensorView | null;
  /** Steps that write it, in order; for scratch and counters the steps that use it. */
  readonly writers: readonly number[];
  readonly readers: readonly number[];
  /** Written by the caller: a network input. */
  readonly fromCaller: boolean;
  /** Read by the caller: a network output. */
  readonly toCaller: boolean;
}

const uses = new WeakMap<PlanDocument, ReadonlyMap<number, BufferUse>>();

/** Uses of every buffer by its id; worked out once a document. */
export function bufferUses(document: PlanDocument): ReadonlyMap<number, BufferUse> {
  let found = uses.get(document);
  if (found === undefined) {
    found = new Map(document.buffers.map((b) => [b.id, useOf(document, b)]));
    uses.set(document, found);
  }
  return found;
}

function useOf(document: PlanDocument, buffer: PlacedBuffer): BufferUse {
  const { steps, memory } = document;
  if (buffer.kind === 'scratch' || buffer.kind === 'state') {
    const within = steps.filter((s) => buffer.firstStep <= s.index && s.index < buffer.endStep);
    const users = buffer.kind === 'state' ? within : within.filter((s) => s.scratchBytes > 0);
    return { view: null, writers: users.map(index), readers: [], fromCaller: false, toCaller: false };
  }
  const writers = steps.filter((s) => s.output.buffer === buffer.id);
  const readers = steps.filter((s) => s.inputs.some((v) => v.buffer === buffer.id));
  const view = writers[0]?.output ?? readers.flatMap((s) => s.inputs).find((v) => v.buffer === buffer.id) ?? null;
  const pushed = memory.input === 'streamed' && writers.length === 0 && buffer.kind === 'ring';
  return {
    view,
    writers: writers.map(index),
    readers: readers.map(index),
    fromCaller: buffer.kind === 'input' || pushed,
    toCaller: buffer.kind === 'output',
  };
}

const index = (step: StepDocument): number => step.index;

/** Buffers that hold something at a step, highest address first. */
export const liveAt = (document: PlanDocument, step: number): readonly PlacedBuffer[] =>
  document.buffers
    .filter((b) => b.bytes > 0 && b.firstStep <= step && step < b.endStep)
    .sort((a, b) => b.offsetBytes - a.offsetBytes || a.id - b.id);

/** Arena bytes up to the highest that a buffer holds during steps [from, to). */
export const highestByte = (document: PlanDocument, from: number, to: number): number =>
  document.buffers.reduce(
    (most, b) => (b.bytes > 0 && b.firstStep < to && from < b.endStep ? Math.max(most, b.offsetBytes + b.bytes) : most),
    0,
  );

/** The step whose output an input of a step is: by the tensor, or where that was reshaped by the bytes; null: the caller's. */
export function producerOf(document: PlanDocument, step: StepDocument, view: TensorView): number | null {
  const before = document.steps.slice(0, step.index).reverse();
  const made =
    before.find((s) => s.output.value === view.value) ??
    before.find((s) => view.buffer !== null && s.output.buffer === view.buffer);
  return made?.index ?? null;
}

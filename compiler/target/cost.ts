/** The instruction-cost model: a kernel's call costs a weighted sum of a few counts of work. */

import type { Core } from './core.js';

/** What a call has to do. */
export interface Work {
  /** Multiply-accumulates, padded taps counted. */
  readonly macs: number;
  /** Output elements: requantised, or moved. */
  readonly outputs: number;
  /** Bytes copied into scratch. */
  readonly copied: number;
  /** Times that the innermost loop is entered. */
  readonly loops: number;
}

/** Instructions for one of each, and for the call itself. */
export interface Weights {
  readonly mac: number;
  readonly output: number;
  readonly copy: number;
  readonly loop: number;
  readonly call: number;
}

/** Cores that execute about the same instructions for the same C. */
export type CostClass = 'm0' | 'm3' | 'm4' | 'm55';

const classes: Readonly<Record<Core, CostClass>> = {
  'cortex-m0': 'm0',
  'cortex-m0plus': 'm0',
  'cortex-m3': 'm3',
  'cortex-m4': 'm4',
  'cortex-m7': 'm4',
  'cortex-m33': 'm4',
  'cortex-m55': 'm55',
};

export const costClass = (core: Core): CostClass => classes[core];

export const instructionsOf = (work: Work, w: Weights): number =>
  work.macs * w.mac + work.outputs * w.output + work.copied * w.copy + work.loops * w.loop + w.call;

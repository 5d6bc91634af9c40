/** What is reported of modelled cycles. */

/** Cycles of one inference on the core alone: no wait states, no cache misses. Modelled from executed code, never measured. */
export interface CycleReport {
  readonly modelled: number;
  /** What silicon may take, from published points of the model's error. */
  readonly low: number;
  readonly high: number;
  /** Name and version of the model. */
  readonly model: string;
  /** What `low` and `high` rest on. */
  readonly basis: string;
  /** Good for comparing two programs, and for no statement about time. */
  readonly ratioOnly: boolean;
  /** Modelled milliseconds at the board's clock; null where no board was named, or for a ratio only. */
  readonly milliseconds: { readonly low: number; readonly high: number; readonly clockHz: number } | null;
  /** What flash adds; null where the board's file does not say how fast it is. */
  readonly flash: FlashCycles | null;
  /** By step of the plan; the code around a step counts with the step before it. */
  readonly steps: readonly StepCycles[];
}

/** Cycles in which the core waits for flash: none for what stands in SRAM or tightly coupled memory (RV_HOT, RV_WEIGHTS). */
export interface FlashCycles {
  readonly waitStates: number;
  readonly code: LineCycles;
  readonly constants: LineCycles;
}

/** Lines fetched, and cycles: until the first word of each is there, and until the whole line is. */
export interface LineCycles {
  readonly lines: number;
  readonly low: number;
  readonly high: number;
}

export interface StepCycles {
  readonly step: number;
  /** The ONNX node's name. */
  readonly node: string;
  readonly op: string;
  readonly kernel: string;
  /** Executed multiply-accumulates, recomputation included. */
  readonly macs: number;
  readonly cycles: number;
}

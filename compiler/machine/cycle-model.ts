/**
 * What is known of how far a core's modelled cycles are from published silicon (docs/cycles.md has the points). The models themselves
 * are in pipeline/: they run code that was built. Each core's file names its own.
 */

/** A pipeline model: pipeline/models.ts. */
export type CycleModelId = 'm0' | 'm0plus' | 'm4' | 'm7' | 'm33' | 'm55';

export interface CycleModel {
  readonly pipeline: CycleModelId;
  /** Name and version, as it stands beside every figure. */
  readonly name: string;
  /** Cycles on silicon without wait states, as multiples of modelled ones: 1.05 is five per cent more. */
  readonly low: number;
  readonly high: number;
  /** Set where published points are too far away for more than a comparison of two programs: no milliseconds are shown. */
  readonly ratioOnly?: true;
  /** What `low` and `high` rest on. */
  readonly basis: string;
}

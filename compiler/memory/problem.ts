/**
 * The placement problem as plain data. Steps are numbered 0..steps-1; a buffer lives in the half-open interval
 * [firstStep, endStep) and occupies [offset, offset + bytes) of the arena in all of it.
 */

export type BufferId = number;

export interface Buffer {
  readonly id: BufferId;
  /** For people: the tensor's or the scratch's name. */
  readonly name: string;
  readonly kind: 'activation' | 'input' | 'output' | 'ring' | 'tile' | 'scratch' | 'state';
  readonly bytes: number;
  readonly alignBytes: number;
  readonly firstStep: number;
  readonly endStep: number;
}

/**
 * How two buffers that live at one step may overlap all the same: `output` is written at the very step at which
 * `input` dies. One of the given relations must hold, or the buffers are disjoint:
 *   same           offset(output) == offset(input)
 *   below          offset(output) + belowBytes <= offset(input)   (walk ascending)
 *   above          offset(output) >= offset(input) + aboveBytes   (walk descending)
 * All overlaps of one output must agree on the walk; for disjoint buffers either will do.
 */
export interface Overlap {
  readonly output: BufferId;
  readonly input: BufferId;
  readonly same: boolean;
  /** Null: not allowed. May be negative (the output may even stand a little above the input's start). */
  readonly belowBytes: number | null;
  readonly aboveBytes: number | null;
}

export interface Problem {
  readonly steps: number;
  readonly buffers: readonly Buffer[];
  readonly overlaps: readonly Overlap[];
}

export interface Placement {
  /** By position in Problem.buffers. */
  readonly offsets: readonly number[];
  /** Highest end of any buffer. */
  readonly arenaBytes: number;
  /** No placement of these buffers, with this order, these overlaps and alignments, is smaller. */
  readonly lowerBoundBytes: number;
  readonly provenOptimal: boolean;
  /** Search nodes visited. */
  readonly nodes: number;
}

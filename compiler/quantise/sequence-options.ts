/** How layers are quantised one after the other. */

export interface SequenceOptions {
  readonly rounding: 'nearest' | 'sequential';
  /** Whether a bias takes up the mean error of its layer's output. */
  readonly correctBias: boolean;
  /** Whether weights make up for the errors of their layer's input. */
  readonly compensate: boolean;
}

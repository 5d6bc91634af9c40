import type { ConvOp } from './conv.js';
import { clip, ownTensors, type Operator, wholeChannels } from './operator.js';
import { windowAxis, windowLabel } from './windowed.js';

export const convTranspose2d: Operator<ConvOp> = {
  ...ownTensors,
  ...wholeChannels,
  reads: (op, axis, lo, hi, input) => {
    const { stride, pad, span } = windowAxis(op.window, axis);
    return clip(Math.ceil((lo + pad - (span - 1)) / stride), Math.floor((hi - 1 + pad) / stride) + 1, input[axis]);
  },
  byRows: () => true,
  tiles: false,
  // It slides over the output.
  window: () => null,
  sumsRows: false,
  borderRows: () => null,
  orderByPixel: false,
  readsAhead: true,
  epilogue: (op) => op.epilogue ?? null,
  word: () => 'conv_transpose',
  label: (op) => `conv transpose ${windowLabel(op.window)}`,
};

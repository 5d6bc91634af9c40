import { formOf } from '../form.js';
import { footprintOf } from './footprint.js';

/** The form of a plain kernel for the DSP extension. */
export const dspForm = formOf(
  'dsp',
  ['include/rv_kernels_dsp.h', 'include/rv_dsp.h', 'include/rv_requantise.h'],
  footprintOf,
);

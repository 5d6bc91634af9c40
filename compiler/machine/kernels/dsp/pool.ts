/** Max and average pooling for the DSP extension: four channels a word. */

import { costOf } from '../../cost.js';
import { poolFeatures } from './features-words.js';
import { dspForm } from './form.js';

export const maxPool = dspForm('rv_max_pool_s8', ['src/rv_pool_window.h'], costOf('rv_max_pool_s8_dsp', poolFeatures));
export const averagePool = dspForm(
  'rv_average_pool_s8',
  ['src/rv_pool_window.h'],
  costOf('rv_average_pool_s8_dsp', poolFeatures),
);

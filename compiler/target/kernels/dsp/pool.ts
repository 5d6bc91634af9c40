/** Max and average pooling for the DSP extension: four channels a word. */

import { costOf } from '../../cost.js';
import type { Kernel } from '../../kernel.js';
import { averagePool as plainAverage, maxPool as plainMax } from '../c/pool.js';
import { poolFeatures } from './features-words.js';
import { footprintOf } from './footprint.js';

/** Order, scratch and constants are the plain C kernel's. */
function pool(plain: Kernel): Kernel {
  const id = `${plain.id}_dsp`;
  const files = [`src/${id}.c`, 'src/rv_pool_window.h', 'include/rv_kernels_dsp.h', 'include/rv_dsp.h', 'include/rv_requantise.h'];
  return {
    ...plain,
    id,
    isa: 'dsp',
    files,
    ...costOf(id, poolFeatures),
    ...footprintOf(id, files),
  };
}

export const maxPool = pool(plainMax);
export const averagePool = pool(plainAverage);

/** MVE forms of plain kernels: the same parameters, other code. */

import type { Kernel } from '../../kernel.js';
import { elementwiseKernels as plainElementwise } from '../c/elementwise.js';
import { moveKernels as plainMoves } from '../c/move.js';
import { poolKernels as plainPools } from '../c/pool.js';
import { footprintOf } from './footprint.js';

const headers = ['include/rv_kernels_mve.h', 'include/rv_requantise.h'];

/** What an MVE form says anew; where it leaves out `accepts` or `accesses`, the plain kernel's hold. */
export type Given = Pick<Kernel, 'features' | 'instructions'> & Partial<Pick<Kernel, 'accepts' | 'accesses'>>;

/** The MVE form of the plain kernel `id`, in `<id>_mve.c` and `otherFiles`. */
export function mveForm(id: string, otherFiles: readonly string[], given: Given): Kernel {
  const plain = [...plainElementwise, ...plainPools, ...plainMoves].find((k) => k.id === id)!;
  const files = [`src/${id}_mve.c`, ...otherFiles, ...headers];
  return { ...plain, id: `${id}_mve`, isa: 'mve', files, ...footprintOf(`${id}_mve`, files), ...given };
}

/** Forms of plain kernels for instruction sets: the same parameters, order and scratch, other code. */

import type { IsaId } from '../isa.js';
import type { Kernel } from '../kernel.js';
import { elementwiseKernels } from './c/elementwise.js';
import { moveKernels } from './c/move.js';
import { poolKernels } from './c/pool.js';

/** What a form says anew; where it leaves out `accepts` or `accesses`, the plain kernel's hold. */
export type Given = Pick<Kernel, 'features' | 'instructions'> & Partial<Pick<Kernel, 'accepts' | 'accesses'>>;

type Footprint = Pick<Kernel, 'stackBytes' | 'codeBytes' | 'sharedCode'>;

/** Makes the form of the plain kernel `id` in `<id>_<isa>.c`, which includes `otherFiles` and `headers`. */
export const formOf =
  (isa: IsaId, headers: readonly string[], footprintOf: (id: string, files: readonly string[]) => Footprint) =>
  (id: string, otherFiles: readonly string[], given: Given): Kernel => {
    const plain = [...elementwiseKernels, ...poolKernels, ...moveKernels].find((k) => k.id === id)!;
    const files = [`src/${id}_${isa}.c`, ...otherFiles, ...headers];
    return { ...plain, id: `${id}_${isa}`, isa, files, ...footprintOf(`${id}_${isa}`, files), ...given };
  };

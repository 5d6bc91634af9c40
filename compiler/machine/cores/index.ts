/** The cores that the compiler writes for. A new one is its file and a line here. */

import type { Core, CoreId } from '../core.js';
import { cortexM0 } from './cortex-m0.js';
import { cortexM0plus } from './cortex-m0plus.js';
import { cortexM3 } from './cortex-m3.js';
import { cortexM4 } from './cortex-m4.js';
import { cortexM7 } from './cortex-m7.js';
import { cortexM23 } from './cortex-m23.js';
import { cortexM33 } from './cortex-m33.js';
import { cortexM33nodsp } from './cortex-m33-nodsp.js';
import { cortexM55 } from './cortex-m55.js';
import { cortexM85 } from './cortex-m85.js';

export const cores: readonly Core[] = [
  cortexM0,
  cortexM0plus,
  cortexM3,
  cortexM4,
  cortexM7,
  cortexM23,
  cortexM33,
  cortexM33nodsp,
  cortexM55,
  cortexM85,
];

export const coreIds: readonly CoreId[] = cores.map((core) => core.id);

/** What is compiled for where neither a board nor a core is named. */
export const defaultCore: Core = cortexM4;

/** What code is packed for that runs on processors of another maker: plain kernels, a multiplication in a cycle. */
export const portableCore: Core = cortexM3;

/** Throws on an id that no core has: what users write is checked before. */
export function coreOf(id: CoreId): Core {
  const core = cores.find((candidate) => candidate.id === id);
  if (core === undefined) throw new Error(`no core is called ${id}`);
  return core;
}

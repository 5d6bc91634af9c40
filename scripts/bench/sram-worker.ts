/** Worker thread: plans one network after the other while the main thread builds and runs. */

import { parentPort, workerData } from 'node:worker_threads';
import type { CoreId } from '../../compiler/index.js';
import { sramPlans } from './sram.js';

export interface SramWork {
  readonly core: CoreId;
  readonly networks: readonly { readonly name: string; readonly file: Uint8Array }[];
}

const { core, networks } = workerData as SramWork;
for (const network of networks) parentPort!.postMessage(sramPlans(network, core));

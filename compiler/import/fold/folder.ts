import type { Constant } from '../constant.js';
import type { NodeContext } from '../context.js';

/** Results of a node on constants (one an output); a null input is one left out. */
export type Folder = (ctx: NodeContext, inputs: readonly (Constant | null)[]) => readonly Constant[];

/**
 * What the compiler knows of a C kernel: when it applies, how its constants are packed, its scratch, the order in
 * which it touches memory and what it costs. `machine/kernel-table.ts` lists them all; scheduler, memory planner,
 * cost model and code generator read nothing else about kernels.
 */

import type { Int8Graph, Int8Node } from '../ir/int8-graph.js';
import type { Core } from './core.js';
import type { Features } from './cost-features.js';
import type { IsaId } from './isa.js';

/** A C constant: emitted by codegen/initialiser.ts. Arrays go to <net>_weights.c, the struct to <net>.c. */
export type CValue =
  | number
  | bigint
  | null
  | {
      readonly kind: 'array';
      readonly type: CScalar;
      readonly data: ArrayLike<number> | BigInt64Array;
      readonly alignBytes?: number;
    }
  | CStructs
  | CStruct;
export type CScalar = 'int8_t' | 'uint8_t' | 'int16_t' | 'uint16_t' | 'int32_t' | 'uint32_t' | 'int64_t';
/** An array of structs of one type. */
export interface CStructs {
  readonly kind: 'structs';
  readonly type: string;
  readonly items: readonly CStruct[];
}
export interface CStruct {
  readonly kind: 'struct';
  /** C type, e.g. rv_conv_params. */
  readonly type: string;
  /** In the declared order; fields left out are zero. */
  readonly fields: Readonly<Record<string, CValue>>;
}

/** How many output rows and columns a call computes at most. */
export interface CallShape {
  readonly rows: number;
  readonly cols: number;
  /** Of a concat: the input that the call copies, rows and columns being its own; absent: all inputs one by one. */
  readonly part?: number;
}

/**
 * One moment of a call, in execution order: the kernel reads input bytes within [readFrom, readTo), all of them before
 * it writes output bytes within [writtenFrom, writtenTo). An empty interval (from >= to) reads or writes nothing.
 * Offsets are bytes from the first element of the input (output) tensor laid out densely, HWC. Where reads and writes
 * alternate too finely to list, the events say so in the conservative order: the write first, the read after it.
 */
export interface AccessEvent {
  readonly readFrom: number;
  readonly readTo: number;
  readonly writtenFrom: number;
  readonly writtenTo: number;
}

/** The rows of a call for rows [y, y + rows) whose events are of interest, ascending. */
export type RowFilter = (y: number, rows: number) => Iterable<number>;

/** Counted work whose weights stand in the cost table under `id`. */
export interface Work {
  readonly id: string;
  readonly features: Features;
}

/** How a global pool takes its input's rows as they come: `<functions>_accumulate_s8`, then `<functions>_finish_s8`. */
export interface RowSums {
  readonly functions: string;
  /** Beside the kernel's own. */
  readonly files: readonly string[];
  /** Whether inputs are given as an array of views. */
  readonly takesArray: boolean;
  /** What all calls do that feed the whole input in `batches` batches of rows. */
  readonly work: (node: Int8Node, graph: Int8Graph, batches: number) => readonly Work[];
}

export interface Kernel {
  /** Function name in C, e.g. rv_conv2d_1x1_s8_dsp: also the name of the packing in plan.json. */
  readonly id: string;
  readonly isa: IsaId;
  /** Files of runtime-c this kernel needs, e.g. ['src/rv_conv2d_1x1_s8_dsp.c', 'include/rv_kernels_dsp.h']. */
  readonly files: readonly string[];
  /** Set of the kernels that compute operators with an epilogue, and no others. */
  readonly takesEpilogue?: true;
  /** True where the kernel computes this node (shape, groups, weight type, rounding) on a core with its ISA. */
  accepts(node: Int8Node, graph: Int8Graph): boolean;
  /**
   * The kernel's parameter struct, weights in the packing's order. `part`: of a concat, the input that the step copies
   * (node.inputs.indexOf of the value it reads); its window counts from the part's own first row and column.
   */
  params(node: Int8Node, graph: Int8Graph, part?: number): CStruct;
  /**
   * Of a kernel for slices of a convolution (ConvOp.partial), and of no other: a slice's input channels fill the packing
   * where they are a multiple of this. Such a kernel's scratch holds the sums of a window from its first slice to its last.
   */
  readonly sliceGranule?: number;
  /** Scratch for a call of at most this shape. A multiple of 4; the scratch pointer is aligned to `scratchAlignBytes`. */
  scratchBytes(node: Int8Node, graph: Int8Graph, call: CallShape): number;
  readonly scratchAlignBytes: number;
  /** 'whole': only calls for the whole output (Softmax's image, Transpose). 'rows': any window of rows and columns. */
  readonly calls: 'rows' | 'whole';
  /** Rows per call that a layer schedule uses: 'all' where one call for the plane is best (depthwise). */
  readonly layerRows: 'all' | number;
  /**
   * Output may stand exactly on input `index` of the same byte size and pixel pitch, for calls of this many rows,
   * ascending.
   */
  inPlace(node: Int8Node, graph: Int8Graph, inputIndex: number, call: CallShape): boolean;
  /**
   * The order in which one call for rows [y, y + rows) touches input `inputIndex` and the output; coarse steps are
   * fine as long as they are conservative. Used for the exact overlap distance (memory/overlap.ts). Kernels that
   * list their events pixel by pixel leave out those of rows that `only` does not name.
   */
  accesses(
    node: Int8Node,
    graph: Int8Graph,
    inputIndex: number,
    y: number,
    rows: number,
    only?: RowFilter,
  ): Iterable<AccessEvent>;
  /**
   * What one call does, counted: an average over its positions, where the image's border matters. Absent only where
   * instructions() needs no measured weights.
   */
  features?(node: Int8Node, graph: Int8Graph, call: CallShape): Features;
  /** Set where its operator can be fed row by row into sums (Operator.sumsRows). */
  readonly rowSums?: RowSums;
  /** Estimated instructions of one call, per core: its features, weighed as machine/cost.ts says. */
  instructions(node: Int8Node, graph: Int8Graph, call: CallShape, core: Core): number;
  /** Bytes of stack below the caller, arm-none-eabi-gcc 12 -O3 (tests/kernels/footprint.test.ts). */
  readonly stackBytes: number;
  /** Estimated .text bytes of all its files. */
  readonly codeBytes: number;
  /** How much of them is in files that other kernels list too, by file: linked once. */
  readonly sharedCode?: Readonly<Record<string, number>>;
}

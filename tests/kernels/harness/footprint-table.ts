/** What the tables of stack and code say, measured: the compiler's call graphs and, by hand, the frames of assembly. */

import type { CoreId } from '../../../compiler/machine/core.js';
import type { IsaId } from '../../../compiler/machine/isa.js';
import type { Kernel } from '../../../compiler/machine/kernel.js';
import { cKernels } from '../../../compiler/machine/kernels/c/index.js';
import { dspKernels } from '../../../compiler/machine/kernels/dsp/index.js';
import { mveKernels } from '../../../compiler/machine/kernels/mve/index.js';
import { footprints as cFootprints } from '../../../compiler/machine/measured/footprints-c.js';
import { footprints as dspFootprints } from '../../../compiler/machine/measured/footprints-dsp.js';
import { footprints as mveFootprints } from '../../../compiler/machine/measured/footprints-mve.js';
import type { FootprintTable } from '../../../compiler/machine/measured/footprint-table.js';
import { type AssemblyStack, type Footprint, kernelFootprint, textBytes } from './footprint.js';

export interface FootprintSet {
  readonly isa: IsaId;
  readonly kernels: readonly Kernel[];
  readonly table: FootprintTable;
  /** The table has the largest of these. */
  readonly cores: readonly CoreId[];
}

export const footprintSets: readonly FootprintSet[] = [
  { isa: 'c', kernels: cKernels, table: cFootprints, cores: ['cortex-m0', 'cortex-m4', 'cortex-m55'] },
  { isa: 'dsp', kernels: dspKernels, table: dspFootprints, cores: ['cortex-m4', 'cortex-m7', 'cortex-m33'] },
  { isa: 'mve', kernels: mveKernels, table: mveFootprints, cores: ['cortex-m55'] },
];

/** Stack and code of a kernel with its files, on a core. */
export function footprintOn(kernel: Kernel, core: CoreId): Footprint {
  const { stackBytes, codeBytes } = kernelFootprint(
    kernel,
    core,
    kernel.isa === 'dsp' && kernel.id.startsWith('rv_depthwise') ? dspDepthwiseAssembly : {},
    kernel.isa === 'dsp' && kernel.takesEpilogue === true ? ['rv_dot_last_channel'] : [],
  );
  return { stackBytes: stackBytes + assemblyStackBytes[kernel.isa](kernel.id), codeBytes };
}

/** C files that several kernels of a set list, by name. */
export function sharedFilesOf(kernels: readonly Kernel[]): readonly string[] {
  const listed = kernels.flatMap((k) => k.files.filter((f) => f.endsWith('.c')));
  return [...new Set(listed)].filter((f) => listed.indexOf(f) !== listed.lastIndexOf(f)).sort();
}

/** Code of one file, the largest of some cores. */
export const sharedFileBytes = (file: string, cores: readonly CoreId[]): number =>
  Math.max(...cores.map((core) => textBytes([file], core)));

/** Registers that assembly for MVE pushes: r4-r11, lr, d8-d15. */
const pushedBytes = 36 + 64;
/** From a requantisation in C, called by the assembly, to its end: rv_requantise_lanes and a 64-bit division. */
const roundingBytes = 64 + 104;

/** What assembly adds to the deepest path that the compiler knows. */
const assemblyStackBytes: Readonly<Record<IsaId, (id: string) => number>> = {
  c: () => 0,
  /**
   * Pushed registers and frame, and for convolutions the way from there to the rounding in C (rv_dot_block_dsp.h and
   * rv_requantise_dsp.c, rv_add_s8_dsp.c).
   */
  dsp: (id) => {
    if (id.startsWith('rv_conv2d')) return 36 + 52 + (16 + 24);
    return id === 'rv_add_s8_dsp' ? 36 + 4 : 0;
  },
  /**
   * The frames in rv_dot_asm_mve.h and rv_dot_slice_mve.c (with requantise_group), rv_depthwise_group_mve.c (with its
   * callback, less rv_depthwise_planes_init, which is on the known path) and rv_depthwise_rows_mve.c (less the same), and what
   * rv_depthwise_conv2d_line_s8_mve.c pushes.
   */
  mve: (id) => {
    if (id === 'rv_conv2d_1x1_partial_s8_mve') return pushedBytes + 300 + 128 + roundingBytes;
    // Not in assembly.
    if (id.startsWith('rv_conv2d_epilogue')) return 0;
    if (id.startsWith('rv_conv2d')) return pushedBytes + 276 + 128 + roundingBytes;
    if (id === 'rv_depthwise_conv2d_s8_mve') return pushedBytes + 300 + 112 + roundingBytes - 160;
    if (id === 'rv_depthwise_conv2d_line_s8_mve') return pushedBytes;
    return id === 'rv_depthwise_conv2d_wide_s8_mve' ? pushedBytes + 124 - 160 : 0;
  },
};

/** rv_depthwise_dsp.h, rv_depthwise_requantise_dsp.c and each kernel's expand(). */
const dspDepthwiseAssembly: Readonly<Record<string, AssemblyStack>> = {
  walk: {
    bytes: 36 + 300,
    calls: [
      'rv_depthwise_begin',
      'rv_depthwise_begin_group',
      'rv_depthwise_set_rows',
      'rv_depthwise_stage_apart',
      'rv_depthwise_store_few',
      'rv_depthwise_round',
    ],
  },
  rv_depthwise_round: { bytes: 16 + 16, calls: [] },
  expand: { bytes: 36 + 12, calls: [] },
};

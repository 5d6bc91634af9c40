/** Plain C, the DSP extension, Helium. */
export type Isa = 'c' | 'dsp' | 'mve';
export type Core =
  | 'cortex-m0'
  | 'cortex-m0plus'
  | 'cortex-m3'
  | 'cortex-m4'
  | 'cortex-m7'
  | 'cortex-m33'
  | 'cortex-m55';

/** Instruction sets whose kernels a core runs, best first. */
export const coreIsas: Readonly<Record<Core, readonly Isa[]>> = {
  'cortex-m0': ['c'],
  'cortex-m0plus': ['c'],
  'cortex-m3': ['c'],
  'cortex-m4': ['dsp', 'c'],
  'cortex-m7': ['dsp', 'c'],
  'cortex-m33': ['dsp', 'c'],
  'cortex-m55': ['mve', 'dsp', 'c'],
};

/** Instruction sets that kernels are written for. */

export type IsaId = 'c' | 'dsp' | 'mve';

export interface Isa {
  readonly id: IsaId;
  /** How board files name the extension. */
  readonly simd: 'none' | 'dsp' | 'mve';
  /** Defined by the compiler where the extension is there; null where every core has it. */
  readonly macro: string | null;
  /** Its kernels load words from any address. */
  readonly readsWordsAnywhere: boolean;
}

/** Each includes those before it. */
export const isas: readonly Isa[] = [
  { id: 'c', simd: 'none', macro: null, readsWordsAnywhere: false },
  { id: 'dsp', simd: 'dsp', macro: '__ARM_FEATURE_DSP', readsWordsAnywhere: true },
  { id: 'mve', simd: 'mve', macro: '__ARM_FEATURE_MVE', readsWordsAnywhere: false },
];

export const isaOf = (id: IsaId): Isa => isas.find((isa) => isa.id === id)!;

/** The widest of the sets that kernels need. */
export const widestIsa = (ids: readonly IsaId[]): Isa => isas.filter((isa) => ids.includes(isa.id)).at(-1) ?? isas[0];

/**
 * QEMU machines that a board may be stood for by: their processor and their memory. validate/machine.ts places a board's
 * regions there.
 */

export type EmulatorId = 'microbit' | 'mps2-an385' | 'mps2-an386' | 'mps2-an500' | 'mps2-an505' | 'mps3-an547';

/** A piece of the machine's memory; `code` starts with the vector table that the processor reads at reset. */
export interface Pool {
  readonly id: 'code' | 'ram' | 'extra';
  readonly origin: number;
  readonly bytes: number;
  /** Set where the processor can load from it and not execute. */
  readonly dataOnly?: boolean;
}

export interface Emulator {
  /** The processor, for people. */
  readonly processor: string;
  readonly pools: readonly Pool[];
  /** Where the vector table stands when it is not the start of `code`. */
  readonly vectors: number | null;
  /** Arguments that give the machine pools of these sizes; null where they are fixed. */
  readonly sizeArguments: ((codeBytes: number, ramBytes: number) => readonly string[]) | null;
}

const MiB = 1 << 20;

/** mps2: hw/arm/mps2.c and the FPGA images' application notes (DAI 0385, 0386, 0500). */
const mps2 = (processor: string, psram: number): Emulator => ({
  processor,
  pools: [
    { id: 'code', origin: 0, bytes: 4 * MiB },
    { id: 'ram', origin: 0x20000000, bytes: 4 * MiB },
    { id: 'extra', origin: psram, bytes: 16 * MiB },
  ],
  vectors: null,
  sizeArguments: null,
});

export const emulators: Readonly<Record<EmulatorId, Emulator>> = {
  'mps2-an385': mps2('Cortex-M3', 0x21000000),
  'mps2-an386': mps2('Cortex-M4', 0x21000000),
  'mps2-an500': mps2('Cortex-M7', 0x60000000),
  // hw/arm/mps2-tz.c, DAI 0505. The processor starts in Secure state and executes from addresses with bit 28 set; the
  // PSRAM has no such alias.
  'mps2-an505': {
    processor: 'Cortex-M33',
    pools: [
      { id: 'code', origin: 0x10000000, bytes: 4 * MiB },
      { id: 'ram', origin: 0x38000000, bytes: 4 * MiB },
      { id: 'extra', origin: 0x80000000, bytes: 16 * MiB, dataOnly: true },
    ],
    vectors: null,
    sizeArguments: null,
  },
  // hw/arm/mps2-tz.c, DAI 0547. Secure aliases of DDR4; the vector table is in the ITCM.
  'mps3-an547': {
    processor: 'Cortex-M55',
    pools: [
      { id: 'code', origin: 0x70000000, bytes: 64 * MiB },
      { id: 'ram', origin: 0x74000000, bytes: 64 * MiB },
      { id: 'extra', origin: 0x78000000, bytes: 64 * MiB },
    ],
    vectors: 0x10000000,
    sizeArguments: null,
  },
  // hw/arm/nrf51_soc.c: both sizes are properties, so that the machine stands for larger parts too.
  microbit: {
    processor: 'Cortex-M0',
    pools: [
      { id: 'code', origin: 0, bytes: 64 * MiB },
      { id: 'ram', origin: 0x20000000, bytes: 64 * MiB },
    ],
    vectors: null,
    sizeArguments: (codeBytes, ramBytes) => [
      '-global',
      `nrf51-soc.flash-size=${codeBytes}`,
      '-global',
      `nrf51-soc.sram-size=${ramBytes}`,
    ],
  },
};

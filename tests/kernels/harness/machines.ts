/** QEMU machines for kernel tests: all memory they have, the whole program in one piece. */

import type { CoreId } from '../../../compiler/machine/core.js';
import { coreOf } from '../../../compiler/machine/cores/index.js';
import type { EmulatorId } from '../../../compiler/machine/emulator.js';

interface Machine {
  readonly arguments: readonly string[];
  readonly linkerScript: string;
}

interface Memory {
  readonly machine: string;
  readonly extra?: readonly string[];
  readonly vectors: number;
  readonly code: number;
  readonly codeBytes: number;
  readonly ram: number;
  readonly ramBytes: number;
}

const MiB = 1 << 20;
const mps2 = (machine: string): Memory => ({
  machine,
  vectors: 0,
  code: 0x400,
  codeBytes: 4 * MiB - 0x400,
  ram: 0x20000000,
  ramBytes: 4 * MiB,
});
const microbit: Memory = {
  machine: 'microbit',
  vectors: 0,
  code: 0x400,
  codeBytes: 8 * MiB - 0x400,
  ram: 0x20000000,
  ramBytes: 2 * MiB,
  extra: ['-global', `nrf51-soc.flash-size=${8 * MiB}`, '-global', `nrf51-soc.sram-size=${2 * MiB}`],
};

const memories: Readonly<Record<EmulatorId, Memory>> = {
  microbit,
  'mps2-an385': mps2('mps2-an385'),
  'mps2-an386': mps2('mps2-an386'),
  'mps2-an500': mps2('mps2-an500'),
  'mps2-an505': {
    machine: 'mps2-an505',
    vectors: 0x10000000,
    code: 0x10000400,
    codeBytes: 4 * MiB - 0x400,
    ram: 0x38000000,
    ramBytes: 4 * MiB,
  },
  'mps3-an547': {
    machine: 'mps3-an547',
    vectors: 0x10000000,
    code: 0x70000000,
    codeBytes: 64 * MiB,
    ram: 0x74000000,
    ramBytes: 64 * MiB,
  },
};

export function machineOf(core: CoreId): Machine {
  const m = memories[coreOf(core).emulator];
  return { arguments: ['-M', m.machine, ...(m.extra ?? [])], linkerScript: script(m) };
}

const region = (name: string, origin: number, bytes: number): string =>
  `  ${name} : ORIGIN = 0x${origin.toString(16)}, LENGTH = ${bytes}`;

/** The symbols that runtime-c/port wants; its harness sections stay empty. */
const script = (m: Memory): string => `ENTRY(rv_port_reset)
MEMORY
{
${region('VECTORS', m.vectors, 0x400)}
${region('CODE', m.code, m.codeBytes)}
${region('RAM', m.ram, m.ramBytes)}
}
SECTIONS
{
  .vectors : { KEEP(*(.vectors)) } > VECTORS
  .text : { *(.text*) *(.rodata*) *(.glue_7*) } > CODE
  .ARM.exidx : { *(.ARM.exidx*) *(.ARM.extab*) } > CODE
  .data : { . = ALIGN(8); rv_port_data_start = .; *(.data*) *(.got*) . = ALIGN(8); rv_port_data_end = .; } > RAM AT > CODE
  rv_port_data_load = LOADADDR(.data);
  rv_port_harness_data_load = rv_port_data_load;
  rv_port_harness_data_start = rv_port_data_start;
  rv_port_harness_data_end = rv_port_data_start;
  .bss (NOLOAD) : { . = ALIGN(8); rv_port_bss_start = .; *(.bss*) *(COMMON) . = ALIGN(8); rv_port_bss_end = .; } > RAM
  rv_port_harness_bss_start = rv_port_bss_end;
  rv_port_harness_bss_end = rv_port_bss_end;
  .stack (NOLOAD) : { . = ALIGN(8); rv_port_stack_limit = .; . += 16384; rv_port_stack_top = .; } > RAM
  /DISCARD/ : { *(.comment) *(.ARM.attributes) *(.note*) }
}
`;

/**
 * The linker script of a validation build: the network inside the board's regions, at the board's sizes; the
 * validation program (objects rv_port_*.o and validate_main.o) in memory of its own. What does not fit the board does
 * not link.
 */

import type { Fit } from '../machine/fit.js';
import { guardsBytes, type MachinePlan } from './machine.js';

export interface LinkerInput {
  readonly machine: MachinePlan;
  /** Where arena, stack and constants go; a board that is too small is linked all the same, to fail with the linker's words. */
  readonly fit: Pick<Fit, 'arenaRegion' | 'restRegion' | 'flashRegion'>;
  readonly stackBytes: number;
}

/** Text of the script. Output sections net_* are the network's: flash by section is read from them. */
export function linkerScript(input: LinkerInput): string {
  const { machine, fit } = input;
  const sram = machine.regions.filter((r) => r.region.kind === 'sram');
  const flash = machine.regions.filter((r) => r.region.kind !== 'sram');
  const largest = (of: typeof machine.regions): number =>
    of.reduce((best, r, i) => (r.bytes > of[best].bytes ? i : best), 0);
  const indexOf = (of: typeof machine.regions, region: unknown): number => {
    const found = of.findIndex((r) => r.region === region);
    return found >= 0 ? found : largest(of);
  };
  const arena = `SRAM${indexOf(sram, fit.arenaRegion)}`;
  const rest = `SRAM${indexOf(sram, fit.restRegion)}`;
  const code = `FLASH${indexOf(flash, fit.flashRegion)}`;
  const memory = [
    line('VECTORS', machine.vectors.origin, machine.vectors.bytes, 'vector table'),
    ...flash.map((r, i) => line(`FLASH${i}`, r.origin, r.bytes, comment(r.region.name))),
    ...sram.map((r, i) =>
      line(
        `SRAM${i}`,
        r.origin,
        r.bytes + (`SRAM${i}` === arena ? guardsBytes : 0),
        `${comment(r.region.name)}${`SRAM${i}` === arena ? `, and ${guardsBytes} bytes of the harness's guards` : ''}`,
      ),
    ),
    line('HARNESS_CODE', machine.harnessCode.origin, machine.harnessCode.bytes, 'validation program'),
    line('HARNESS_RAM', machine.harnessRam.origin, machine.harnessRam.bytes, 'validation program'),
  ];
  return `/* Made by rivulet validate. */
ENTRY(rv_port_reset)
MEMORY
{
${memory.join('\n')}
}
SECTIONS
{
  .vectors : { KEEP(*(.vectors)) } > VECTORS
  harness_text : { *rv_port_*.o(.text* .rodata*) *validate_main.o(.text* .rodata*) } > HARNESS_CODE
  net_text : { *(.text*) *(.glue_7*) *(.vfp11_veneer) *(.v4_bx) } > ${code}
  net_rodata : { *(.rodata*) } > ${code}
  .ARM.exidx : { *(.ARM.exidx*) *(.ARM.extab*) } > ${code}
  .rivulet_arena (NOLOAD) : { *(.bss.rivulet_arena) } > ${arena}
  harness_data : ALIGN(8) { rv_port_harness_data_start = .; *rv_port_*.o(.data*) *validate_main.o(.data*) . = ALIGN(8); rv_port_harness_data_end = .; } > HARNESS_RAM AT > HARNESS_CODE
  rv_port_harness_data_load = LOADADDR(harness_data);
  harness_bss (NOLOAD) : ALIGN(8) { rv_port_harness_bss_start = .; *rv_port_*.o(.bss* COMMON) *validate_main.o(.bss* COMMON) . = ALIGN(8); rv_port_harness_bss_end = .; } > HARNESS_RAM
  net_data : ALIGN(8) { rv_port_data_start = .; *(.data*) . = ALIGN(8); rv_port_data_end = .; } > ${rest} AT > ${code}
  rv_port_data_load = LOADADDR(net_data);
  net_bss (NOLOAD) : ALIGN(8) { rv_port_bss_start = .; *(.bss*) *(COMMON) . = ALIGN(8); rv_port_bss_end = .; } > ${rest}
  .stack (NOLOAD) : ALIGN(8) { rv_port_stack_limit = .; . += ${Math.ceil(input.stackBytes / 8) * 8}; rv_port_stack_top = .; } > ${rest}
  /DISCARD/ : { *(.comment) *(.ARM.attributes) *(.note*) }
}
`;
}

const line = (name: string, origin: number, bytes: number, what: string): string =>
  `  ${name.padEnd(12)} : ORIGIN = 0x${origin.toString(16).padStart(8, '0')}, LENGTH = ${bytes} /* ${what} */`;

/** Region names come from a user's file. */
const comment = (text: string): string => text.replace(/[^\w +.-]/g, '?');

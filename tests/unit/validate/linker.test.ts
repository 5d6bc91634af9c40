import { coreOf } from '../../../compiler/machine/cores/index.js';
import { describe, expect, it } from 'vitest';
import { boardIds, loadBoard } from '../../../compiler/machine/board-files.js';
import { genericBoard, type Board } from '../../../compiler/machine/board.js';
import { fitBoard } from '../../../compiler/machine/fit.js';
import { linkerScript } from '../../../compiler/validate/linker.js';
import { guardsBytes, planMachine } from '../../../compiler/validate/machine.js';

const MiB = 1 << 20;

function spans(board: Board): readonly (readonly [number, number])[] {
  const plan = planMachine(board);
  const places = [
    plan.vectors,
    plan.harnessRam,
    plan.harnessCode,
    ...plan.regions.map((r) => ({ origin: r.origin, bytes: r.bytes + (r.region.kind === 'sram' ? guardsBytes : 0) })),
  ];
  return places.map((p): [number, number] => [p.origin, p.origin + p.bytes]).sort((a, b) => a[0] - b[0]);
}

describe('planMachine', () => {
  it('keeps every region of every board apart from the others and from the harness', () => {
    for (const board of [
      ...boardIds().map(loadBoard),
      genericBoard(coreOf('cortex-m0')),
      genericBoard(coreOf('cortex-m4')),
      genericBoard(coreOf('cortex-m55')),
    ]) {
      spans(board).forEach(([from], i, all) => {
        if (i > 0) expect(from).toBeGreaterThanOrEqual(all[i - 1][1]);
      });
    }
  });

  it('keeps the size of SRAM', () => {
    for (const board of boardIds().map(loadBoard)) {
      for (const placed of planMachine(board).regions) {
        if (placed.region.kind === 'sram') expect(placed.bytes).toBe(placed.region.bytes);
      }
    }
  });

  it("makes the micro:bit's machine as large as the board", () => {
    const pico = planMachine(loadBoard('raspberry-pi-pico'));
    const size = (name: string): number => Number(pico.arguments.find((a) => a.includes(name))!.split('=')[1]);
    expect(size('sram-size')).toBeGreaterThan(264 * 1024);
    expect(size('flash-size')).toBeGreaterThan(2 * MiB);
  });

  it('cuts flash that the machine does not have, never SRAM', () => {
    const board = genericBoard(coreOf('cortex-m33'));
    expect(planMachine(board).regions[1].bytes).toBeLessThan(8 * MiB);
    const huge = { ...board, regions: [{ ...board.regions[0], bytes: 64 * MiB }, board.regions[1]] };
    expect(() => planMachine(huge)).toThrow(/E610 QEMU's mps2-an505 has too little memory to stand for SRAM/);
  });
});

describe('linkerScript', () => {
  const board = loadBoard('nucleo-h743zi2');

  it("gives each region the board's size, and the arena's the guards besides", () => {
    const fit = fitBoard(board, { arenaBytes: 300_000, staticBytes: 0, stackBytes: 100, flashBytes: 1000 });
    const text = linkerScript({ machine: planMachine(board), fit, stackBytes: 4096 });
    expect(text).toMatch(
      /SRAM0 +: ORIGIN = 0x\w+, LENGTH = 524416 \/\* AXI SRAM, and 128 bytes of the harness's guards/,
    );
    expect(text).toMatch(/SRAM1 +: ORIGIN = 0x\w+, LENGTH = 294912 \/\* SRAM1\+SRAM2\+SRAM3/);
    expect(text).toContain('*(.bss.rivulet_arena) } > SRAM0');
    expect(text).toContain('. += 4096;');
  });

  it('puts the stack into another region where the arena fills its own', () => {
    const fit = fitBoard(board, { arenaBytes: 512 * 1024, staticBytes: 0, stackBytes: 100, flashBytes: 1000 });
    const text = linkerScript({ machine: planMachine(board), fit, stackBytes: 4096 });
    expect(text).toContain('*(.bss.rivulet_arena) } > SRAM0');
    expect(text).toMatch(/rv_port_stack_top = \.; \} > SRAM3/);
  });

  it("does not let a region's name out of its comment", () => {
    const evil = { ...board, regions: board.regions.map((r) => ({ ...r, name: '*/ } x' })) };
    const fit = fitBoard(evil, { arenaBytes: 1, staticBytes: 0, stackBytes: 1, flashBytes: 1 });
    expect(linkerScript({ machine: planMachine(evil), fit, stackBytes: 8 })).not.toContain('*/ }');
  });
});

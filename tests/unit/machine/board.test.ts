import { coreOf } from '../../../compiler/machine/cores/index.js';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { RivuletError } from '../../../compiler/diagnostics.js';
import { boardIds, loadBoard } from '../../../compiler/machine/board-files.js';
import {
  boardJsonSchema,
  genericBoard,
  parseBoard,
  sramRegions,
  withCore,
  type Board,
} from '../../../compiler/machine/board.js';
import { coreIds } from '../../../compiler/machine/cores/index.js';

const schemaFile = fileURLToPath(new URL('../../../boards/board.schema.json', import.meta.url));

function problemsOf(json: unknown): readonly string[] {
  try {
    parseBoard(json, 'mine.json');
    return [];
  } catch (error) {
    return (error as RivuletError).diagnostics.map((d) => d.message);
  }
}

describe('boards that come along', () => {
  it('are all valid and named like their folder', () => {
    const ids = boardIds();
    expect(ids).toContain('nucleo-f411re');
    expect(ids).toEqual([...ids].sort());
    for (const id of ids) expect(loadBoard(id).id).toBe(id);
  });

  it('cover every set of kernels that some core has', () => {
    const sets = (ids: readonly string[]): Set<string> => new Set(ids.map((id) => coreOf(id).isas.join()));
    expect(sets(boardIds().map((id) => loadBoard(id).core))).toEqual(sets(coreIds));
  });

  it('name the source of every size', () => {
    for (const id of boardIds())
      for (const region of loadBoard(id).regions) expect(region.source.length).toBeGreaterThan(15);
  });

  it('leave SRAM beside the stack reserve', () => {
    for (const id of boardIds()) {
      const board = loadBoard(id);
      expect(Math.max(...sramRegions(board).map((r) => r.bytes))).toBeGreaterThan(4 * board.stackReserveBytes);
    }
  });
});

describe('the schema file for editors', () => {
  it('is the one of the code (UPDATE_GOLDEN=1 rewrites it)', () => {
    const text = `${JSON.stringify(boardJsonSchema(), null, 2)}\n`;
    if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(schemaFile, text);
    expect(readFileSync(schemaFile, 'utf8')).toBe(text);
  });
});

describe("a user's board", () => {
  const mine = (): Board => ({ ...genericBoard(coreOf('cortex-m4')), id: 'mine' });

  it('is read by path', () => {
    const path = join(mkdtempSync(join(tmpdir(), 'rivulet-board-')), 'mine.json');
    writeFileSync(path, JSON.stringify(mine()));
    expect(loadBoard(path)).toEqual(mine());
  });

  it('reports every problem at once, each with its place', () => {
    const board = { ...mine(), core: 'cortex-m5', clockHz: 0, colour: 'red' };
    const problems = problemsOf(board);
    expect(problems).toHaveLength(3);
    expect(problems.join('\n')).toMatch(/^core: /m);
    expect(problems.join('\n')).toMatch(/^clockHz: /m);
    expect(problems.join('\n')).toMatch(/"colour"/);
  });

  it('is told in words what is missing and what is wrong', () => {
    const { mcu: _, ...rest } = mine();
    const [sram, flash] = rest.regions;
    expect(
      problemsOf({
        ...rest,
        id: 'Mine',
        simd: 'neon',
        regions: [
          { ...sram, kind: 'ram', origin: '20000000', bytes: -3 },
          { ...flash, source: '' },
        ],
      }),
    ).toEqual([
      'id: "Mine" is not right, it takes lower-case letters, digits and dashes',
      'mcu: is missing, it takes a string',
      'simd: "neon" is not right, it takes none, dsp, mve',
      'regions.0.kind: "ram" is not right, it takes sram, flash, external-flash',
      'regions.0.origin: "20000000" is not right, it takes an address such as "0x20000000"',
      'regions.0.bytes: -3 is not right, it takes more than 0',
      'regions.1.source: "" is not right, it takes some text',
    ]);
    expect(problemsOf([])).toEqual(['the file: [] is not right, it takes an object']);
  });

  it('has what is inconsistent named beside a field that is unknown', () => {
    const [sram, flash] = mine().regions;
    expect(
      problemsOf({ ...mine(), clockHZ: 1, regions: [sram, flash, { ...sram, name: 'again', bytes: 16 }] }),
    ).toEqual(['the file: there is no field "clockHZ"; did you mean clockHz?', 'regions: SRAM and again overlap']);
  });

  it('needs SRAM and flash', () => {
    expect(problemsOf({ ...mine(), regions: mine().regions.filter((r) => r.kind === 'flash') })).toEqual([
      'regions: none is of kind "sram"',
    ]);
  });

  it('may not have overlapping regions', () => {
    const [sram, flash] = mine().regions;
    expect(problemsOf({ ...mine(), regions: [sram, flash, { ...sram, name: 'again', bytes: 16 }] })).toEqual([
      'regions: SRAM and again overlap',
    ]);
  });

  it("may not claim a DSP extension less than its core's kernels use", () => {
    expect(problemsOf({ ...genericBoard(coreOf('cortex-m33')), simd: 'none' })).toEqual([
      'simd: the kernels for cortex-m33 need "dsp"; without it the core is "cortex-m33-nodsp"',
    ]);
  });

  it('may not name a machine with another core', () => {
    expect(problemsOf({ ...mine(), qemu: { machine: 'mps2-an500' } })).toEqual([
      'qemu.machine: mps2-an500 has a Cortex-M7; cortex-m4 runs on mps2-an386',
    ]);
  });

  it('that cannot be read names the reason', () => {
    expect(() => loadBoard('/nowhere/board.json')).toThrow(
      'E142 /nowhere/board.json: cannot be read: there is no such file or folder',
    );
  });
});

describe('an unknown board', () => {
  it('is answered with those nearest to it', () => {
    expect(() => loadBoard('nucleo-f476zg')).toThrow(
      /E141 no board is called "nucleo-f476zg"\n.*did you mean nucleo-f746zg/,
    );
  });

  it('is answered with all where none is near', () => {
    expect(() => loadBoard('esp32')).toThrow(/rivulet boards lists them: arduino-nano-33-ble, ek-ra8m1, /);
  });
});

describe('another core', () => {
  it('keeps the memory and changes instructions and machine', () => {
    const board = withCore(loadBoard('nucleo-f746zg'), coreOf('cortex-m55'));
    expect([board.core, board.simd, board.qemu.machine]).toEqual(['cortex-m55', 'mve', 'mps3-an547']);
    expect(board.regions).toEqual(loadBoard('nucleo-f746zg').regions);
  });

  it('has a valid stand-in without limits', () => {
    for (const core of coreIds) expect(parseBoard(genericBoard(coreOf(core)), core).core).toBe(core);
  });
});

/** The port by itself: a hand-written network whose instructions, stack and writes are known. */

import { readFile, rm, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { coreIds, coreOf } from '../../compiler/machine/cores/index.js';
import { genericBoard, type Board } from '../../compiler/machine/board.js';
import { loadBoard } from '../../compiler/machine/board-files.js';
import { fitBoard } from '../../compiler/machine/fit.js';
import { adapterHeader } from '../../compiler/validate/adapter.js';
import { parseAccess } from '../../compiler/validate/access.js';
import { buildProgram, type Probe } from '../../compiler/validate/build.js';
import { readArena, readResult, writeInputs } from '../../compiler/validate/exchange.js';
import { linkerScript } from '../../compiler/validate/linker.js';
import { planMachine } from '../../compiler/validate/machine.js';
import { buildPlugin, readCounts, runQemu, sectionSizes, symbolAddress } from '../../compiler/validate/qemu.js';
import { runtimeFiles } from '../../compiler/codegen/runtime-files.js';
import { hasTarget } from '../tools.js';

/** No program here runs for more than a moment, on however busy a machine. */
const hangMs = 600_000;

const arenaBytes = 1000;
const header = `#include <stddef.h>
#include "runtime/rv_types.h"
#define PROBE_ARENA_BYTES ${arenaBytes}
#define PROBE_ARENA_ALIGN 4
#define PROBE_INPUT_HEIGHT 1
#define PROBE_INPUT_WIDTH 1
#define PROBE_INPUT_CHANNELS 4
#define PROBE_INPUT_ROW_PITCH 4
#define PROBE_INPUT_PIXEL_PITCH 4
#define PROBE_OUTPUT_HEIGHT 1
#define PROBE_OUTPUT_WIDTH 1
#define PROBE_OUTPUT_CHANNELS 4
#define PROBE_OUTPUT_ROW_PITCH 4
#define PROBE_OUTPUT_PIXEL_PITCH 4
void probe_init(void *arena);
void probe_run(void *arena);
int8_t *probe_input(void *arena);
const int8_t *probe_output(const void *arena);
void probe_hook(int32_t step, int32_t phase, const rv_view *output, const rv_window *window, int32_t pixelBytes);
`;

/** A network whose run is the given C: `a` is the arena, `n` the input as a number. */
const source = (run: string): string => `#include "probe.h"
void probe_init(void *arena) { (void)arena; }
int8_t *probe_input(void *arena) { return (int8_t *)arena; }
const int8_t *probe_output(const void *arena) { return (const int8_t *)arena + 8; }
void probe_run(void *arena) {
  volatile int8_t *a = (volatile int8_t *)arena;
  uint32_t n = *(const uint32_t *)arena;
  ${run}
}
`;

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'rivulet-port-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

let folders = 0;
async function build(board: Board, run: string, probe: Probe = 'none') {
  const folder = join(root, String(folders++));
  const fit = fitBoard(board, { arenaBytes, staticBytes: 0, stackBytes: 0, flashBytes: 0 });
  const machine = planMachine(board);
  const program = await buildProgram({
    net: 'probe',
    probe,
    folder,
    files: new Map([
      ['probe.h', header],
      ['probe.c', source(run)],
      ...[...runtimeFiles([])].map(([name, text]) => [`runtime/${name}`, text] as const),
    ]),
    adapter: adapterHeader({
      net: 'probe',
      inputs: [{ dtype: 'int8' }],
      outputs: [{ dtype: 'int8' }],
      steps: 2,
      streamedInput: null,
    }),
    target: {
      core: coreOf(board.core),
      linkerScript: linkerScript({ machine, fit, stackBytes: board.stackReserveBytes }),
    },
  });
  return { folder, machine, program };
}

const numbers = (...list: readonly number[]) => list.map((n) => [new Int8Array(Uint32Array.of(n).buffer)]);

async function count(board: Board, run: string, inputs: readonly number[]) {
  const bench = await build(board, run);
  await writeInputs(bench.folder, numbers(...inputs));
  const library = await buildPlugin('rv_count', bench.folder);
  const out = join(bench.folder, 'count.txt');
  const done = await runQemu({ ...bench, plugin: { library: library!, arguments: `out=${out}` }, timeoutMs: hangMs });
  expect(done).toBe('done');
  return {
    ...bench,
    counts: await readCounts(out),
    arena: await readArena(bench.folder, arenaBytes),
    result: await readResult(bench.folder),
  };
}

/** n iterations of exactly four instructions. */
const loop =
  '__asm volatile(".syntax unified\\n .balign 4\\n1: subs %0, #1\\n nop\\n nop\\n bne 1b" : "+l"(n) :: "cc");';

describe.skipIf(!hasTarget())('the port under QEMU', () => {
  it.each(coreIds)('counts instructions exactly on %s', async (core) => {
    const inputs = [1, 1, 2, 1000, 1_000_000];
    const { counts } = await count(genericBoard(coreOf(core)), loop, inputs);
    expect(counts.map((c, i) => c - counts[0] - 4 * (inputs[i] - inputs[0]))).toEqual([0, 0, 0, 0, 0]);
    expect(counts[0]).toBeLessThan(30);
  });

  it('measures the stack to the word', async () => {
    const frame = (bytes: number): string =>
      `volatile uint32_t t[${bytes / 4}]; for (int i = 0; i < ${bytes / 4}; i++) { t[i] = n; } a[0] = (int8_t)t[n % 2];`;
    const small = await count(genericBoard(coreOf('cortex-m4')), frame(400), [5]);
    const large = await count(genericBoard(coreOf('cortex-m4')), frame(1400), [5]);
    expect(large.result.stackBytes - small.result.stackBytes).toBe(1000);
    expect(small.result.stackBytes).toBeGreaterThanOrEqual(400);
    expect(small.result.stackBytes).toBeLessThan(440);
  });

  it('sees which bytes of the arena were written, whatever was written', async () => {
    const { arena } = await count(
      genericBoard(coreOf('cortex-m7')),
      'a[10] = 0x5a; a[11] = (int8_t)0xa5; a[20] = 0; (void)n;',
      [5, 5],
    );
    expect(arena.touchedBytes).toBe(21);
    expect(arena.untouched).toEqual([
      [4, 10],
      [12, 20],
    ]);
    expect(arena.guardsIntact).toBe(true);
  });

  it.each([[-1], [arenaBytes]])('sees a write outside the arena at %d', async (at) => {
    const { arena, result } = await count(genericBoard(coreOf('cortex-m4')), `a[${at}] = 0; (void)n;`, [5, 5]);
    expect([arena.guardsIntact, result.guardsIntact]).toEqual([false, false]);
  });

  it("does not link a program beyond the board's memory, and says by how much", async () => {
    const board = loadBoard('microbit');
    await expect(build(board, 'static volatile uint8_t big[20000]; big[n % 20000] = 1; (void)a;')).rejects.toThrow(
      /E500 the program is \d+ bytes larger than the board's memory \(SRAM0\)/,
    );
    await expect(
      build(board, 'static const uint8_t big[300000] = {1, 2}; a[1] = (int8_t)big[n % 300000];'),
    ).rejects.toThrow(/E500 .* \(FLASH0\)/);
  });

  it('ends with a message where the processor takes a fault', async () => {
    const { folder, machine, program } = await build(
      genericBoard(coreOf('cortex-m3')),
      '*(volatile uint32_t *)0xF0000000u = n; (void)a;',
    );
    await writeInputs(folder, numbers(5));
    await expect(runQemu({ folder, machine, program, plugin: null, timeoutMs: hangMs })).rejects.toThrow(
      /E630 .*status 99: rivulet: the processor took a fault/,
    );
  });

  it('stops a program that hangs', async () => {
    const { folder, machine, program } = await build(
      genericBoard(coreOf('cortex-m3')),
      'for (;;) { a[0] = (int8_t)n; }',
    );
    await writeInputs(folder, numbers(5));
    await expect(runQemu({ folder, machine, program, plugin: null, timeoutMs: 1500 })).rejects.toThrow(
      /did not end within 1.5 s/,
    );
  });

  it("tells code, constants and data of the network from the harness's", async () => {
    const { program } = await build(
      genericBoard(coreOf('cortex-m4')),
      'static const uint8_t k[500] = {1, 2}; static volatile uint32_t d[25] = {1}; a[1] = (int8_t)(k[n % 500] + (int)d[n % 25]);',
    );
    const sizes = await sectionSizes(program);
    expect(sizes.get('net_rodata')).toBeGreaterThanOrEqual(500);
    expect(sizes.get('net_rodata')).toBeLessThan(520);
    expect(sizes.get('net_data')).toBe(104);
    expect(sizes.get('net_text')).toBeLessThan(1500);
  });

  it('sees loads and stores that a step may not do', async () => {
    const step = (i: number): string =>
      `{ const rv_view v = {(int8_t *)arena, 1, 1, 1, 1, 0, 0, 0}; const rv_window w = {0, 1, 0, 1}; probe_hook(${i}, 0, &v, &w, 1); }`;
    const bench = await build(
      genericBoard(coreOf('cortex-m4')),
      `a[4] = 1; a[2] = 1; ${step(0)} a[8] = a[0]; ${step(1)} a[9] = a[1]; a[100] = a[8]; (void)n;`,
      'access',
    );
    await writeInputs(bench.folder, numbers(5));
    await writeFile(join(bench.folder, 'steps.txt'), 'S\nR 0 4\nW 8 12\nS\nR 0 8\nW 9 12\nS\nW 4 5\n');
    const library = await buildPlugin('rv_access', bench.folder);
    const arena = (await symbolAddress(bench.program, 'rv_validate_memory')) + 64;
    const flags = await symbolAddress(bench.program, 'rv_validate_steps');
    await runQemu({
      ...bench,
      timeoutMs: hangMs,
      plugin: {
        library: library!,
        arguments: `out=access.txt,arena=${arena.toString(16)},bytes=${arenaBytes},flags=${flags.toString(16)},steps=steps.txt`,
      },
    });
    const report = parseAccess(await readFile(join(bench.folder, 'access.txt'), 'utf8'), 2);
    // A store before the first step, then what step 1 may not do: read byte 8, write byte 100.
    expect(report.examples.map((e) => e.replace(/ \(pc.*/, ''))).toEqual([
      'between steps something writes 1 bytes at 2',
      'step 1 reads 1 bytes at 8',
      'step 1 writes 1 bytes at 100',
    ]);
    expect([report.violations, report.touchedBytes]).toEqual([3, 101]);
  });
});

/** Cycle models on sequences whose cost the manuals or the measurements behind the models state. */

import { describe, expect, it } from 'vitest';
import { cores } from '../../../compiler/machine/cores/index.js';
import { decodeProgram, decodeText } from '../../../compiler/machine/pipeline/decode.js';
import { modelledCycles } from '../../../compiler/machine/pipeline/edges.js';
import { pipelineModels } from '../../../compiler/machine/pipeline/models.js';
import type { CycleModelId } from '../../../compiler/machine/cycle-model.js';

/** Lines `mnemonic operands`; a trailing .n or no suffix is 16 bits where `narrow` lists the mnemonic. */
function program(lines: readonly string[]): string {
  const wide = /^(ldr\.w|ldrd|ldm|stm|smlad|smla|mla|mul|v|.*\.w)/;
  let at = 0x100;
  const text = lines.map((line) => {
    const [mnemonic, ...rest] = line.split(' ');
    const isWide = wide.test(mnemonic);
    const shown = `    ${at.toString(16)}:\t${isWide ? '0000 0000' : '0000     '} \t${mnemonic}\t${rest.join(' ')}`;
    at += isWide ? 4 : 2;
    return shown;
  });
  return ['00000100 <f>:', ...text].join('\n');
}

/** Cycles of one iteration of a loop that runs a thousand times; its branch goes back to its first instruction. */
function cyclesPerIteration(model: CycleModelId, lines: readonly string[]): number {
  const { create, vectors } = pipelineModels[model];
  const code = decodeProgram(program(lines), vectors);
  const last = Math.max(...code.keys());
  const { cycles } = modelledCycles(
    code,
    { blocks: new Map([[1, { first: 0x100, last }]]), edges: [{ step: 0, from: 1, to: 1, count: 1000 }] },
    create(),
  );
  return cycles / 1000;
}

describe('decoding', () => {
  it.each([
    ['ldr.w', 'r0, [r1, #4]!', 'load', ['r0'], ['r1']],
    ['ldrd', 'r2, r3, [r4], #8', 'loadPair', ['r2', 'r3'], ['r4']],
    ['ldmia.w', 'sp!, {r4-r6, pc}', 'loadMany', ['r4', 'r5', 'r6', 'pc'], ['sp']],
    ['smlad', 'r0, r1, r2, r0', 'multiplyAdd', ['r0'], []],
    ['add.w', 'r0, r1, r2, lsl #2', 'shiftedAlu', ['r0'], []],
    ['addne', 'r0, r1', 'alu', ['r0'], []],
    ['vmlava.s8', 'r2, q0, q1', 'vector', ['r2'], []],
    ['vldrb.u8', 'q0, [r0], #16', 'vectorLoad', ['q0'], ['r0']],
    ['vldrb.u8', 'q0, [r0, q1]', 'vectorGather', ['q0'], []],
    ['vldr', 'd3, [sp, #8]', 'floatLoad', ['q1'], []],
  ] as const)('%s %s', (mnemonic, operands, kind, writes, writesBack) => {
    expect(decodeText(mnemonic, operands, true)).toMatchObject({ kind, writes, writesBack });
  });

  it('reads the accumulator, and what a conditional instruction leaves', () => {
    expect(decodeText('smlad', 'r0, r1, r2, r3', false).reads).toContainEqual({ register: 'r3', use: 'accumulator' });
    expect(decodeText('movne', 'r0, r1', false).reads).toContainEqual({ register: 'r0', use: 'plain' });
  });
});

describe('pipelines', () => {
  // A loop's branch back is 1 + 2 on the M4, free but for its slot where the M7 guesses it.
  it.each([
    [
      'loads share their data cycles',
      'm4',
      ['ldr r0, [r4, #0]', 'ldr r1, [r4, #4]', 'adds r2, #1', 'b.n 100'],
      2 + 1 + 1 + 3,
    ],
    [
      'an address waits for a load',
      'm4',
      ['ldr r0, [r4, #0]', 'ldr r1, [r0, #4]', 'adds r2, #1', 'b.n 100'],
      2 + 2 + 1 + 3,
    ],
    ['an address waits for a sum', 'm4', ['adds r4, #4', 'ldr r1, [r4, #4]', 'adds r2, #1', 'b.n 100'], 1 + 3 + 1 + 3],
    ['several registers take 1 + N', 'm4', ['ldmia.w r4, {r0, r1, r2, r3}', 'b.n 100'], 5 + 3],
    ['M0+ loads take 2', 'm0plus', ['ldr r0, [r4, #0]', 'adds r0, #1', 'b.n 100'], 2 + 1 + 2],
    ['M0 branches take 3', 'm0', ['adds r0, #1', 'b.n 100'], 1 + 3],
    ['two sums in a cycle', 'm7', ['adds r0, #1', 'adds r1, #1', 'adds r2, #1', 'b.n 100'], 2],
    ['a product beside a load', 'm7', ['smlad r0, r1, r2, r0', 'ldr.w r5, [r4, #4]', 'adds r6, #1', 'b.n 100'], 2],
    ['LDM goes alone', 'm7', ['ldmia.w r4, {r0, r1, r2, r3}', 'adds r6, #1', 'b.n 100'], 3],
    ['a loaded value comes a cycle later', 'm33', ['ldr r0, [r4, #0]', 'adds r0, #1', 'b.n 100'], 3 + 2],
    [
      'pipes of vectors overlap',
      'm55',
      ['vldrb.u8 q0, [r0]', 'vmlava.s8 r2, q1, q2', 'vldrb.u8 q3, [r1]', 'vmlava.s8 r4, q5, q6', 'le lr, 100'],
      4,
    ],
    [
      'one pipe does not overlap itself',
      'm55',
      ['vldrb.u8 q0, [r0]', 'vldrb.u8 q3, [r1]', 'vmlava.s8 r2, q1, q2', 'vmlava.s8 r4, q5, q6', 'le lr, 100'],
      6,
    ],
  ] as const)('%s (%s)', (_, model, lines, cycles) => {
    expect(cyclesPerIteration(model, lines)).toBe(cycles);
  });

  it('are named by every core that has one', () => {
    for (const { cycles } of cores) if (cycles !== null) expect(pipelineModels[cycles.pipeline].create().now()).toBe(0);
    expect(cores.filter((core) => core.cycles === null).map((core) => core.id)).toEqual(['cortex-m23']);
  });

  it('pay for wrong guesses where branches are guessed', () => {
    const { create } = pipelineModels.m7;
    const code = decodeProgram(program(['cmp r0, r1', 'bne.n 100', 'adds r0, #1', 'b.n 100']), false);
    const [start, middle] = [0x100, 0x104];
    const blocks = new Map([
      [1, { first: start, last: 0x102 }],
      [2, { first: middle, last: 0x106 }],
    ]);
    const edges = [
      { step: 0, from: 1, to: 1, count: 90 },
      { step: 0, from: 1, to: 2, count: 10 },
      { step: 0, from: 2, to: 1, count: 10 },
    ];
    const guessed = modelledCycles(code, { blocks, edges }, create());
    const { conditional } = create().mispredicted!;
    const free = modelledCycles(code, { blocks, edges }, Object.assign(create(), { mispredicted: undefined }));
    expect(guessed.cycles - free.cycles).toBeCloseTo(10 * conditional);
  });
});

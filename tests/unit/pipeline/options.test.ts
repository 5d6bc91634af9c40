import { describe, expect, it } from 'vitest';
import type { RivuletError } from '../../../compiler/diagnostics.js';
import { checkOptions } from '../../../compiler/pipeline/check-options.js';
import { compile } from '../../../compiler/pipeline/compile.js';
import { loadBoard } from '../../../compiler/machine/board-files.js';
import { allNetworks } from '../../models/index.js';

const problemsOf = (options: unknown): readonly string[] => {
  try {
    checkOptions(options);
    return [];
  } catch (error) {
    expect((error as RivuletError).exitCode).toBe(2);
    return (error as RivuletError).diagnostics.map((d) => `${d.code} ${d.message}`);
  }
};

describe('options of a caller without types', () => {
  it('are taken where they are right, left out or undefined', () => {
    expect(problemsOf({})).toEqual([]);
    expect(
      problemsOf({
        board: loadBoard('microbit'),
        core: undefined,
        sramBytes: 1,
        objective: 'sram',
        maxOverhead: 1,
        schedule: 'layer',
        input: 'streamed',
        keepInput: true,
        inputShapes: { x: [1, 2] },
        outputs: ['y'],
        on: 'host',
        inputs: ['x.npy'],
        tolerance: 0,
        onProgress: () => undefined,
      }),
    ).toEqual([]);
  });

  it('are all named where they are wrong, and refused before anything is compiled', () => {
    const wrong = {
      bord: 'microbit',
      board: 5,
      core: 'm4',
      sramBytes: '64KiB',
      flashBytes: NaN,
      objective: 'ram',
      maxOverhead: 0.5,
      schedule: {},
      input: 'x',
      inputShapes: { x: [0] },
      outputs: [],
      on: 'moon',
    };
    const expected = [
      'E114 board: 5 is not right, it takes the id of a board, the path of a board.json, or what loadBoard returns',
      'E114 core: "m4" is not right, it takes cortex-m0, cortex-m0plus, cortex-m3, cortex-m4, cortex-m7, cortex-m23, cortex-m33, cortex-m33-nodsp, cortex-m55, cortex-m85',
      'E114 sramBytes: "64KiB" is not right, it takes a number',
      'E114 flashBytes: NaN is not right, it takes a number',
      'E114 objective: "ram" is not right, it takes latency, sram',
      'E114 maxOverhead: 0.5 is not right, it takes at least 1',
      'E114 schedule: {} is not right, it takes auto, layer, stream, patch:RxC@NODE, or the schedule of a plan.json',
      'E114 input: "x" is not right, it takes resident, streamed',
      'E114 inputShapes.x.0: 0 is not right, it takes more than 0',
      'E114 outputs: [] is not right, it takes one or more',
      'E114 on: "moon" is not right, it takes host, qemu',
      'E114 the options: there is no field "bord"; did you mean board?',
    ];
    expect(problemsOf(wrong)).toEqual(expected);
    expect(() => compile({ bytes: allNetworks['dsCnn']() }, wrong as never)).toThrow(expected[0]);
    expect(problemsOf('microbit')).toEqual(['E114 the options: "microbit" is not right, it takes an object']);
  });
});

import { coreOf } from '../../../compiler/machine/cores/index.js';
import { describe, expect, it } from 'vitest';
import { genericBoard, type Board } from '../../../compiler/machine/board.js';
import { arenaBudgetBytes, boardSizes, fitBoard, noLimits } from '../../../compiler/machine/fit.js';

/** Regions by name: sizes in bytes, all of SRAM but the last, which is flash; 100 bytes of stack reserve. */
function board(...bytes: readonly number[]): Board {
  const regions = bytes.map((size, i) => ({
    name: `R${i}`,
    kind: i === bytes.length - 1 ? ('flash' as const) : ('sram' as const),
    origin: `0x${(i * 0x1000000).toString(16)}`,
    bytes: size,
    source: 'made up',
  }));
  return { ...genericBoard(coreOf('cortex-m4')), stackReserveBytes: 100, regions };
}
const need = (arenaBytes: number, more: object = {}) => ({
  arenaBytes,
  staticBytes: 0,
  stackBytes: 50,
  flashBytes: 10,
  ...more,
});

describe('fitBoard', () => {
  it('puts arena and stack into one region where both fit', () => {
    const fit = fitBoard(board(1000, 64), need(900));
    expect([fit.fits, fit.arenaRegion?.name, fit.restRegion?.name]).toEqual([true, 'R0', 'R0']);
  });

  it('says by how much one region is too small', () => {
    expect(fitBoard(board(1000, 64), need(950))).toMatchObject({
      fits: false,
      arenaRegion: null,
      missingSramBytes: 50,
    });
  });

  it('puts the stack into another region where that helps', () => {
    const fit = fitBoard(board(1000, 200, 64), need(1000));
    expect([fit.fits, fit.arenaRegion?.name, fit.restRegion?.name]).toEqual([true, 'R0', 'R1']);
  });

  it('never joins two regions for one arena', () => {
    expect(fitBoard(board(600, 600, 64), need(700))).toMatchObject({ fits: false, missingSramBytes: 100 });
  });

  it('takes the smallest region that is large enough', () => {
    expect(fitBoard(board(1000, 300, 64), need(200)).arenaRegion?.name).toBe('R1');
  });

  it("gives the stack the network's bound where that exceeds the reserve", () => {
    expect(fitBoard(board(1000, 64), need(800, { stackBytes: 250 }))).toMatchObject({
      fits: false,
      missingSramBytes: 50,
    });
  });

  it('counts static RAM', () => {
    expect(fitBoard(board(1000, 64), need(880, { staticBytes: 30 })).missingSramBytes).toBe(10);
  });

  it('checks flash', () => {
    expect(fitBoard(board(1000, 64), need(10, { flashBytes: 70 }))).toMatchObject({
      fits: false,
      flashRegion: null,
      missingFlashBytes: 6,
    });
  });

  it("holds the peak to the user's limit", () => {
    const limits = { sramBytes: 500, flashBytes: null };
    expect(fitBoard(board(1000, 64), need(450), limits).fits).toBe(true);
    expect(fitBoard(board(1000, 64), need(451), limits)).toMatchObject({ fits: false, missingSramBytes: 1 });
  });

  it("holds flash to the user's limit", () => {
    expect(
      fitBoard(board(1000, 64), need(10, { flashBytes: 60 }), { sramBytes: null, flashBytes: 50 }).missingFlashBytes,
    ).toBe(10);
  });
});

describe('arenaBudgetBytes', () => {
  it('is the largest arena that fits', () => {
    for (const b of [board(1000, 64), board(1000, 200, 64), board(600, 600, 64), board(1000, 50, 64)]) {
      const budget = arenaBudgetBytes(b, need(0));
      expect(fitBoard(b, need(budget)).fits).toBe(true);
      expect(fitBoard(b, need(budget + 1))).toMatchObject({ fits: false, missingSramBytes: 1 });
    }
  });

  it("obeys the user's limit", () => {
    expect(arenaBudgetBytes(board(1000, 64), need(0), { sramBytes: 500, flashBytes: null })).toBe(450);
  });
});

describe('boardSizes', () => {
  it('sums regions by kind', () => {
    expect(boardSizes(board(1000, 200, 64), noLimits)).toEqual({ sramBytes: 1200, flashBytes: 64 });
  });
});

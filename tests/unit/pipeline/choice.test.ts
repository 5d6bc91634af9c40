/** What a compilation says about its choice: reasons, both totals, and what would fit where a plan does not. */

import { describe, expect, it } from 'vitest';
import { compile, type Compilation } from '../../../compiler/pipeline/compile.js';
import type { CompileOptions } from '../../../compiler/pipeline/request.js';
import type { Schedule } from '../../../compiler/schedule/schedule.js';
import { loadBoard } from '../../../compiler/machine/board-files.js';
import { allNetworks, NetworkBuilder, personDetector } from '../../models/index.js';

const model = { bytes: allNetworks['mcunetLike'](), name: 'wide' };
/** Its input is one row. */
const dense = { bytes: autoencoder(), name: 'dense' };
function autoencoder(): Uint8Array {
  const net = new NetworkBuilder({ name: 'dense', seed: 1 });
  net.output(net.gemm(net.gemm(net.input('x', [64]), 16), 64), 'y');
  return net.build();
}
const smallBoard = { ...loadBoard('microbit'), stackReserveBytes: 15_000 };
const planned = (options: CompileOptions): Compilation => compile(model, options);
const hintOf = (c: Compilation): string => c.document.diagnostics.find((d) => d.code === 'E500')?.hint ?? '';

describe('the front', () => {
  it('holds points that compile to the SRAM it gives', () => {
    const ofPerson = (options: CompileOptions) =>
      compile({ bytes: personDetector(), name: 'person' }, { board: 'nucleo-f411re', ...options }).document;
    const { pareto } = ofPerson({ input: 'streamed', pareto: true });
    expect(pareto.length).toBeGreaterThan(20);
    for (const point of pareto.filter((_, i) => i % 9 === 0)) {
      const { peakSramBytes } = ofPerson({ schedule: point.schedule as Schedule }).memory;
      expect(point.peakSramBytes).toBeLessThanOrEqual(1.005 * peakSramBytes);
    }
  });
});

describe('reasons', () => {
  const layerBytes = planned({ schedule: 'layer' }).document.memory.peakSramBytes;

  it('are the peaks that the report gives, and why', () => {
    expect(planned({}).document.reasons).toEqual([
      `layer by layer: ${(layerBytes / 1000).toFixed(1)} kB, no MAC computed twice`,
      'whole layers take the fewest instructions, and nothing limits the SRAM: --board or --sram does',
    ]);
    const { memory, reasons } = planned({ sramBytes: Math.round(layerBytes * 0.7) }).document;
    expect(reasons[0]).toContain(
      `${(memory.peakSramBytes / 1000).toFixed(1)} kB instead of ${(layerBytes / 1000).toFixed(1)} kB layer by layer`,
    );
    expect(reasons[1]).toMatch(
      /^the fewest instructions found within [\d.]+ kB; about .* layer by layer, which takes [\d.]+ kB$/,
    );
    expect(planned({ board: 'nucleo-f746zg' }).document.reasons[1]).toBe(
      'whole layers take the fewest instructions, and they fit 327.7 kB',
    );
    expect(planned({ objective: 'sram', maxOverhead: 1.2 }).document.reasons[1]).toMatch(
      /^the least SRAM found with at most 1.2 times the MACs of layer by layer; about /,
    );
    expect(planned({ schedule: 'stream' }).document.reasons[1]).toBe('the schedule that was asked for');
    expect(planned({ sramBytes: 1000 }).document.reasons[1]).toMatch(
      /^the least SRAM that was found, and it does not fit; about /,
    );
  });

  it('count patches of a single layer as patches', () => {
    expect(planned({ schedule: 'patch:2x2@0' }).document.reasons[0]).toMatch(
      /^2 x 2 patches of 1 layer, then layer by layer: /,
    );
    expect(planned({ schedule: 'patch:3x1@2' }).document.reasons[0]).toMatch(
      /^3 x 1 patches of 3 layers, then layer by layer: /,
    );
  });
});

describe('both totals', () => {
  it.each<[string, CompileOptions]>([
    ['layers', {}],
    ['a pushed input', { input: 'streamed', objective: 'sram' }],
    ['patches', { schedule: 'patch:2x2@2' }],
  ])('are those of the same schedule, of %s', (_, options) => {
    const { memory, schedule } = planned(options).document;
    const [own, other] =
      memory.input === 'resident'
        ? [memory.residentBytes, memory.streamedBytes]
        : [memory.streamedBytes, memory.residentBytes];
    expect(own).toBe(memory.peakSramBytes);
    expect(other).toBeGreaterThan(0);
    if (memory.input === 'streamed') {
      expect(planned({ schedule: { ...schedule, input: 'resident' } }).document.memory.peakSramBytes).toBe(other);
    } else if (schedule.regions[0].kind === 'fused') {
      expect(planned({ schedule: { ...schedule, input: 'streamed' } }).document.memory.peakSramBytes).toBe(other);
    }
  });

  it('lack the one that a network cannot have', () => {
    expect(compile(dense).document.memory.streamedBytes).toBe(null);
    expect(() => compile(dense, { input: 'streamed' })).toThrow(
      /^E163 the input ".*" cannot be taken row by row: it has one row\n +use --input resident$/,
    );
  });
});

describe('the front', () => {
  it.each(['resident', 'streamed'] as const)(
    'ends with the least SRAM, and has plans that compute no MAC twice, input %s',
    (input) => {
      const {
        pareto = [],
        cost,
        model: { liveMacs },
      } = planned({ input, pareto: true }).document;
      const least = planned({ input, objective: 'sram' }).document.memory.peakSramBytes;
      const once = planned({ input, objective: 'sram', maxOverhead: 1 }).document.memory.peakSramBytes;
      expect(cost.executedMacs).toBe(liveMacs);
      expect(pareto.at(-1)!.peakSramBytes).toBeLessThanOrEqual(least);
      // Points are about 6 % apart.
      expect(
        Math.min(...pareto.filter((p) => p.executedMacs === liveMacs).map((p) => p.peakSramBytes)),
      ).toBeLessThanOrEqual(once * 1.07);
      for (const p of pareto) {
        const beaten = pareto.some(
          (q) =>
            q !== p &&
            q.peakSramBytes < p.peakSramBytes &&
            q.executedMacs <= p.executedMacs &&
            q.estimatedInstructions <= p.estimatedInstructions,
        );
        expect(beaten).toBe(false);
      }
    },
  );
});

describe('the least SRAM', () => {
  it('is no more where more MACs are allowed', () => {
    const bytes = allNetworks['tinyMobileNetV2']();
    const arenas = [1, 1.02, 1.05, 1.1, 1.5].map(
      (maxOverhead) => compile({ bytes, name: 'tiny' }, { objective: 'sram', maxOverhead }).plan.arenaBytes,
    );
    expect(arenas).toEqual([...arenas].sort((a, b) => b - a));
  });
});

describe('layers', () => {
  it('take kernels with less scratch where that is the least SRAM', () => {
    const squeeze = { bytes: allNetworks['squeezeExcite'](), name: 'squeeze' };
    const kernels = (options: CompileOptions): ReadonlyMap<number, string> =>
      new Map(
        compile(squeeze, options).plan.schedule.regions.flatMap((region) =>
          region.kind === 'layer' ? [[region.node, region.kernel] as const] : [],
        ),
      );
    const best = kernels({ schedule: 'layer' });
    expect(
      [...kernels({ objective: 'sram', maxSlowdown: 4 })].filter(([node, kernel]) => best.get(node) !== kernel).length,
    ).toBeGreaterThan(0);
    expect(compile(squeeze, { objective: 'sram', maxSlowdown: 4 }).plan.arenaBytes).toBeLessThan(
      0.85 * compile(squeeze, { schedule: 'layer' }).plan.arenaBytes,
    );
  });
});

describe('an input that cannot be pushed', () => {
  /** The input is read again at the end. */
  function recalled(): Uint8Array {
    const net = new NetworkBuilder({ name: 'recalled', seed: 2 });
    const x = net.input('x', [4, 16, 16]);
    const once = net.resize(net.conv(x, { out: 4, kernel: 3, stride: 2, pad: 1 }), 2, 'nearest');
    net.output(net.add(once, x), 'y');
    return net.build();
  }
  const planned = (options: CompileOptions) => () =>
    compile({ bytes: recalled(), name: 'recalled' }, { input: 'streamed', ...options });

  it('is refused in words', () => {
    expect(planned({ schedule: 'patch:2x2@0' })).toThrow(
      /^E163 the input "x" cannot be taken row by row: .* \(add\) reads it after the patch stage/,
    );
    expect(planned({ keepInput: true })).toThrow(
      /^E163 the input "x" cannot be taken row by row: its data are to be kept\n +leave --keep-input out/,
    );
  });

  it('is refused in a schedule to replay', () => {
    expect(planned({})().document.schedule.regions[0].kind).toBe('fused');
    const resident = compile({ bytes: recalled(), name: 'recalled' }, { schedule: 'layer' }).document.schedule;
    expect(planned({ schedule: { ...resident, input: 'streamed' } })).toThrow(
      /^E164 .*the rows of "x" can only be pushed to a fused first region/,
    );
  });

  it('and so are tiles of operators that have none', () => {
    const kernels = ['rv_conv2d_s8_dsp', 'rv_resize_nearest_s8', 'rv_add_s8_dsp'];
    const unit = { nodes: [0, 1, 2], kernels, rowsPerCall: 2, colsPerTile: 4, slideColumns: false };
    expect(
      planned({ schedule: { kind: 'mixed', input: 'streamed', regions: [{ kind: 'fused', units: [unit] }] } }),
    ).toThrow(/^E164 .*layers 0, 1, 2 cannot run in rows and tiles/);
  });
});

describe('what would fit', () => {
  const resident = planned({ objective: 'sram', maxOverhead: 3 }).document.memory.peakSramBytes;
  const streamed = planned({ input: 'streamed', objective: 'sram', maxOverhead: 3 }).document.memory.peakSramBytes;

  it('is found by the search, and fits when it is asked for', () => {
    expect(streamed).toBeLessThan(resident - 500);
    const limit = Math.round((streamed + resident) / 2);
    const hint = hintOf(planned({ sramBytes: limit }));
    const promised = Number(
      /^with --input streamed it fits: ([\d ]+) bytes of SRAM;/.exec(hint)?.[1].replace(/ /g, ''),
    );
    const then = planned({ sramBytes: limit, input: 'streamed' });
    expect([then.fits, then.document.memory.peakSramBytes]).toEqual([true, promised]);
    expect(hintOf(planned({ sramBytes: limit, schedule: 'layer' }))).toMatch(
      /^with --schedule auto and with --input streamed it fits: /,
    );
  });

  it('is a larger limit, where there is no other way', () => {
    const tiny = planned({ sramBytes: 500, input: 'streamed' });
    expect(hintOf(tiny)).toBe(
      `no plan found takes less: a smaller input or fewer channels in the first layers would; --sram ${tiny.document.memory.peakSramBytes} takes it as it is`,
    );
    expect(planned({ sramBytes: tiny.document.memory.peakSramBytes, input: 'streamed' }).fits).toBe(true);
    expect(hintOf(planned({ sramBytes: 500 }))).toMatch(
      /^the least found, with --input streamed, takes [\d ]+ bytes of SRAM, too many as well; --sram \d+ takes it as it is$/,
    );
  });

  it('is a larger board', () => {
    expect(hintOf(planned({ board: smallBoard, schedule: 'layer' }))).toMatch(
      /; it fits (?!microbit)[a-z0-9-]+ or [a-z0-9-]+$/,
    );
  });

  it('is a board, where --sram allows more than is assumed without one', () => {
    const net = new NetworkBuilder({ name: 'huge', seed: 1 });
    net.output(net.conv(net.input('x', [1, 3600, 3600]), { out: 1, kernel: 3 }), 'y');
    const huge = compile({ bytes: net.build(), name: 'huge' }, { sramBytes: 1e9, schedule: 'layer' });
    const { message, hint } = huge.document.diagnostics.find((d) => d.code === 'E500')!;
    expect(message).toMatch(
      /^does not fit: the network takes ([\d ]+) bytes of SRAM \(arena [\d ]+, stack 8 192\), and SRAM of generic-cortex-m4 has 8 388 608: [\d ]+ bytes too many$/,
    );
    expect(hint).toMatch(/a board file \(--board\) with as much memory: without one, 8 MiB of each are assumed$/);
    expect(huge.document.limits.sramBytes).toBe(8 << 20);
  });

  const offers = (hint: string): readonly string[] =>
    [...(/it fits ([a-z0-9-]+)(?: or ([a-z0-9-]+))?$/.exec(hint) ?? [])].slice(1);

  it('is never a board whose flash or SRAM is too small, on whatever core', () => {
    const person = { bytes: personDetector(), name: 'person' };
    for (const options of [
      { board: 'microbit', schedule: 'layer' },
      { board: smallBoard, schedule: 'layer' },
    ]) {
      const c = compile(person, options);
      const boards = c.document.diagnostics.flatMap((d) => offers(d.hint ?? ''));
      expect(c.fits).toBe(false);
      expect(boards.length).toBeGreaterThan(0);
      for (const board of boards) expect([board, compile(person, { ...options, board }).fits]).toEqual([board, true]);
    }
  });

  it('is not said to fit where the flash does not', () => {
    const both = planned({ sramBytes: Math.round((streamed + resident) / 2), flashBytes: 2000 });
    expect(both.document.diagnostics.map((d) => d.code)).toEqual(['E500', 'E501']);
    expect(hintOf(both)).toMatch(
      /^with --input streamed it takes [\d ]+ bytes of SRAM, which there are, but too much flash$/,
    );
  });

  it('is counted in the bytes that are missing', () => {
    for (const options of [{ sramBytes: 3000 }, { board: smallBoard, schedule: 'layer' }]) {
      const { message } = planned(options).document.diagnostics.find((d) => d.code === 'E500')!;
      const [takes, arena, stack, have, missing] = [...message.matchAll(/(?<![a-z-])\d[\d ]*(?= |,|\)|:)/g)].map(
        ([n]) => Number(n.replace(/ /g, '')),
      );
      expect([takes, takes - have]).toEqual([arena + stack, missing]);
    }
  });
});

describe('the slowdown', () => {
  const layer = planned({ schedule: 'layer' }).document;

  it('is the instructions as a multiple of layer by layer', () => {
    expect(layer.cost.slowdown).toBe(1);
    const { cost } = planned({ objective: 'sram', maxSlowdown: 3 }).document;
    expect(cost.slowdown).toBeGreaterThan(1);
    expect(cost.slowdown).toBeCloseTo(cost.estimatedInstructions / layer.cost.estimatedInstructions, 2);
  });

  it('stays within what is allowed, for less SRAM the more is', () => {
    const plans = [1.02, 1.1, 1.3, 2].map((maxSlowdown) => ({
      maxSlowdown,
      ...planned({ objective: 'sram', maxSlowdown, input: 'streamed' }).document,
    }));
    for (const { cost, maxSlowdown } of plans) expect(cost.slowdown).toBeLessThanOrEqual(maxSlowdown);
    const sram = plans.map(({ memory }) => memory.peakSramBytes);
    expect(sram).toEqual([...sram].sort((a, b) => b - a));
    expect(sram[3]).toBeLessThan(sram[0]);
    expect(plans[0].reasons[1]).toMatch(
      /^the least SRAM found with at most 1.02 times the instructions of layer by layer; /,
    );
  });

  it('is at most 1.5, as are the MACs, where the least SRAM is asked for without a limit', () => {
    for (const bytes of [allNetworks['mcunetLike'](), allNetworks['tinyMobileNetV2']()])
      for (const input of ['resident', 'streamed'] as const) {
        const { cost, model, reasons } = compile({ bytes, name: 'net' }, { objective: 'sram', input }).document;
        expect(cost.slowdown).toBeLessThanOrEqual(1.5);
        expect(cost.executedMacs).toBeLessThanOrEqual(1.5 * model.liveMacs);
        expect(reasons[1]).toMatch(
          /^the least SRAM found with at most 1.5 times the MACs and 1.5 times the instructions of/,
        );
      }
  });

  it('binds the fewest instructions too: what would need more does not fit', () => {
    const sramBytes = planned({ objective: 'sram', maxSlowdown: 2 }).document.memory.peakSramBytes;
    expect(planned({ sramBytes }).fits).toBe(true);
    const bound = planned({ sramBytes, maxSlowdown: 1.01 });
    expect([bound.fits, bound.document.cost.slowdown <= 1.01]).toEqual([false, true]);
    expect(hintOf(bound)).toMatch(/^without --max-slowdown it fits: /);
  });
});

describe('the knee', () => {
  /** A search ends where no more than this can be gained. */
  const goodEnough = 1.03;
  const models = { wide: allNetworks['mcunetLike'](), tiny: allNetworks['tinyMobileNetV2']() };

  it.each(Object.entries(models))('of %s has plans that its flags give, or better ones', (name, bytes) => {
    const model = { bytes, name };
    const { knee, memory, cost } = compile(model, { board: 'nucleo-f746zg' }).document;
    expect(knee.length).toBeGreaterThan(0);
    for (const { peakSramBytes, slowdown, input, flags } of knee) {
      expect(peakSramBytes).toBeLessThan(memory.peakSramBytes);
      expect(slowdown).toBeGreaterThanOrEqual(cost.slowdown);
      expect(flags).toBe(`--sram ${peakSramBytes}${input === 'streamed' ? ' --input streamed' : ''}`);
      const then = compile(model, { board: 'nucleo-f746zg', sramBytes: peakSramBytes, input });
      expect([then.fits, then.document.memory.peakSramBytes <= peakSramBytes]).toEqual([true, true]);
      expect(then.document.cost.slowdown).toBeLessThanOrEqual(Math.max(slowdown + 0.001, goodEnough));
    }
  });

  it('has layer by layer where a plan with less SRAM was chosen, and nothing where a schedule was asked for', () => {
    const { knee } = planned({ board: 'nucleo-f746zg', sramBytes: 12_000, input: 'streamed' }).document;
    expect(knee[0]).toMatchObject({ slowdown: 1, flags: '--schedule layer', input: 'resident' });
    expect(planned({ schedule: 'stream' }).document.knee).toEqual([]);
  });
});

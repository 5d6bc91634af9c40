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
      /^the least SRAM found with at most 1.2 times the MACs; about /,
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
      [...kernels({ objective: 'sram' })].filter(([node, kernel]) => best.get(node) !== kernel).length,
    ).toBeGreaterThan(0);
    expect(compile(squeeze, { objective: 'sram' }).plan.arenaBytes).toBeLessThan(
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
    const promised = Number(/^with --input streamed it fits: ([\d ]+) bytes;/.exec(hint)?.[1].replace(/ /g, ''));
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
      /^the least found, with --input streamed, is [\d ]+ bytes, too much as well; --sram \d+ takes it as it is$/,
    );
  });

  it('is a larger board', () => {
    expect(hintOf(planned({ board: smallBoard, schedule: 'layer' }))).toMatch(
      /; as it is, it fits (?!microbit)[a-z0-9-]+ or [a-z0-9-]+$/,
    );
  });

  it('is a board, where --sram allows more than is assumed without one', () => {
    const net = new NetworkBuilder({ name: 'huge', seed: 1 });
    net.output(net.conv(net.input('x', [1, 3600, 3600]), { out: 1, kernel: 3 }), 'y');
    const huge = compile({ bytes: net.build(), name: 'huge' }, { sramBytes: 1e9, schedule: 'layer' });
    const { message, hint } = huge.document.diagnostics.find((d) => d.code === 'E500')!;
    expect(message).toMatch(
      /more than there are \(generic-cortex-m4 has 8 388 608 bytes in SRAM, less 8 192 bytes for the stack\)$/,
    );
    expect(hint).toMatch(/a board file \(--board\) with as much memory: without one, 8 MiB of each are assumed$/);
    expect(huge.document.limits.sramBytes).toBe(8 << 20);
  });
});

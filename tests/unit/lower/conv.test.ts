import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RivuletError } from '../../../compiler/diagnostics.js';
import type { Conv2d } from '../../../compiler/ir/graph.js';
import type { ConvOp } from '../../../compiler/ir/int8-graph.js';
import { noClamp } from '../../../compiler/ir/graph.js';
import { unitWindow } from '../../../compiler/ir/window.js';
import { lowerToInt8 } from '../../../compiler/lower/lower.js';
import { runQuantisedExact } from '../../../compiler/reference/float.js';
import { runInt8 } from '../../../compiler/reference/int8.js';
import { clamp, codes, expectMeaning, quant, scale, seeds, singleNode, windowOf, windowOutput } from './single-node.js';

const opOf = (graph: ReturnType<typeof lowerToInt8>['graph']): ConvOp => graph.nodes[0].op as ConvOp;
const unitQuant = { scale: 1, zeroPoint: 0 };

function conv(parts: Partial<Conv2d> & Pick<Conv2d, 'outChannels' | 'weights'>): Conv2d {
  return { kind: 'conv2d', window: unitWindow, groups: 1, bias: null, clamp: noClamp, ...parts };
}

describe('convolutions', () => {
  it('mean what ONNX means, for any window, group, scale, bias and clamp', () => {
    const cases = fc.record({ h: fc.integer({ min: 3, max: 6 }), w: fc.integer({ min: 3, max: 6 }) }).chain((s) =>
      fc.record({
        h: fc.constant(s.h),
        w: fc.constant(s.w),
        window: windowOf(s.h, s.w),
        groups: fc.integer({ min: 1, max: 3 }),
        perIn: fc.integer({ min: 1, max: 3 }),
        perOut: fc.integer({ min: 1, max: 3 }),
        transposed: fc.boolean(),
        wide: fc.boolean(),
        input: quant,
        output: quant,
        clamp,
        seed: seeds,
        biasKind: fc.nat(3),
        scales: fc.array(fc.tuple(scale, fc.boolean()), { minLength: 9, maxLength: 9 }),
      }),
    );
    fc.assert(
      fc.property(cases, (s) => {
        const shape = { h: s.h, w: s.w, c: s.groups * s.perIn };
        const outChannels = s.groups * s.perOut;
        const out = s.transposed ? transposedSize(shape, s.window) : windowOutput(shape, s.window);
        fc.pre(out.h >= 1 && out.w >= 1);
        const small = codes(s.window.kernelH * s.window.kernelW * s.perIn * outChannels, s.seed);
        const data = s.wide ? Int16Array.from(small, (v, i) => v - (i % 3) * 40) : small;
        const weightScales = Float32Array.from(
          { length: outChannels },
          (_, o) => (s.scales[o][1] ? -1 : 1) * Math.fround(s.scales[o][0] / 32),
        );
        const op = {
          ...conv({
            outChannels,
            weights: { kind: 'quantised', data, scales: weightScales },
            window: s.window,
            groups: s.groups,
            clamp: s.clamp,
            bias: biasOf(s.biasKind, outChannels, s.seed, s.input.scale, weightScales),
          }),
          kind: s.transposed ? 'convTranspose2d' : 'conv2d',
        } as Conv2d;
        expectMeaning(
          singleNode(op, [{ shape, quant: s.input }], { shape: { ...out, c: outChannels }, quant: s.output }),
          s.seed,
        );
      }),
      { numRuns: 300 },
    );
  });

  it('folds the input zero point into the bias and reads it in the padding', () => {
    const op = conv({
      outChannels: 1,
      weights: { kind: 'quantised', data: Int8Array.of(2, 3, -4), scales: Float32Array.of(1) },
      window: { ...unitWindow, kernelW: 3, padLeft: 1, padRight: 1 },
      bias: { data: Int32Array.of(10), scales: Float64Array.of(0.5) },
    });
    const graph = lowerToInt8(
      singleNode(op, [{ shape: { h: 1, w: 2, c: 1 }, quant: { scale: 0.5, zeroPoint: 7 } }], {
        shape: { h: 1, w: 2, c: 1 },
        quant: { scale: 0.5, zeroPoint: -1 },
      }),
    ).graph;
    expect(opOf(graph).bias).toEqual(Int32Array.of(10 - 7 * (2 + 3 - 4)));
    // (10 + 3 * 1 - 4 * 2) and (10 + 2 * 1 + 3 * 2), less 1.
    expect(runInt8(graph, [Int8Array.of(8, 9)])[0]).toEqual(Int8Array.of(4, 17));
  });

  it('flips the weights of a negative scale, or keeps -128 and takes a negative multiplier', () => {
    const scales = Float32Array.of(-0.25, -0.25);
    const op = conv({ outChannels: 2, weights: { kind: 'quantised', data: Int8Array.of(-127, 5, -128, 5), scales } });
    const graph = expectMeaning(
      singleNode(op, [{ shape: { h: 4, w: 4, c: 2 }, quant: { scale: 0.1, zeroPoint: 3 } }], {
        shape: { h: 4, w: 4, c: 2 },
        quant: { scale: 3.7, zeroPoint: 0 },
      }),
      5,
    );
    expect(opOf(graph).weights).toEqual(Int8Array.of(127, -5, -128, 5));
    expect(Math.sign(opOf(graph).requant.multipliers[0])).toBe(1);
    expect(Math.sign(opOf(graph).requant.multipliers[1])).toBe(-1);
  });

  it('turns a channel of one result into its bias, whatever its weights', () => {
    // Zero weights; a bias that always saturates; a bias of 2^30 at a scale of 4e-10.
    const op = conv({
      outChannels: 4,
      weights: { kind: 'quantised', data: Int8Array.of(0, 1, 100, 20), scales: Float32Array.of(0.01, 1, 4e-10, 0.01) },
      bias: {
        data: Int32Array.of(-1234, 100000, 2 ** 30, 0),
        scales: Float64Array.of(0.01, 1, Math.fround(4e-10), 0.01),
      },
    });
    const graph = expectMeaning(
      singleNode(op, [{ shape: { h: 4, w: 8, c: 1 }, quant: unitQuant }], {
        shape: { h: 4, w: 8, c: 4 },
        quant: { scale: 0.125, zeroPoint: -3 },
      }),
      9,
    );
    expect(opOf(graph).weights).toEqual(Int8Array.of(0, 0, 0, 20));
    expect(graph.nodes[0].deviations.off).toBe(0);
  });

  it('takes a bias whose scale is the accumulator unit up to float32 error as it is', () => {
    const [input, weight] = [Math.fround(0.0123), Math.fround(0.0456)];
    const weights = { kind: 'quantised', data: new Int8Array(64).fill(127), scales: Float32Array.of(weight) } as const;
    const op = conv({
      outChannels: 1,
      weights,
      bias: { data: Int32Array.of(20000001), scales: Float64Array.of(Math.fround(weight * input)) },
    });
    const graph = lowerToInt8(
      singleNode(op, [{ shape: { h: 1, w: 1, c: 64 }, quant: { scale: input, zeroPoint: 0 } }], {
        shape: { h: 1, w: 1, c: 1 },
        quant: { scale: 100, zeroPoint: 0 },
      }),
    ).graph;
    expect(opOf(graph).bias[0]).toBe(20000001);
  });

  it('rounds a float bias to the accumulator, and warns where that is coarse', () => {
    const weights = { kind: 'quantised', data: Int8Array.of(65), scales: Float32Array.of(1) } as const;
    const make = (bias: number, output: number) =>
      lowerToInt8(
        singleNode(
          conv({ outChannels: 1, weights, bias: { data: Float32Array.of(bias), scales: null } }),
          [{ shape: { h: 1, w: 1, c: 1 }, quant: unitQuant }],
          { shape: { h: 1, w: 1, c: 1 }, quant: { scale: output, zeroPoint: 0 } },
        ),
      );
    expect(opOf(make(17.4, 128).graph).bias[0]).toBe(17);
    expect(make(17.4, 128).diagnostics).toEqual([]);
    expect(make(17.4, 4).diagnostics.map((d) => [d.code, d.node, d.message])).toEqual([
      [
        'W404',
        'node',
        'its bias is not a multiple of input scale x weight scale: rounding it moves results by up to 0.10 output steps',
      ],
    ]);
  });

  it('takes a float bias beyond int32 units where only one result is left', () => {
    const make = (weightScale: number, output: number) =>
      singleNode(
        conv({
          outChannels: 1,
          weights: { kind: 'quantised', data: Int8Array.of(7), scales: Float32Array.of(weightScale) },
          bias: { data: Float32Array.of(5), scales: null },
        }),
        [{ shape: { h: 4, w: 4, c: 1 }, quant: unitQuant }],
        { shape: { h: 4, w: 4, c: 1 }, quant: { scale: output, zeroPoint: 0 } },
      );
    expect(new Set(runInt8(expectMeaning(make(1e-20, 0.1), 4), [codes(16, 1)])[0])).toEqual(new Set([50]));
    expect(() => lowerToInt8(make(1e-20, 10))).toThrow('E405 node: the bias of its channel 0 does not fit int32');
  });

  it('names scales and biases that are no numbers', () => {
    const make = (scale: number, bias: number) =>
      singleNode(
        conv({
          outChannels: 1,
          weights: { kind: 'quantised', data: Int8Array.of(7), scales: Float32Array.of(scale) },
          bias: { data: Float32Array.of(bias), scales: null },
        }),
        [{ shape: { h: 1, w: 1, c: 1 }, quant: unitQuant }],
        { shape: { h: 1, w: 1, c: 1 }, quant: unitQuant },
      );
    expect(() => lowerToInt8(make(0, 1))).toThrow('E402 node: the weight scale of its channel 0 is 0');
    expect(() => lowerToInt8(make(NaN, 1))).toThrow('E402 node: the weight scale of its channel 0 is NaN');
    expect(() => lowerToInt8(make(1, Infinity))).toThrow('E404 node: the bias of its channel 0 is not finite');
  });

  it('refines small weights where a float bias needs finer units', () => {
    // x + 0.4 a channel, as a 1x1 convolution with weights of 1: 0.4 / 0.5 is 4/5 of the unit.
    const weights = { kind: 'quantised', data: Int8Array.of(1, -1, 0), scales: Float32Array.of(1, 1, 1) } as const;
    const bias = { data: Float32Array.of(0.4, 0.1, 0.7), scales: null };
    const shape = { h: 6, w: 16, c: 3 };
    const op = conv({ outChannels: 3, groups: 3, weights, bias });
    const graph = expectMeaning(
      singleNode(op, [{ shape, quant: { scale: 0.5, zeroPoint: 2 } }], {
        shape,
        quant: { scale: 0.375, zeroPoint: 0 },
      }),
      3,
    );
    expect(opOf(graph).weights).toEqual(Int8Array.of(5, -5, 0));
    expect(opOf(graph).bias[0]).toBe(4 - 2 * 5);
  });

  it('multiplies and adds a constant a channel exactly: a batch normalisation that stands alone', () => {
    const channels = 64;
    const random = codes(2 * channels, 11);
    const scales = Float32Array.from({ length: channels }, (_, o) => random[o] / 100 + 0.003);
    const bias = { data: Float32Array.from({ length: channels }, (_, o) => random[channels + o] / 77), scales: null };
    const op = conv({
      outChannels: channels,
      groups: channels,
      weights: { kind: 'quantised', data: new Int8Array(channels).fill(1), scales },
      bias,
    });
    const shape = { h: 16, w: 32, c: channels };
    const graph = singleNode(op, [{ shape, quant: { scale: Math.fround(0.021), zeroPoint: -3 } }], {
      shape,
      quant: { scale: Math.fround(0.017), zeroPoint: 9 },
    });
    const every = Int8Array.from({ length: 512 * channels }, (_, i) => Math.floor(i / channels) % 256);
    expect(runInt8(lowerToInt8(graph).graph, [every])).toEqual(runQuantisedExact(graph, [every]));
  });

  it('refuses accumulators that could leave int32, unless their only result is known', () => {
    const weightScale = Math.fround(1e-7);
    const weights = {
      kind: 'quantised',
      data: new Int8Array(64).fill(127),
      scales: Float32Array.of(weightScale),
    } as const;
    const bias = { data: Int32Array.of(2 ** 31 - 100), scales: Float64Array.of(weightScale) };
    const lower = (outputScale: number) =>
      lowerToInt8(
        singleNode(conv({ outChannels: 1, weights, bias }), [{ shape: { h: 1, w: 1, c: 64 }, quant: unitQuant }], {
          shape: { h: 1, w: 1, c: 1 },
          quant: { scale: outputScale, zeroPoint: 0 },
        }),
      );
    // The accumulator moves by +-0.05 steps: across a boundary at 100.5 steps, not at 100.
    const real = (2 ** 31 - 100) * weightScale;
    expect(lower(Math.fround(real / 100)).graph.nodes[0].deviations.off).toBe(0);
    let thrown: unknown;
    try {
      lower(Math.fround(real / 100.5));
    } catch (e) {
      thrown = e;
    }
    expect(thrown).toBeInstanceOf(RivuletError);
    expect((thrown as RivuletError).message).toBe(
      'E405 node: its accumulator could reach 2148523932, beyond int32\n     Check the bias and the weights of this layer.',
    );
  });

  it('counts multiply-accumulates with padded taps', () => {
    const op = conv({
      outChannels: 4,
      weights: { kind: 'quantised', data: new Int8Array(4 * 9 * 2).fill(1), scales: new Float32Array(4).fill(1) },
      window: { ...unitWindow, kernelH: 3, kernelW: 3, padTop: 1, padBottom: 1, padLeft: 1, padRight: 1 },
    });
    const graph = lowerToInt8(
      singleNode(op, [{ shape: { h: 5, w: 6, c: 2 }, quant: unitQuant }], {
        shape: { h: 5, w: 6, c: 4 },
        quant: unitQuant,
      }),
    ).graph;
    expect(graph.nodes[0].macs).toBe(5 * 6 * 4 * 9 * 2);
  });
});

function transposedSize(shape: { h: number; w: number }, w: Conv2d['window']): { h: number; w: number } {
  return {
    h: (shape.h - 1) * w.strideH - w.padTop - w.padBottom + (w.kernelH - 1) * w.dilationH + 1,
    w: (shape.w - 1) * w.strideW - w.padLeft - w.padRight + (w.kernelW - 1) * w.dilationW + 1,
  };
}

function biasOf(
  kind: number,
  channels: number,
  seed: number,
  inputScale: number,
  weightScales: Float32Array,
): Conv2d['bias'] {
  const data = Int32Array.from(codes(channels, seed + 7), (v) => v * 37);
  if (kind === 0) return null;
  // Same unit; the unit rounded to float32; an integer multiple of it.
  const factor = kind === 3 ? 4 : 1;
  return {
    data,
    scales: Float64Array.from(weightScales, (s) =>
      kind === 2 ? Math.fround(s * inputScale) : s * inputScale * factor,
    ),
  };
}

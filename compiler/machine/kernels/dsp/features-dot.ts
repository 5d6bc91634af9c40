/** What calls of the DSP convolutions do, depthwise apart, as counts for the cost model. */

import type { ChannelRequant, ConvOp, Int8Graph, Int8Node } from '../../../ir/int8-graph.js';
import { axisTaps, type Features, roundedOutputs } from '../../cost-features.js';
import type { CallShape } from '../../kernel.js';
import { inputShape, opOf, outputShape } from '../c/structs.js';
import { dotShape, hasMasks, isDotRequant, isFastRequant } from './dot-pack.js';

const convOf = (node: Int8Node): ConvOp => opOf(node, 'conv2d');

/** Outputs that are rounded in C, by rounding, or clamped by the assembly that rounds all others. */
export function slowOutputs(fast: boolean, r: ChannelRequant, outputs: number): Features {
  if (fast) return r.clampMin === -128 && r.clampMax === 127 ? {} : { clampedOutputs: outputs };
  const { outputs: fixed, clampedOutputs: _, ...rest } = roundedOutputs(r, outputs);
  return fixed === undefined ? rest : { slowOutputs: fixed };
}

/** Passes of a loop of four steps behind the first step: the first pass has what is left over. */
const passes = (steps: number): number => Math.max(1, Math.ceil((steps - 1) / 4));

/** Instructions of a channel pair of three pixels. */
const threePixels = (steps: number, wide: boolean): number =>
  wide ? 28 + 19 * steps + 3 * passes(steps) : 35 + 17 * steps + 2 * passes(steps);

/** The same as Cortex-M7 does it. */
const threePixelsM7 = (steps: number, wide: boolean): number => (wide ? 40 + 26 * steps : 46 + 24 * steps);

/** Of one pixel: four or eight inputs in front, then eight at a time in loops of four. */
function onePixel(steps: number, wide: boolean): number {
  const eights = (steps - 1) >> 1;
  const [odd, even, eight, after] = wide ? [10, 19, 18, 15] : [8, 15, 14, 17];
  return 2 + (steps % 2 === 1 ? odd : even) + eight * eights + 2 * (Math.floor(eights / 4) + 1) + after;
}

const onePixelM7 = (steps: number, wide: boolean): number => (wide ? 30 + 13 * steps : 32 + 11 * steps);

/** Two pairs of one pixel. */
const twoPairs = (steps: number): number => 32 + 15 * steps + 2 * (Math.floor((steps - 1) / 4) + 1);

const twoPairsM7 = (steps: number): number => 37 + 20 * steps;

/**
 * rv_dot_block_dsp.h: three pixels at a time, those that remain one by one; channels in pairs, inputs in steps of four.
 * `assembly` is the number of its instructions as written, `assemblyM7` that of rv_dot_block_m7.h, so that only what C
 * does around them is left to measure.
 */
function dotFeatures(op: ConvOp, pixels: number, wide = false): Features {
  const { groups, channels, depth } = dotShape(op);
  const threes = groups * Math.floor(pixels / 3);
  const ones = groups * (pixels % 3);
  const steps = Math.ceil(depth / 4);
  const pairs = Math.ceil(channels / 2);
  const odd = channels % 2;
  const even = hasMasks(op) ? [21, 9] : [0, 0];
  const { clampMin, clampMax } = op.requant;
  const plain = isFastRequant(op.requant) && clampMin === -128 && clampMax === 127 && op.partial === undefined;
  const twos = plain && !wide ? channels >> 2 : 0;
  const twosM7 = plain && steps > 1 ? channels >> 2 : 0;
  const one = twos * twoPairs(steps) + (pairs - 2 * twos) * (onePixel(steps, wide) + even[1]);
  const oneM7 = twosM7 * twoPairsM7(steps) + (pairs - 2 * twosM7) * (onePixelM7(steps, wide) + even[1]);
  return {
    threes,
    ones,
    oddThrees: odd * threes,
    oddOnes: odd * ones,
    assembly: pairs * threes * (threePixels(steps, wide) + even[0]) + ones * one,
    assemblyM7: pairs * threes * (threePixelsM7(steps, wide) + even[0]) + ones * oneM7,
    ...slowOutputs(isDotRequant(op.requant), op.requant, channels * groups * pixels),
  };
}

/** Groups of three along rows of `cols` pixels that do not lie in one row. */
function brokenThrees(pixels: number, cols: number): number {
  const threes = Math.floor(pixels / 3);
  const period = Math.min(threes, cols);
  let broken = 0;
  for (let t = 0; t < period; t++) if (cols - ((3 * t) % cols) < 3) broken++;
  return period === 0 ? 0 : (broken * threes) / period;
}

export const pointwiseFeatures =
  (wide: boolean) =>
  (node: Int8Node, graph: Int8Graph, call: CallShape): Features => {
    const op = convOf(node);
    const inputs = inputShape(node, graph).c;
    const pixels = call.rows * call.cols;
    const threes = Math.floor(pixels / 3);
    const ones = pixels % 3;
    const words = Math.floor(inputs / 4);
    const tails = inputs % 4 === 0 ? 0 : 1;
    return {
      calls: 1,
      rows: call.rows,
      brokenThrees: brokenThrees(pixels, call.cols),
      stagedWords: threes * words,
      stagedWordsOne: ones * words,
      tailThrees: threes * tails,
      tailOnes: ones * tails,
      ...dotFeatures(op, pixels, wide),
    };
  };

/** Instructions by which a pair's sums are kept instead of requantised and written: for three pixels, for one. */
const keptPair = { first: [-16, -6], middle: [-8, -3], last: [14, 7] } as const;

/** A slice of a pointwise convolution: outputs are rounded with the last one alone. */
export const partialFeatures =
  (wide: boolean) =>
  (node: Int8Node, graph: Int8Graph, call: CallShape): Features => {
    const { partial, requant, bias } = convOf(node);
    const { first, last } = partial!;
    const features = pointwiseFeatures(wide)(node, graph, call);
    if (first && last) return features;
    const [three, one] = last ? keptPair.last : first ? keptPair.first : keptPair.middle;
    const pixels = call.rows * call.cols;
    const kept = Math.ceil(bias.length / 2) * (three * Math.floor(pixels / 3) + one * (pixels % 3));
    const assembly = features['assembly'] + kept;
    const assemblyM7 = features['assemblyM7'] + kept;
    if (last) return { ...features, slices: 1, assembly, assemblyM7 };
    // Odd channels are as any others where nothing is written.
    const slow = Object.keys(slowOutputs(isDotRequant(requant), requant, 1));
    const unrounded = Object.entries(features).filter(([name]) => !slow.includes(name) && !name.startsWith('odd'));
    return { ...Object.fromEntries(unrounded), slices: 1, assembly, assemblyM7 };
  };

/** Groups of three pixels that hold a border pixel: rows are whole, or a part of the image's width. */
function spoiltThrees(op: ConvOp, inputW: number, outputW: number, call: CallShape): number {
  const { kernelW, strideW, dilationW, padLeft } = op.window;
  const threes = Math.floor((call.rows * call.cols) / 3);
  const atBorder = (x: number): boolean =>
    x * strideW - padLeft < 0 || x * strideW - padLeft + (kernelW - 1) * dilationW >= inputW;
  if (call.cols < outputW) {
    let border = 0;
    for (let x = 0; x < outputW; x++) if (atBorder(x)) border++;
    return Math.min(threes, (border / outputW) * call.rows * call.cols);
  }
  const period = Math.min(threes, outputW);
  let spoilt = 0;
  for (let t = 0; t < period; t++) {
    if ([3 * t, 3 * t + 1, 3 * t + 2].some((i) => atBorder(i % outputW))) spoilt++;
  }
  return period === 0 ? 0 : (spoilt * threes) / period;
}

/** rv_conv2d_dsp.h */
export const generalFeatures =
  (wide: boolean) =>
  (node: Int8Node, graph: Int8Graph, call: CallShape): Features => {
    const op = convOf(node);
    const { window: w, groups } = op;
    const input = inputShape(node, graph);
    const output = outputShape(node, graph);
    const pixels = call.rows * call.cols;
    const depth = input.c / groups;
    const down = axisTaps(input.h, output.h, w.kernelH, w.strideH, w.dilationH, w.padTop);
    const across = axisTaps(input.w, output.w, w.kernelW, w.strideW, w.dilationW, w.padLeft);
    const dense = groups === 1 && w.dilationW === 1;
    const threes = Math.floor(pixels / 3);
    const byThrees = depth % 4 === 0;
    const base: Features = { calls: 1, rows: call.rows, pixels, ...dotFeatures(op, pixels, wide) };
    // Kernel rows of three pixels at once; where one of them touches the border, tap by tap.
    const threeRows = byThrees ? threes * groups * w.kernelH : 0;
    const wholeShare = dense ? down.inside * (1 - spoiltThrees(op, input.w, output.w, call) / Math.max(1, threes)) : 0;
    const tapThrees = threeRows * (1 - wholeShare) * w.kernelW;
    const threesFeatures: Features = {
      threeRows,
      wholeThreeRows: threeRows * wholeShare,
      threeTaps: tapThrees,
      threeWords: (threeRows * wholeShare * w.kernelW + tapThrees) * (depth / 4),
    };
    // The others field by field. Dense rows of four bytes at most come in one way everywhere; of others, rows straight from
    // the image where the columns are inside, joined where they are of no whole words or some are outside; or by way of a
    // copy with the padding around it.
    const all = groups * (byThrees ? pixels % 3 : pixels);
    const short = dense && w.kernelW * depth <= 4 ? all : 0;
    const fields = all - short;
    const inside = dense ? 1 - across.border : 0;
    const straight = (w.kernelW * depth) % 4 === 0 ? inside * (1 - down.border) : 0;
    const joined = fields * (inside - straight);
    const copied = fields * (1 - inside);
    const rowsInside = copied * w.kernelH * down.inside;
    const runs = dense ? rowsInside : rowsInside * w.kernelW * across.inside;
    const runBytes = dense ? w.kernelW * across.inside * depth : depth;
    return {
      ...base,
      ...threesFeatures,
      fields,
      straightRows: fields * straight * w.kernelH,
      straightWords: fields * straight * w.kernelH * Math.floor((w.kernelW * depth) / 4),
      shortFields: short,
      shortRows: short * w.kernelH,
      joinedFields: joined,
      joinedRows: joined * w.kernelH,
      joinedWords: joined * w.kernelH * Math.floor((w.kernelW * depth) / 4),
      joinedTails: (w.kernelW * depth) % 4 === 0 ? 0 : joined * w.kernelH,
      copiedFields: copied,
      copiedRows: copied * w.kernelH,
      copiedRuns: runs,
      copiedBytes: dense ? runs * (runBytes % 4) : runs * (depth % 4),
      copiedWords: runs * Math.floor(runBytes / 4),
      fieldWords: copied * Math.ceil((w.kernelH * w.kernelW * depth) / 4),
    };
  };

/** rv_conv2d_image_dsp.h */
export function imageFeatures(node: Int8Node, graph: Int8Graph, call: CallShape): Features {
  const op = convOf(node);
  const { window: w } = op;
  const input = inputShape(node, graph);
  const output = outputShape(node, graph);
  const pixels = call.rows * call.cols;
  const { border } = axisTaps(input.w, output.w, w.kernelW, w.strideW, w.dilationW, w.padLeft);
  return {
    calls: 1,
    rows: call.rows,
    pixels,
    borderPixels: pixels * border,
    broken: brokenThrees(pixels, call.cols),
    ...dotFeatures(op, pixels),
  };
}

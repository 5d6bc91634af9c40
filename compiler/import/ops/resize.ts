/** Resize and Upsample: every coordinate mode, resolved to rows and columns of indices and exact weights. */

import type { ResizeAxis } from '../../ir/graph.js';
import { dimsOf } from '../context.js';
import type { NodeContext } from '../context.js';
import { maxResizedAxis } from '../limits.js';
import { imageOf, imageResult } from './image.js';
import { linearAxis, nearestAxis, rationalScale } from './resize-axis.js';
import type { CoordinateMode, NearestMode, Ratio } from './resize-axis.js';

const coordinateModes: readonly string[] = [
  'half_pixel',
  'half_pixel_symmetric',
  'pytorch_half_pixel',
  'align_corners',
  'asymmetric',
  'tf_half_pixel_for_nn',
] satisfies CoordinateMode[];
const nearestModes: readonly string[] = [
  'round_prefer_floor',
  'round_prefer_ceil',
  'floor',
  'ceil',
] satisfies NearestMode[];

interface Request {
  readonly mode: 'nearest' | 'linear';
  readonly coordinates: CoordinateMode;
  readonly nearest: NearestMode;
}

function readModes(ctx: NodeContext): Request {
  const given = ctx.string('mode', 'nearest') || 'nearest';
  const mode = given === 'bilinear' ? 'linear' : given;
  if (mode !== 'nearest' && mode !== 'linear')
    return ctx.unsupported(`mode '${given}' is not supported; nearest and linear are`);
  if (ctx.int('antialias', 0) !== 0 && mode === 'linear') ctx.unsupported('antialias is not supported');
  // Resize of opset 10 and Upsample sample at floor(x / scale).
  const isOld = ctx.node.op === 'Upsample' || ctx.opset < 11;
  const coordinates = isOld ? 'asymmetric' : ctx.string('coordinate_transformation_mode', 'half_pixel') || 'half_pixel';
  const nearest = isOld ? 'floor' : ctx.string('nearest_mode', 'round_prefer_floor') || 'round_prefer_floor';
  if (!coordinateModes.includes(coordinates))
    ctx.unsupported(`coordinate_transformation_mode '${coordinates}' is not supported`);
  if (!nearestModes.includes(nearest)) ctx.unsupported(`nearest_mode '${nearest}' is not known`);
  return { mode, coordinates: coordinates as CoordinateMode, nearest: nearest as NearestMode };
}

/** Output size and scale of every axis. */
interface Target {
  readonly sizes: readonly number[];
  readonly scales: readonly Ratio[];
  /** The scales in float32, as ONNX Runtime holds them. */
  readonly floats: readonly number[];
}

const inFloat32 = (scales: readonly Ratio[]): number[] => scales.map((s) => Math.fround(s.numerator / s.denominator));

function readTarget(ctx: NodeContext, dims: readonly number[]): Target {
  const rank = dims.length;
  const axes = ctx.ints('axes') === null ? dims.map((_, i) => i) : ctx.axes(ctx.ints('axes') ?? [], rank);
  const isOldInput = ctx.node.op === 'Upsample' || ctx.opset < 11;
  const scalesIndex = isOldInput ? 1 : 2;
  const attribute = ctx.floats('scales');
  const scales = attribute ?? (ctx.has(scalesIndex) ? Array.from(ctx.constant(scalesIndex).data) : []);
  if (scales.length > 0) {
    if (scales.length !== axes.length) ctx.shapeProblem(`it has ${scales.length} scales for ${axes.length} axes`);
    for (const s of scales) if (!Number.isFinite(s) || s <= 0) ctx.shapeProblem(`scale ${s} is not valid`);
    const full = dims.map((_, i) => (axes.includes(i) ? scales[axes.indexOf(i)] : 1));
    const sizes = dims.map((n, i) => Math.floor(Math.fround(n * Math.fround(full[i]))));
    return { sizes, scales: full.map((s, i) => rationalScale(s, dims[i], sizes[i])), floats: full.map(Math.fround) };
  }
  if (isOldInput || !ctx.has(3)) return ctx.shapeProblem('it has neither scales nor sizes');
  const given = Array.from(ctx.constant(3).data);
  if (given.length !== axes.length) ctx.shapeProblem(`it has ${given.length} sizes for ${axes.length} axes`);
  const policy = ctx.string('keep_aspect_ratio_policy', 'stretch') || 'stretch';
  if (policy === 'stretch') {
    const sizes = dims.map((n, i) => (axes.includes(i) ? given[axes.indexOf(i)] : n));
    const scales = sizes.map((n, i): Ratio => ({ numerator: n, denominator: dims[i] }));
    return { sizes, scales, floats: inFloat32(scales) };
  }
  const ratios = axes.map((a, i) => given[i] / dims[a]);
  const pick = policy === 'not_larger' ? Math.min(...ratios) : Math.max(...ratios);
  const chosen = ratios.indexOf(pick);
  const scale: Ratio = { numerator: given[chosen], denominator: dims[axes[chosen]] };
  const sizes = dims.map((n, i) =>
    axes.includes(i) ? Math.floor((n * scale.numerator) / scale.denominator + 0.5) : n,
  );
  const all = dims.map((_, i) => (axes.includes(i) ? scale : { numerator: 1, denominator: 1 }));
  return { sizes, scales: all, floats: inFloat32(all) };
}

export function convertResize(ctx: NodeContext): void {
  const x = ctx.activation(0);
  const request = readModes(ctx);
  if (ctx.domain(x) === 'index') ctx.unsupported('resizing of indices is not supported');
  const dims = dimsOf(x);
  const { sizes, scales, floats } = readTarget(ctx, dims);
  const image = imageOf(ctx, x);
  if (sizes[0] !== dims[0] || sizes[1] !== dims[1])
    ctx.unsupported(`it resizes [${dims.join(', ')}] to [${sizes.join(', ')}]; only rows and columns may change`);
  const one: Ratio = { numerator: 1, denominator: 1 };
  const spatial = image.rank === 4 ? [2, 3] : [null, 2];
  const axis = (dim: number | null): ResizeAxis => {
    if (dim === null)
      return request.mode === 'nearest'
        ? nearestAxis(1, 1, one, 'asymmetric', 'floor')
        : linearAxis(1, 1, one, 'asymmetric');
    if (!(sizes[dim] >= 1) || sizes[dim] > maxResizedAxis)
      ctx.shapeProblem(`an output axis of ${sizes[dim]} is out of range`);
    return request.mode === 'nearest'
      ? nearestAxis(dims[dim], sizes[dim], scales[dim], request.coordinates, request.nearest)
      : linearAxis(dims[dim], sizes[dim], scales[dim], request.coordinates, floats[dim]);
  };
  const [rows, columns] = [axis(spatial[0]), axis(spatial[1])];
  const shape = { h: rows.index0.length, w: columns.index0.length, c: image.shape.c };
  const onCodes = request.mode === 'linear' && ctx.domain(x) === 'codes';
  const codeOrigin = onCodes ? (x.type === 'uint8' ? -128 : 0) : null;
  imageResult(
    ctx,
    ctx.builder.emit(
      { kind: 'resize', mode: request.mode, rows, columns, codeOrigin },
      [image.value],
      shape,
      ctx.origin,
    ),
    image.rank,
    x.type,
  );
}

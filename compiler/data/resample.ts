/** Sizes of images as torchvision changes them: Pillow's bilinear filter, centre crops, Pillow's grey. */

import type { Image } from './image.js';

export interface Size {
  readonly height: number;
  readonly width: number;
}

/** The size whose shorter side is `shorter`, the other in proportion and rounded down, as torchvision's Resize(shorter). */
export function sizeForShorterSide({ width, height }: Size, shorter: number): Size {
  const longer = Math.floor((shorter * Math.max(width, height)) / Math.min(width, height));
  return width <= height ? { width: shorter, height: longer } : { width: longer, height: shorter };
}

/**
 * Pillow's bilinear resize with its own arithmetic (Resample.c, 8 bits a channel): a triangle as wide as the step between
 * outputs, so that a smaller image is an average and not a sample; columns first, then rows, each rounded to 8 bits.
 */
export function resizeImage(image: Image, { width, height }: Size): Image {
  const { channels } = image;
  const columns = width === image.width ? image.data : filterColumns(image, width);
  if (height === image.height) return { width, height, channels, data: columns };
  const rowLength = width * channels;
  const data = new Uint8Array(height * rowLength);
  weightsFor(image.height, height).forEach(({ first, weights }, y) => {
    for (let x = 0; x < rowLength; x++) {
      let sum = half;
      for (let k = 0; k < weights.length; k++) sum += columns[(first + k) * rowLength + x] * weights[k];
      data[y * rowLength + x] = clip8(sum);
    }
  });
  return { width, height, channels, data };
}

function filterColumns({ width: from, height, channels, data }: Image, width: number): Uint8Array {
  const out = new Uint8Array(height * width * channels);
  const taps = weightsFor(from, width);
  for (let y = 0; y < height; y++) {
    taps.forEach(({ first, weights }, x) => {
      for (let c = 0; c < channels; c++) {
        let sum = half;
        for (let k = 0; k < weights.length; k++) sum += data[(y * from + first + k) * channels + c] * weights[k];
        out[(y * width + x) * channels + c] = clip8(sum);
      }
    });
  }
  return out;
}

/** Fraction bits of a weight. */
const precision = 22;
const half = 1 << (precision - 1);
const clip8 = (sum: number): number => Math.min(255, Math.max(0, sum >> precision));

/** For every output pixel along one axis: its first input pixel, and the weight of that and of those behind it. */
function weightsFor(from: number, to: number): readonly { readonly first: number; readonly weights: Int32Array }[] {
  const scale = from / to;
  const support = Math.max(scale, 1);
  return Array.from({ length: to }, (_, i) => {
    const centre = (i + 0.5) * scale;
    const first = Math.max(0, Math.trunc(centre - support + 0.5));
    const end = Math.min(from, Math.trunc(centre + support + 0.5));
    const triangle = Array.from({ length: end - first }, (_, k) =>
      Math.max(0, 1 - Math.abs((k + first - centre + 0.5) * (1 / support))),
    );
    const sum = triangle.reduce((total, w) => total + w, 0);
    return { first, weights: Int32Array.from(triangle, (w) => Math.trunc(0.5 + (w / sum) * (1 << precision))) };
  });
}

/** The middle of an image, as torchvision's CenterCrop; null where the image is smaller. */
export function cropCentre(image: Image, { width, height }: Size): Image | null {
  if (image.width < width || image.height < height) return null;
  const left = halfToEven(image.width - width);
  const top = halfToEven(image.height - height);
  const rowLength = width * image.channels;
  const data = new Uint8Array(height * rowLength);
  for (let y = 0; y < height; y++) {
    const from = ((top + y) * image.width + left) * image.channels;
    data.set(image.data.subarray(from, from + rowLength), y * rowLength);
  }
  return { width, height, channels: image.channels, data };
}

/** n / 2 as Python's round gives it. */
function halfToEven(n: number): number {
  const down = Math.floor(n / 2);
  return n % 2 === 0 || down % 2 === 0 ? down : down + 1;
}

/** Pillow's convert('L'): ITU-R 601-2 luma in 16-bit fixed point. */
export function toGrey(image: Image): Image {
  if (image.channels === 1) return image;
  const { data } = image;
  const grey = new Uint8Array(image.width * image.height);
  for (let i = 0; i < grey.length; i++)
    grey[i] = (data[3 * i] * 19595 + data[3 * i + 1] * 38470 + data[3 * i + 2] * 7471 + 0x8000) >> 16;
  return { ...image, channels: 1, data: grey };
}

/** Three equal channels for a grey image; others as they are. */
export function toRgb(image: Image): Image {
  if (image.channels === 3) return image;
  const data = new Uint8Array(image.data.length * 3);
  image.data.forEach((grey, i) => data.fill(grey, 3 * i, 3 * i + 3));
  return { ...image, channels: 3, data };
}

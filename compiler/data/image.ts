/** PNG and JPEG files to 8-bit pixels: pure, for Node and browsers alike. */

import { decode as decodePng } from 'fast-png';
import { decode as decodeJpegFile } from 'jpeg-js';
import { refuse } from './problem.js';

/** Pixels of an image, 8 bits a channel. */
export interface Image {
  readonly width: number;
  readonly height: number;
  /** 1: grey. 3: red, green, blue. */
  readonly channels: 1 | 3;
  /** height x width x channels, row-major. */
  readonly data: Uint8Array;
}

/** Megapixels of an image, and its megabytes while it is decoded; a photograph has 50 megapixels at most. */
const mostMegapixels = 100;
const mostMegabytes = 2048;

/** By its first bytes: whether a file is an image that `decodeImage` takes. */
export const isImage = (bytes: Uint8Array): boolean => isPng(bytes) || isJpeg(bytes);

const isPng = (bytes: Uint8Array): boolean => [0x89, 0x50, 0x4e, 0x47].every((byte, i) => bytes[i] === byte);
const isJpeg = (bytes: Uint8Array): boolean => bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff;

/**
 * Decodes a PNG or JPEG. As Pillow's convert('RGB') does, alpha is dropped and not blended; orientation tags are not followed.
 * E157 (exit 2) where it is no such file, or damaged; `file` names it in the message.
 */
export function decodeImage(bytes: Uint8Array, file: string): Image {
  if (!isImage(bytes)) return refuse('E157', file, 'is neither a PNG nor a JPEG');
  try {
    return isPng(bytes) ? decodePngImage(bytes) : decodeJpegImage(bytes);
  } catch (error) {
    // What a decoder reads behind the last byte says nothing of the image.
    const why = error instanceof RangeError ? 'it is cut off, or damaged' : (error as Error).message;
    return refuse('E157', file, `is not an image that can be read: ${why}`);
  }
}

function decodeJpegImage(bytes: Uint8Array): Image {
  const { width, height, data } = decodeJpegFile(bytes, {
    useTArray: true,
    formatAsRGBA: false,
    tolerantDecoding: false,
    maxResolutionInMP: mostMegapixels,
    maxMemoryUsageInMB: mostMegabytes,
  });
  return { width, height, channels: 3, data };
}

/** IHDR: width and height at bytes 16 and 20, depth at 24, interlace method at 28. */
function decodePngImage(bytes: Uint8Array): Image {
  const header = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (header.getUint32(16) * header.getUint32(20) > mostMegapixels * 1e6)
    throw new Error(`it has more than ${mostMegapixels} megapixels`);
  if (bytes[28] === 1 && bytes[24] < 8)
    throw new Error('it is interlaced with less than 8 bits a channel; save it without interlacing');
  const png = decodePng(bytes, { checkCrc: true });
  const { width, height, depth, channels, palette } = png;
  const samples = depth < 8 ? unpack(png.data, width * channels, height, depth) : png.data;
  if (samples.length !== width * height * channels) throw new Error('its pixels are incomplete');
  if (palette !== undefined && channels === 1) return { width, height, channels: 3, data: lookUp(samples, palette) };
  const kept = channels <= 2 ? 1 : 3;
  // The high byte of 16 bits; fewer than 8 are spread over 0 to 255.
  const to8 = depth === 16 ? (x: number) => x >> 8 : depth < 8 ? (x: number) => (x * 255) / ((1 << depth) - 1) : null;
  const data = new Uint8Array(width * height * kept);
  for (let pixel = 0; pixel < width * height; pixel++) {
    for (let c = 0; c < kept; c++) {
      const sample = samples[pixel * channels + c];
      data[pixel * kept + c] = to8 === null ? sample : to8(sample);
    }
  }
  return { width, height, channels: kept, data };
}

/** Rows of `perRow` samples of `depth` bits, each row from a byte of its own, to a byte a sample. */
function unpack(packed: ArrayLike<number>, perRow: number, rows: number, depth: number): Uint8Array {
  const rowBytes = Math.ceil((perRow * depth) / 8);
  const out = new Uint8Array(perRow * rows);
  for (let y = 0; y < rows; y++) {
    for (let i = 0; i < perRow; i++) {
      const bit = i * depth;
      const byte = packed[y * rowBytes + (bit >> 3)];
      out[y * perRow + i] = (byte >> (8 - depth - (bit & 7))) & ((1 << depth) - 1);
    }
  }
  return out;
}

function lookUp(indices: ArrayLike<number>, palette: readonly (readonly number[])[]): Uint8Array {
  const data = new Uint8Array(indices.length * 3);
  for (let i = 0; i < indices.length; i++) {
    const colour = palette[indices[i]];
    if (colour === undefined) throw new Error(`pixel ${i} names a colour that its palette does not have`);
    data.set(colour.slice(0, 3), 3 * i);
  }
  return data;
}

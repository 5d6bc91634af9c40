/** The stream that rv_dot_s8_mve reads (runtime-c/src/rv_dot_mve.h). */

import type { ChannelRequant } from '../../../ir/int8-graph.js';
import { effectiveRounding } from '../c/structs.js';

/** Lanes of the groups into which output channels are cut: 16s, then 8s, then one of 4. */
export function laneGroups(channels: number): number[] {
  const groups: number[] = [];
  let left = channels;
  for (; left >= 16; left -= 16) groups.push(16);
  for (; left > 4; left -= 8) groups.push(8);
  if (left > 0) groups.push(4);
  return groups;
}

/** Channel, within its group, of a lane of a quad. */
export function channelOfLane(lanes: number, quad: number, lane: number): number {
  const quads = lanes / 4;
  return quads * lane + (quads === 4 ? [0, 2, 1, 3][quad] : quad);
}

/**
 * True where the fast requantisation applies: floor((2 * acc * M) / 2^32) >> (n + 1) in two steps of 2 and n - 1 <= 8
 * bits, saturated to int8.
 */
export function isFast(r: ChannelRequant): boolean {
  return r.leftShift === 0 && isFastBehindShift(r);
}

/** As isFast, where the kernel shifts accumulators left before. */
export function isFastBehindShift(r: ChannelRequant): boolean {
  return effectiveRounding(r) === 'fixed' && r.shift >= 1 && r.shift <= 9 && r.clampMin === -128 && r.clampMax === 127;
}

/** What `packDot` reads of one set of output channels that share their input vectors. */
export interface DotChannels {
  readonly depth: number;
  readonly count: number;
  /** Value k of channel c's weights. */
  readonly weight: (c: number, k: number) => number;
  /** Null where accumulators begin at sums in memory. */
  readonly bias: ((c: number) => number) | null;
  /** Null on the general path, and where no results are made. */
  readonly multiplier: ((c: number) => number) | null;
}

function dotStreamBytes({ depth, count, bias, multiplier }: DotChannels): number {
  const quadBytes = (bias === null ? 0 : 16) + 64 * Math.ceil(depth / 16) + (multiplier === null ? 0 : 16);
  return laneGroups(count).reduce((bytes, lanes) => bytes + (lanes / 4) * quadBytes, 0);
}

/** Streams of several sets of output channels, one after the other. */
export function packDots(sets: readonly DotChannels[]): Uint8Array {
  const stream = new Uint8Array(sets.reduce((bytes, channels) => bytes + dotStreamBytes(channels), 0));
  const view = new DataView(stream.buffer);
  sets.reduce((at, channels) => packDot(channels, view, at), 0);
  return stream;
}

/** Appends the stream of `channels` at byte `at`; returns its end. */
function packDot(channels: DotChannels, stream: DataView, at: number): number {
  const { depth, count, weight, bias, multiplier } = channels;
  const blocks = Math.ceil(depth / 16);
  let first = 0;
  for (const lanes of laneGroups(count)) {
    const quads = lanes / 4;
    const channel = (quad: number, lane: number): number => first + channelOfLane(lanes, quad, lane);
    const words = (quad: number, of: (c: number) => number): void => {
      for (let lane = 0; lane < 4; lane++, at += 4)
        stream.setInt32(at, channel(quad, lane) < count ? of(channel(quad, lane)) : 0, true);
    };
    for (let quad = 0; quad < quads; quad++) {
      if (bias !== null) words(quad, bias);
      for (let block = 0; block < blocks; block++) {
        for (let lane = 0; lane < 4; lane++) {
          const c = channel(quad, lane);
          for (let i = 0; i < 16; i++, at++) {
            const k = 16 * block + i;
            stream.setInt8(at, c < count && k < depth ? weight(c, k) : 0);
          }
        }
      }
    }
    if (multiplier !== null) for (let quad = 0; quad < quads; quad++) words(quad, multiplier);
    first += lanes;
  }
  return at;
}

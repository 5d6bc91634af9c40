/** A requantisation of some of its channels. */

import type { ChannelRequant } from './int8-graph.js';

/** `channels`: which, in the order that they get. */
export function pickChannels(r: ChannelRequant, channels: readonly number[]): ChannelRequant {
  return {
    ...r,
    multipliers: Int32Array.from(channels, (c) => r.multipliers[c]),
    even: r.even === null ? null : Uint8Array.from(channels, (c) => r.even?.[c] ?? 0),
    exact: r.exact === null ? null : channels.map((c) => (r.exact ?? [])[c]),
  };
}

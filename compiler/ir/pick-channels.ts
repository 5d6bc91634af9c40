/** A requantisation, or an epilogue, of some of its channels. */

import type { Epilogue } from '../numerics/epilogue.js';
import type { ChannelRequant } from './requant.js';

/** `channels`: which, in the order that they get. */
export function pickChannels(r: ChannelRequant, channels: readonly number[]): ChannelRequant {
  return {
    ...r,
    multipliers: Int32Array.from(channels, (c) => r.multipliers[c]),
    even: r.even === null ? null : Uint8Array.from(channels, (c) => r.even?.[c] ?? 0),
    exact: r.exact === null ? null : channels.map((c) => (r.exact ?? [])[c]),
  };
}

export function pickEpilogueChannels({ stages, result }: Epilogue, channels: readonly number[]): Epilogue {
  // A single entry stands for all channels.
  const pick = (list: Int32Array): Int32Array => (list.length === 1 ? list : Int32Array.from(channels, (c) => list[c]));
  return {
    stages: stages.map((stage) =>
      stage.kind === 'scale'
        ? {
            ...stage,
            positive: pick(stage.positive),
            negative: stage.negative === null ? null : pick(stage.negative),
            addend: stage.addend === null ? null : pick(stage.addend),
          }
        : stage,
    ),
    result: result.kind === 'requant' ? { kind: 'requant', requant: pickChannels(result.requant, channels) } : result,
  };
}

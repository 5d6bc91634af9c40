/** Channels that stay or go together: a union-find over the channels of all values. */

import { valueOf, type Int8Graph, type ValueId } from '../../ir/int8-graph.js';

export class ChannelSets {
  readonly #base = new Map<ValueId, number>();
  readonly #parent: Int32Array;
  readonly #kept: Uint8Array;

  constructor(graph: Int8Graph) {
    let total = 0;
    for (const [id, value] of graph.values) {
      this.#base.set(id, total);
      total += value.shape.c;
    }
    this.#parent = Int32Array.from({ length: total }, (_, i) => i);
    this.#kept = new Uint8Array(total);
  }

  #root(id: ValueId, channel: number): number {
    let i = (this.#base.get(id) ?? 0) + channel;
    while (this.#parent[i] !== i) {
      this.#parent[i] = this.#parent[this.#parent[i]];
      i = this.#parent[i];
    }
    return i;
  }

  /** Makes two channels share their fate. */
  link(a: ValueId, channelA: number, b: ValueId, channelB: number): void {
    const from = this.#root(b, channelB);
    const to = this.#root(a, channelA);
    this.#parent[from] = to;
    if (this.#kept[from] === 1) this.#kept[to] = 1;
  }

  /** Marks a channel as needed; true if that is news. */
  keep(id: ValueId, channel: number): boolean {
    const root = this.#root(id, channel);
    if (this.#kept[root] === 1) return false;
    this.#kept[root] = 1;
    return true;
  }

  isKept(id: ValueId, channel: number): boolean {
    return this.#kept[this.#root(id, channel)] === 1;
  }

  /** The channels of a value that stay, in order. */
  kept(graph: Int8Graph, id: ValueId): number[] {
    return Array.from({ length: valueOf(graph, id).shape.c }, (_, c) => c).filter((c) => this.isKept(id, c));
  }
}

/**
 * Energy check of the branch and bound: the buffers of a clique that must lie within [from, to) together need no more
 * than to - from, less what overlaps save, and less the padding of the one on top.
 */

import type { Clique } from './lower-bound.js';
import { overlapSavings } from './lower-bound.js';
import type { Problem } from './problem.js';

/** Cells that the inputs of one output may share with it; positions count among the clique's members. */
interface Sharing {
  readonly output: number;
  readonly outputCells: number;
  readonly inputs: readonly { readonly member: number; readonly ascending: number; readonly descending: number }[];
}

/** One clique's check, with what does not change between nodes of the search worked out. */
export class EnergyCheck {
  private readonly members: Int32Array;
  private readonly bytes: Int32Array;
  private readonly ownCells: Int32Array;
  private readonly padding: Int32Array;
  private readonly sharing: readonly Sharing[];
  private readonly cell: number;
  /** Members by the end of their window, and the ends; scratch of fits(). */
  private readonly order: Int32Array;
  private readonly tops: Int32Array;
  private readonly inside: Uint8Array;

  constructor(problem: Problem, clique: Clique, cell: number) {
    const buffers = clique.members.map((m) => problem.buffers[m]);
    this.cell = cell;
    this.members = Int32Array.from(clique.members);
    this.bytes = Int32Array.from(buffers, (b) => b.bytes);
    this.ownCells = Int32Array.from(buffers, (b) => Math.ceil(b.bytes / cell));
    this.padding = Int32Array.from(buffers, (b, i) => this.ownCells[i] * cell - b.bytes);
    const position = new Map(buffers.map((b, i) => [b.id, i]));
    const sharing = new Map<
      number,
      { output: number; outputCells: number; inputs: { member: number; ascending: number; descending: number }[] }
    >();
    for (const o of clique.overlaps) {
      const output = position.get(o.output)!;
      const member = position.get(o.input)!;
      const group = sharing.get(output) ?? { output, outputCells: this.ownCells[output], inputs: [] };
      group.inputs.push({ member, ...overlapSavings(o, this.ownCells[output], this.ownCells[member], cell) });
      sharing.set(output, group);
    }
    this.sharing = [...sharing.values()];
    this.order = new Int32Array(this.members.length);
    this.tops = new Int32Array(this.members.length);
    this.inside = new Uint8Array(this.members.length);
  }

  /** False where the windows [earliest, latest] of the members cannot hold them. O(members^2). */
  fits(earliest: Int32Array, latest: Int32Array): boolean {
    const { members, bytes, ownCells, padding, cell, order, tops, inside } = this;
    const n = members.length;
    for (let i = 0; i < n; i++) {
      const top = latest[members[i]] + bytes[i];
      let at = i;
      for (; at > 0 && tops[at - 1] > top; at--) {
        tops[at] = tops[at - 1];
        order[at] = order[at - 1];
      }
      tops[at] = top;
      order[at] = i;
    }
    for (let f = 0; f < n; f++) {
      const from = earliest[members[f]];
      if (this.sameStart(earliest, from, f)) continue;
      inside.fill(0);
      let cells = 0;
      let most = 0;
      for (let k = 0; k < n; k++) {
        const i = order[k];
        if (earliest[members[i]] < from) continue;
        cells += ownCells[i];
        if (padding[i] > most) most = padding[i];
        inside[i] = 1;
        const room = tops[k] - from;
        if (cells * cell - most > room && (cells - this.savedCells()) * cell - most > room) return false;
      }
    }
    return true;
  }

  /** An earlier member starts there too: seen already. */
  private sameStart(earliest: Int32Array, from: number, before: number): boolean {
    for (let i = 0; i < before; i++) if (earliest[this.members[i]] === from) return true;
    return false;
  }

  private savedCells(): number {
    const { inside } = this;
    let saved = 0;
    for (const { output, outputCells, inputs } of this.sharing) {
      if (inside[output] === 0) continue;
      let ascending = 0;
      let descending = 0;
      for (const input of inputs) {
        if (inside[input.member] === 0) continue;
        ascending += input.ascending;
        descending += input.descending;
      }
      saved += Math.min(outputCells, Math.max(ascending, descending));
    }
    return saved;
  }
}

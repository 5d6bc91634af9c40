/** Names and literals of Python. Names of a model are untrusted text. */

import { printable } from '../diagnostics.js';

const keywords = new Set(
  (
    'False None True and as assert async await break class continue def del elif else except finally for from global if import in is ' +
    'lambda nonlocal not or pass raise return try while with yield self torch nn F x forward training'
  ).split(' '),
);

/** Distinct attribute names for the nodes and values of a network. */
export class PythonNames {
  readonly #taken = new Set<string>(keywords);

  /** A name that reads like the given one. */
  take(name: string, kind: string): string {
    const plain = name
      .replace(/[^A-Za-z0-9]+/g, '_')
      .replace(/^_+|_+$/g, '')
      .slice(0, 60)
      .toLowerCase();
    const stem = plain === '' || /^\d/.test(plain) ? `${kind}_${plain}`.replace(/_$/, '') : plain;
    let free = stem;
    for (let i = 2; this.#taken.has(free); i++) free = `${stem}_${i}`;
    this.#taken.add(free);
    return free;
  }
}

export const tuple = (items: readonly (number | string)[]): string =>
  items.length === 1 ? `(${items[0]},)` : `(${items.join(', ')})`;

/** A float as Python writes it. */
export function literal(value: number): string {
  if (value === Infinity) return 'float("inf")';
  if (value === -Infinity) return 'float("-inf")';
  return Number.isInteger(value) && Math.abs(value) < 1e15 ? `${value}.0` : `${value}`;
}

/** Untrusted text on one line of a comment. */
export const comment = (text: string): string => printable(text, 100);

/** What a search found, for a terminal. */

import { printable } from '../diagnostics.js';
import { formatBytes, formatCount } from '../util/format.js';
import type { FoundNetwork, SearchDocument } from './search-document.js';
import { scoreText } from './search-page.js';
import { tableLines } from './table.js';

export function searchText(document: SearchDocument): string {
  const { original, front, evaluated, fitted, seed } = document;
  const row = (id: string, n: FoundNetwork): readonly string[] => [
    id,
    scoreText(n, document),
    formatBytes(n.peakSramBytes),
    `${(n.peakSramBytes / original.peakSramBytes).toFixed(2)} x`,
    formatCount(n.instructions),
    formatBytes(n.flashBytes),
  ];
  const table = tableLines(
    [
      { head: '', align: 'left' },
      { head: 'score', align: 'left' },
      { head: 'peak SRAM', align: 'right' },
      { head: '', align: 'right' },
      { head: 'instructions', align: 'right' },
      { head: 'flash', align: 'right' },
    ],
    [row('original', original), ...front.map((p) => row(p.id, p))],
  );
  const moves = front.flatMap((p) => [
    `${p.id}:${p.moves.length === 0 ? ' the original under another schedule' : ''}`,
    ...p.moves.map(({ words }) => `  ${printable(words)}`),
  ]);
  const counts = `${evaluated} plans, ${fitted} networks fitted, seed ${seed}`;
  return `${[...table, '', ...moves, '', counts].join('\n')}\n`;
}

/** Tables that sort by a click on any head: numbers largest first, text from A. */

import { el } from './dom.js';

const collator = new Intl.Collator('en', { numeric: true });

export function sortable(table: HTMLTableElement, signal: AbortSignal): void {
  const body = table.tBodies[0];
  const original = [...body.rows];
  const heads = [...table.querySelectorAll<HTMLTableCellElement>('th[data-sort]')];
  const valueOf = (row: HTMLTableRowElement, column: number): string => row.cells[column].dataset['value'] ?? '';
  for (const head of heads) {
    const column = head.cellIndex;
    const isNumber = head.dataset['sort'] === 'number';
    const button = el('button', { type: 'button' }, ...head.childNodes);
    head.replaceChildren(button);
    head.setAttribute('aria-sort', 'none');
    button.addEventListener(
      'click',
      () => {
        // The first column is the order of the program: that one begins with the least.
        const first = isNumber && column > 0 ? 'descending' : 'ascending';
        const now = head.getAttribute('aria-sort');
        const next = now === 'none' ? first : now === first ? opposite(first) : first;
        for (const other of heads) other.setAttribute('aria-sort', other === head ? next : 'none');
        const sign = next === 'ascending' ? 1 : -1;
        const sorted = [...original].sort((a, b) => {
          const [x, y] = [valueOf(a, column), valueOf(b, column)];
          return sign * (isNumber ? Number(x) - Number(y) : collator.compare(x, y));
        });
        body.replaceChildren(...sorted);
      },
      { signal },
    );
  }
}

const opposite = (order: string): string => (order === 'ascending' ? 'descending' : 'ascending');

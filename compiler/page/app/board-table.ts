/** The network on every board: verdicts as they come, most SRAM first. */

import { formatBytes, formatCount } from '../../util/format.js';
import { el, must } from '../explore/dom.js';
import type { BoardFacts, BoardVerdict } from '../protocol.js';
import { coreText } from './words.js';

export interface BoardTable {
  /** All boards anew, nothing known of any. */
  readonly start: (chosen: string | null) => void;
  readonly working: (id: string) => void;
  readonly verdict: (verdict: BoardVerdict) => void;
  /** No more verdicts will come. */
  readonly end: (why: string) => void;
  readonly mark: (chosen: string | null) => void;
}

export function boardTable(
  root: HTMLElement,
  boards: readonly BoardFacts[],
  choose: (id: string) => void,
  stop: () => void,
): BoardTable {
  const body = must<HTMLTableSectionElement>(root, 'tbody');
  const stopButton = must<HTMLButtonElement>(root, '.stop');
  const note = must<HTMLElement>(root, '.boards-note');
  stopButton.addEventListener('click', stop);
  const rows = new Map<string, HTMLTableRowElement>();
  let left = 0;

  const row = (b: BoardFacts): HTMLTableRowElement => {
    const button = el('button', { type: 'button', 'aria-pressed': 'false' }, b.name);
    button.addEventListener('click', () => choose(b.id));
    return el(
      'tr',
      { 'data-board': b.id },
      el('th', { scope: 'row' }, button, el('span', { class: 'narrow soft small' }, formatBytes(b.sramBytes))),
      el('td', { class: 'wide' }, coreText(b.core)),
      el('td', { class: 'n mid' }, formatBytes(b.sramBytes)),
      el('td', { class: 'answer soft' }, '·'),
      el('td', { class: 'n sram' }),
      el('td', { class: 'n wide flash' }),
      el('td', { class: 'n wide instructions' }),
      el('td', { class: 'wide how soft' }),
    );
  };
  const cell = (id: string, name: string): HTMLElement => must(rows.get(id)!, `.${name}`);
  const mark = (chosen: string | null): void => {
    for (const [id, element] of rows) {
      element.classList.toggle('chosen-board', id === chosen);
      must(element, 'button').setAttribute('aria-pressed', String(id === chosen));
    }
  };
  const count = (): void => {
    note.textContent =
      left === 0 ? '' : `${boards.length - left} of ${boards.length} boards known; the tight ones take longest.`;
    stopButton.hidden = left === 0;
  };

  return {
    start: (chosen) => {
      rows.clear();
      for (const b of boards) rows.set(b.id, row(b));
      body.replaceChildren(...rows.values());
      left = boards.length;
      count();
      mark(chosen);
    },
    working: (id) => {
      cell(id, 'answer').textContent = 'searching …';
    },
    verdict: (v) => {
      const answer = cell(v.id, 'answer');
      answer.textContent = v.fits ? 'fits' : 'does not fit';
      answer.className = `answer ${v.fits ? 'yes' : 'no'}`;
      if (v.diagnostics.length > 0) answer.title = v.diagnostics.map((d) => `${d.message}. ${d.hint ?? ''}`).join('\n');
      cell(v.id, 'sram').textContent = formatBytes(v.peakSramBytes);
      cell(v.id, 'flash').textContent = formatBytes(v.flashBytes);
      cell(v.id, 'instructions').textContent = v.fits ? formatCount(v.instructions) : '';
      cell(v.id, 'how').textContent = howText[v.schedule] ?? v.schedule;
      left--;
      count();
    },
    end: (why) => {
      left = 0;
      count();
      note.textContent = why;
      for (const id of rows.keys())
        if (/^(·|searching)/.test(cell(id, 'answer').textContent ?? '')) cell(id, 'answer').textContent = '–';
    },
    mark,
  };
}

const howText: Readonly<Record<string, string>> = {
  layer: 'layer by layer',
  stream: 'rows',
  patch: 'patches',
  mixed: 'layers, rows and tiles',
};

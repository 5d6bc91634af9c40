/** Brings the report's markup to life: the same on report.html and on the page that compiles. */

import type { PlanDocument } from '../../report/plan-document.js';
import { el } from './dom.js';
import { frontView } from './front-view.js';
import { memoryView } from './memory-view.js';
import { sortable } from './sortable.js';
import { tabs } from './tabs.js';

export interface ExploreOptions {
  /** A point of the front was chosen. */
  readonly onPoint?: (index: number) => void;
  /** The view to begin with: the first one otherwise. */
  readonly view?: string;
  readonly onView?: (id: string) => void;
}

/** Mounts everything within `root`; the function that is returned takes it away again. */
export function explore(root: HTMLElement, plan: PlanDocument, options: ExploreOptions = {}): () => void {
  const life = new AbortController();
  const { signal } = life;
  const find = (name: string): HTMLElement | null => root.querySelector(`[data-explore="${name}"]`);
  const [memoryRoot, frontRoot] = [find('memory'), find('front')];
  const memory = memoryRoot === null ? null : memoryView(memoryRoot, plan, signal);
  const front = frontRoot === null ? null : frontView(frontRoot, plan, signal, options.onPoint ?? null);
  for (const table of root.querySelectorAll<HTMLTableElement>('table.sortable')) sortable(table, signal);
  const shown = tabs(root, signal, (id) => {
    memory?.redraw();
    front?.redraw();
    options.onView?.(id);
  });
  if (options.view !== undefined && root.querySelector(`#view-${options.view}`) !== null) shown.show(options.view);

  const toMemory = (step: number): void => {
    shown.show('memory');
    memory?.goTo(Math.max(0, step), outputOf(plan, step));
    memoryRoot?.scrollIntoView({ block: 'nearest' });
  };
  for (const row of root.querySelectorAll<HTMLElement>('table.layers tr[data-step], .net-row[data-step]')) {
    const cell = row.querySelector<HTMLElement>('td, .op')!;
    const step = Number(row.dataset['step']);
    const label = `Step ${Math.max(0, step)} in the memory picture`;
    const button = el('button', { type: 'button', class: 'go', title: label }, ...cell.childNodes);
    button.addEventListener('click', () => toMemory(step), { signal });
    cell.replaceChildren(button);
  }
  return () => life.abort();
}

/** The buffer that a step writes; the network's input for what comes before the first. */
function outputOf(plan: PlanDocument, step: number): number | null {
  if (step >= 0) return plan.steps[step]?.output.buffer ?? null;
  return plan.buffers.find((b) => b.kind === 'input')?.id ?? null;
}

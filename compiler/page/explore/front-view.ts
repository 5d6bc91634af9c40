/** The front: a point that is chosen is set beside the plan of the page. */

import { formatBytes, groupDigits } from '../../util/format.js';
import { fewestInstructions, frontChart, pointText, slowdownText } from '../../report/front-chart.js';
import type { PlanDocument } from '../../report/plan-document.js';
import { el, must, setMarkup } from './dom.js';

export interface FrontView {
  readonly redraw: () => void;
}

export function frontView(
  root: HTMLElement,
  plan: PlanDocument,
  signal: AbortSignal,
  onPoint: ((index: number) => void) | null,
): FrontView {
  const box = must<HTMLElement>(root, '.frontchart');
  const said = must<HTMLElement>(root, '.picked');
  let chosen: number | null = null;
  let drawnWidth = 0;

  const mark = (): void => {
    for (const item of root.querySelectorAll<HTMLElement>('[data-point]')) {
      const isChosen = Number(item.dataset['point']) === chosen;
      item.classList.toggle('picked-point', isChosen);
      if (item.getAttribute('role') === 'button') item.setAttribute('aria-pressed', String(isChosen));
    }
  };
  const choose = (index: number): void => {
    chosen = index;
    said.textContent = compareText(plan, index);
    mark();
    onPoint?.(index);
  };
  const draw = (): void => {
    if (box.clientWidth === 0 || Math.floor(box.clientWidth) === drawnWidth) return;
    drawnWidth = Math.floor(box.clientWidth);
    setMarkup(box, frontChart(plan, Math.max(300, drawnWidth)));
    mark();
  };
  const pointOf = (event: Event): number | null => {
    const item = (event.target as Element).closest<HTMLElement>('[data-point]');
    return item === null ? null : Number(item.dataset['point']);
  };
  root.addEventListener(
    'click',
    (event) => {
      const point = pointOf(event);
      if (point !== null) choose(point);
    },
    { signal },
  );
  root.addEventListener(
    'keydown',
    (event) => {
      const point = pointOf(event);
      if (point === null || (event.key !== 'Enter' && event.key !== ' ')) return;
      event.preventDefault();
      choose(point);
    },
    { signal },
  );
  for (const row of root.querySelectorAll<HTMLTableRowElement>('tr[data-point]')) {
    const cell = row.cells[0];
    cell.replaceChildren(
      el('button', { type: 'button', 'aria-label': `Point ${cell.textContent}` }, ...cell.childNodes),
    );
  }
  const resized = new ResizeObserver(draw);
  resized.observe(box);
  signal.addEventListener('abort', () => resized.disconnect());
  draw();
  return { redraw: draw };
}

/** A point against the plan of the page. */
function compareText(plan: PlanDocument, index: number): string {
  const p = plan.pareto[index];
  const bytes = p.peakSramBytes - plan.memory.peakSramBytes;
  const factor = p.estimatedInstructions / Math.max(1, plan.cost.estimatedInstructions);
  const sram =
    bytes === 0
      ? 'the same SRAM'
      : `${groupDigits(Math.abs(bytes))} bytes ${bytes > 0 ? 'more' : 'less'} SRAM (${formatBytes(p.peakSramBytes)})`;
  const unit = slowdownText(p.estimatedInstructions / fewestInstructions(plan));
  return `Point ${index}: ${pointText(plan, p)}. Against this plan: ${sram} and ${factor.toFixed(2)} × its instructions, ${unit} the fewest. --schedule plan.json#${index} compiles it.`;
}

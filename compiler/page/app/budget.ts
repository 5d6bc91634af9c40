/** The budget of SRAM: a slider, and the front of what each budget costs. */

import { formatBytes, groupDigits } from '../../util/format.js';
import { fewestInstructions, frontChart, slowdownText } from '../../report/front-chart.js';
import type { PlanDocument } from '../../report/plan-document.js';
import { must, setMarkup } from '../explore/dom.js';

export interface Budget {
  /** A plan to mark; what it was allowed is the slider's value. */
  readonly showPlan: (plan: PlanDocument) => void;
  /** The front of the network, or null while it is being worked out. */
  readonly showFront: (front: PlanDocument | null, why?: string) => void;
  /** Bytes allowed; null: the board alone. */
  readonly bytes: () => number | null;
  readonly reset: () => void;
}

const stepBytes = 100;

export function budget(root: HTMLElement, changed: () => void): Budget {
  const slider = must<HTMLInputElement>(root, 'input[type=range]');
  const output = must<HTMLElement>(root, 'output');
  const clear = must<HTMLButtonElement>(root, '.clear');
  const chart = must<HTMLElement>(root, '.frontchart');
  const note = must<HTMLElement>(root, '.front-note');
  let allowed: number | null = null;
  let plan: PlanDocument | null = null;
  let front: PlanDocument | null = null;
  let timer: number | null = null;

  const points = (): readonly { readonly peakSramBytes: number; readonly estimatedInstructions: number }[] =>
    front?.pareto ?? [];

  /** From a little below the least that is known to what the network takes layer by layer. */
  const setRange = (): void => {
    if (plan === null) return;
    const known = [plan.memory.peakSramBytes, ...points().map((p) => p.peakSramBytes)];
    const most = Math.max(plan.memory.layerByLayerBytes, ...known);
    const least = front === null ? Math.min(...known) * 0.4 : Math.min(...known) * 0.9;
    slider.min = String(Math.floor(least / stepBytes) * stepBytes);
    slider.max = String(Math.ceil(most / stepBytes) * stepBytes);
    slider.step = String(stepBytes);
    slider.value = String(allowed ?? most);
  };

  const say = (): void => {
    clear.hidden = allowed === null;
    const value = allowed ?? null;
    output.textContent =
      value === null ? (plan?.board == null ? 'no limit' : "all the board's") : `${groupDigits(value)} bytes`;
    slider.setAttribute('aria-valuetext', output.textContent);
    const [min, max] = [Number(slider.min), Number(slider.max)];
    slider.style.setProperty('--fill', `${(100 * (Number(slider.value) - min)) / Math.max(1, max - min)}%`);
    const limit = value ?? plan?.limits.sramBytes ?? null;
    const best = points()
      .filter((p) => limit === null || p.peakSramBytes <= limit)
      .sort((a, b) => a.estimatedInstructions - b.estimatedInstructions)[0];
    if (front === null) return;
    const least = Math.min(...points().map((p) => p.peakSramBytes));
    note.textContent =
      best === undefined
        ? `The least on this curve is ${formatBytes(least)}.`
        : `On this curve: ${formatBytes(best.peakSramBytes)} at ${slowdownText(best.estimatedInstructions / fewestInstructions(front))} the fewest instructions.`;
  };

  const draw = (): void => {
    const width = Math.floor(chart.clientWidth);
    if (front === null || width === 0) return;
    const marked: PlanDocument = {
      ...front,
      limits: { ...front.limits, sramBytes: allowed ?? plan?.limits.sramBytes ?? null },
      ...(plan === null ? {} : { cost: plan.cost, memory: plan.memory }),
    };
    setMarkup(chart, frontChart(marked, Math.max(300, width)));
  };

  const set = (bytes: number | null): void => {
    allowed = bytes;
    if (bytes !== null) slider.value = String(bytes);
    else setRange();
    say();
    draw();
  };
  const soon = (): void => {
    if (timer !== null) clearTimeout(timer);
    timer = window.setTimeout(changed, 200);
  };
  slider.addEventListener('input', () => set(Number(slider.value)));
  slider.addEventListener('change', soon);
  clear.addEventListener('click', () => {
    set(null);
    changed();
  });
  const pick = (event: Event): void => {
    const point = (event.target as Element).closest<HTMLElement>('[data-point]');
    if (point === null) return;
    event.preventDefault();
    set(points()[Number(point.dataset['point'])].peakSramBytes);
    changed();
  };
  chart.addEventListener('click', pick);
  chart.addEventListener('keydown', (event) => {
    if (event.key === 'Enter' || event.key === ' ') pick(event);
  });
  new ResizeObserver(draw).observe(chart);

  return {
    showPlan: (shown) => {
      plan = shown;
      setRange();
      say();
      draw();
    },
    showFront: (found, why = '') => {
      front = found;
      note.textContent = why;
      if (found === null) chart.replaceChildren();
      setRange();
      say();
      draw();
    },
    bytes: () => allowed,
    reset: () => set(null),
  };
}

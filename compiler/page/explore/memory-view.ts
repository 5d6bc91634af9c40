/** The memory picture: hover shows, a click pins, the brush below it looks closer. */

import { counted } from '../../util/format.js';
import { memoryChart, type MemoryChart } from '../../report/memory-chart.js';
import { bufferText } from '../../report/peak.js';
import type { PlanDocument } from '../../report/plan-document.js';
import { liveAt } from '../../report/plan-index.js';
import { brush, type Brush } from './brush.js';
import { must, setMarkup, svgEl } from './dom.js';
import { inspect } from './inspector.js';

export interface MemoryView {
  /** Goes to a step and pins a buffer there, where one is named. */
  readonly goTo: (step: number, buffer: number | null) => void;
  /** Draws anew: the view has become visible. */
  readonly redraw: () => void;
}

const heightPx = 400;

export function memoryView(root: HTMLElement, plan: PlanDocument, signal: AbortSignal): MemoryView {
  const chartBox = must<HTMLElement>(root, '.chart');
  const pane = must<HTMLElement>(root, '.inspector');
  const said = must<HTMLElement>(root, '[role=status]');
  const steps = Math.max(plan.steps.length, 1);
  const state = {
    from: 0,
    to: steps,
    step: Math.max(0, plan.memory.peakStep),
    buffer: null as number | null,
    pinned: null as number | null,
  };
  let chart: MemoryChart | null = null;
  let drawnWidth = 0;
  pane.hidden = false;

  const draw = (): void => {
    drawnWidth = Math.max(300, Math.floor(chartBox.clientWidth));
    chart = memoryChart(plan, { fromStep: state.from, toStep: state.to, widthPx: drawnWidth, heightPx });
    setMarkup(chartBox, chart.svg);
    // The pane says what the native tooltip would.
    for (const title of chartBox.querySelectorAll('title')) title.remove();
    mark();
  };

  const mark = (): void => {
    if (chart === null) return;
    const { plot } = chart;
    const svg = must<SVGSVGElement>(chartBox, 'svg');
    const cursor = must<SVGGElement>(svg, '.cursor');
    cursor.replaceChildren();
    if (state.from <= state.step && state.step < state.to) {
      const width = (plot.right - plot.left) / (state.to - state.from);
      const x = plot.left + (state.step - state.from) * width;
      cursor.append(svgEl('rect', { x, y: plot.top - 14, width, height: plot.bottom - plot.top + 14 }));
    }
    for (const group of svg.querySelectorAll<SVGGElement>('.buffer')) {
      const id = Number(group.dataset['id']);
      group.classList.toggle('hot', id === state.buffer);
      group.classList.toggle('pinned', id === state.pinned);
    }
    svg.classList.toggle('has-pin', state.pinned !== null);
    inspect(pane, plan, state, pin);
  };

  const pin = (id: number | null): void => {
    state.pinned = id;
    mark();
  };

  const setWindow = (from: number, to: number): void => {
    state.from = Math.max(0, Math.min(from, steps - 1));
    state.to = Math.min(steps, Math.max(to, state.from + 1));
    overview.set(state.from, state.to);
    draw();
  };

  const overview: Brush = brush(must(root, '.minimap'), steps, signal, (from, to) => {
    state.from = from;
    state.to = to;
    draw();
  });

  /** Step and buffer under a pointer; null outside the plot. */
  const at = (event: PointerEvent | MouseEvent): { step: number; buffer: number | null } | null => {
    if (chart === null) return null;
    const { plot, topByte } = chart;
    const box = must<SVGSVGElement>(chartBox, 'svg').getBoundingClientRect();
    const scale = drawnWidth / box.width;
    const [x, y] = [(event.clientX - box.left) * scale, (event.clientY - box.top) * scale];
    if (x < plot.left || x >= plot.right || y < plot.top - 14 || y > plot.bottom) return null;
    const step = Math.floor(state.from + ((state.to - state.from) * (x - plot.left)) / (plot.right - plot.left));
    const address = ((plot.bottom - y) / (plot.bottom - plot.top)) * topByte;
    // Of two that share bytes, the one that is written at this step is drawn above.
    const under = liveAt(plan, step)
      .filter((b) => b.offsetBytes <= address && address < b.offsetBytes + b.bytes)
      .sort((a, b) => b.firstStep - a.firstStep);
    return { step, buffer: under[0]?.id ?? null };
  };

  chartBox.addEventListener(
    'pointermove',
    (event) => {
      const found = at(event);
      if (found === null) return;
      if (found.step === state.step && found.buffer === state.buffer) return;
      Object.assign(state, found);
      mark();
    },
    { signal },
  );
  chartBox.addEventListener('pointerleave', () => {
    state.buffer = null;
    mark();
  });
  chartBox.addEventListener(
    'click',
    (event) => {
      const found = at(event);
      if (found === null) return;
      Object.assign(state, found);
      pin(found.buffer === state.pinned ? null : found.buffer);
    },
    { signal },
  );
  chartBox.addEventListener('keydown', (event) => keyed(event), { signal });

  const keyed = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const actions: Readonly<Record<string, () => void>> = {
      ArrowRight: () => move(1),
      ArrowLeft: () => move(-1),
      ArrowUp: () => among(-1),
      ArrowDown: () => among(1),
      Home: () => move(-steps),
      End: () => move(steps),
      Enter: () => pin(state.buffer === state.pinned ? null : state.buffer),
      Escape: () => pin(null),
      p: () => goTo(plan.memory.peakStep, null),
      '+': () => zoom(0.5),
      '-': () => zoom(2),
      '0': () => setWindow(0, steps),
    };
    const action = actions[event.key];
    if (action === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    action();
    said.textContent = spoken();
  };

  /** For a screen reader: what the keys have led to. */
  const spoken = (): string => {
    const buffer = plan.buffers.find((b) => b.id === state.buffer);
    const held = `step ${state.step}, ${counted(plan.steps[state.step]?.liveBytes ?? 0, 'byte')} held`;
    if (buffer === undefined) return held;
    const pinned = buffer.id === state.pinned ? ', pinned' : '';
    return `${bufferText(plan, buffer)}, ${buffer.kind}, ${counted(buffer.bytes, 'byte')}${pinned}; ${held}`;
  };

  const move = (by: number): void => {
    state.step = Math.max(0, Math.min(steps - 1, state.step + by));
    const live = liveAt(plan, state.step);
    if (!live.some((b) => b.id === state.buffer)) state.buffer = live[0]?.id ?? null;
    if (state.step < state.from || state.step >= state.to) {
      const width = state.to - state.from;
      const from = Math.max(0, Math.min(steps - width, state.step - Math.floor(width / 2)));
      setWindow(from, from + width);
    } else mark();
  };

  const among = (by: number): void => {
    const live = liveAt(plan, state.step);
    const now = live.findIndex((b) => b.id === state.buffer);
    state.buffer = live[Math.max(0, Math.min(live.length - 1, now + by))]?.id ?? null;
    mark();
  };

  const zoom = (factor: number): void => {
    const width = Math.max(1, Math.min(steps, Math.round((state.to - state.from) * factor)));
    const from = Math.max(0, Math.min(steps - width, state.step - Math.floor(width / 2)));
    setWindow(from, from + width);
  };

  const goTo = (step: number, buffer: number | null): void => {
    state.step = step;
    state.buffer = buffer;
    if (buffer !== null) state.pinned = buffer;
    if (step < state.from || step >= state.to) setWindow(0, steps);
    else mark();
  };

  const redraw = (): void => {
    if (chartBox.clientWidth > 0 && Math.floor(chartBox.clientWidth) !== drawnWidth) draw();
  };
  const resized = new ResizeObserver(redraw);
  resized.observe(chartBox);
  signal.addEventListener('abort', () => resized.disconnect());
  draw();
  return { goTo, redraw };
}

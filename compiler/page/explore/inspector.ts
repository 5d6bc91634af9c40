/** The pane beside the memory picture: what a step holds, and everything about one buffer. */

import type { PlacedBuffer } from '../../memory/plan.js';
import { counted, groupDigits } from '../../util/format.js';
import { bufferText } from '../../report/peak.js';
import type { PlanDocument } from '../../report/plan-document.js';
import { bufferUses, liveAt } from '../../report/plan-index.js';
import { el } from './dom.js';

export interface Shown {
  readonly step: number;
  /** Under the pointer, or pinned. */
  readonly buffer: number | null;
  readonly pinned: number | null;
}

/** Fills the pane; `pin` is called with a buffer's id, or null to let go. */
export function inspect(pane: HTMLElement, plan: PlanDocument, shown: Shown, pin: (id: number | null) => void): void {
  const focused = document.activeElement?.getAttribute('data-buffer');
  const subject = plan.buffers.find((b) => b.id === (shown.pinned ?? shown.buffer));
  pane.replaceChildren(...(subject === undefined ? [] : [detail(plan, subject, shown, pin)]), list(plan, shown, pin));
  if (focused !== null && focused !== undefined)
    pane.querySelector<HTMLElement>(`[data-buffer="${CSS.escape(focused)}"]`)?.focus();
}

function detail(plan: PlanDocument, b: PlacedBuffer, { pinned }: Shown, pin: (id: number | null) => void): HTMLElement {
  const use = bufferUses(plan).get(b.id)!;
  const isPinned = pinned === b.id;
  const facts: [string, string][] = [
    ['bytes', groupDigits(b.bytes)],
    ['address', `${groupDigits(b.offsetBytes)} to ${groupDigits(b.offsetBytes + b.bytes)}`],
    ...(use.view === null
      ? []
      : ([['tensor', `${use.view.height} × ${use.view.width} × ${use.view.channels}`]] as [string, string][])),
    ['lives', stepsText(plan, [b.firstStep, b.endStep - 1], true)],
    ...(use.view === null
      ? ([['used by', stepsText(plan, use.writers)]] as [string, string][])
      : ([
          ['written by', [use.fromCaller ? 'the caller' : '', stepsText(plan, use.writers)].filter(Boolean).join(', ')],
          ['read by', [stepsText(plan, use.readers), use.toCaller ? 'the caller' : ''].filter(Boolean).join(', ')],
        ] as [string, string][])),
  ];
  const button = el(
    'button',
    { type: 'button', class: 'pin', 'aria-pressed': String(isPinned) },
    isPinned ? 'Unpin' : 'Pin',
  );
  button.addEventListener('click', () => pin(isPinned ? null : b.id));
  return el(
    'div',
    { class: 'detail', 'data-subject': String(b.id) },
    el('div', { class: 'name' }, el('i', { class: `key ${b.kind}` }), el('b', {}, bufferText(plan, b)), button),
    el('div', { class: 'soft small' }, kindText[b.kind]),
    el(
      'dl',
      {},
      ...facts.flatMap(([term, value]) => [el('dt', {}, term), el('dd', {}, value === '' ? 'nobody' : value)]),
    ),
  );
}

const kindText: Readonly<Record<PlacedBuffer['kind'], string>> = {
  activation: 'a whole tensor',
  input: 'a network input',
  output: 'a network output',
  ring: 'a ring of rows: the newest take the place of the oldest',
  tile: 'a tile of a tensor',
  scratch: "a kernel's working memory",
  state: 'row counters of a fused region',
};

/** `step 3, conv 1x1 "name"`, or the first and last of many; `range`: a first and a last. */
function stepsText(plan: PlanDocument, steps: readonly number[], range = false): string {
  const [first, last] = [steps[0], steps.at(-1)];
  if (first === undefined || last === undefined) return '';
  if (first === last) return named(plan, first);
  if (range) return `steps ${first} to ${last}`;
  return steps.length <= 3 ? steps.map((s) => named(plan, s)).join('; ') : `${steps.length} steps, ${first} to ${last}`;
}

function named(plan: PlanDocument, step: number): string {
  const s = plan.steps[step];
  return s === undefined ? `step ${step}` : `step ${step}, ${s.op}${s.name === '' ? '' : ` “${s.name}”`}`;
}

function list(plan: PlanDocument, { step, buffer, pinned }: Shown, pin: (id: number | null) => void): HTMLElement {
  const s = plan.steps[step];
  const live = liveAt(plan, step);
  const rows = live.map((b) => {
    const row = el(
      'button',
      {
        type: 'button',
        'data-buffer': String(b.id),
        'aria-pressed': String(b.id === pinned),
        class: b.id === buffer ? 'hot' : null,
      },
      el('i', { class: `key ${b.kind}` }),
      el('span', { class: 'what' }, bufferText(plan, b)),
      el('span', { class: 'n' }, groupDigits(b.bytes)),
    );
    row.addEventListener('click', () => pin(b.id === pinned ? null : b.id));
    return el('li', {}, row);
  });
  return el(
    'div',
    { class: 'held', 'data-step': String(step) },
    el('div', { class: 'name' }, el('b', {}, s === undefined ? `Step ${step}` : `Step ${step}: ${s.op}`)),
    s === undefined
      ? null
      : el('div', { class: 'soft small' }, `${s.name === '' ? '' : `${s.name}, `}${counted(s.liveBytes, 'byte')} held`),
    el('ul', {}, ...rows),
  );
}

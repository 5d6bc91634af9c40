/** The window over the small picture: drag on it to make one, drag it to move it, drag its ends or use the arrow keys. */

import { must } from './dom.js';

export interface Brush {
  readonly set: (from: number, to: number) => void;
}

/** `changed` gets steps [from, to). */
export function brush(
  box: HTMLElement,
  steps: number,
  signal: AbortSignal,
  changed: (from: number, to: number) => void,
): Brush {
  const frame = must<HTMLElement>(box, '.brush');
  const [first, last] = [must<HTMLElement>(box, '.handle.from'), must<HTMLElement>(box, '.handle.to')];
  let [from, to] = [0, steps];
  frame.hidden = false;

  const show = (): void => {
    frame.style.left = `${(100 * from) / steps}%`;
    frame.style.width = `${(100 * (to - from)) / steps}%`;
    first.setAttribute('aria-valuenow', String(from));
    last.setAttribute('aria-valuenow', String(to - 1));
  };
  const change = (newFrom: number, newTo: number): void => {
    const [a, b] = [Math.max(0, Math.min(newFrom, steps - 1)), Math.min(steps, Math.max(newTo, 1))];
    if (a >= b || (a === from && b === to)) return;
    [from, to] = [a, b];
    show();
    changed(from, to);
  };

  /** The step under a pointer, with its fraction. */
  const stepAt = (event: PointerEvent): number => {
    const { left, width } = box.getBoundingClientRect();
    return Math.max(0, Math.min(steps, ((event.clientX - left) / Math.max(width, 1)) * steps));
  };

  const dragged = (start: PointerEvent): ((event: PointerEvent) => void) => {
    const at = stepAt(start);
    const [oldFrom, oldTo] = [from, to];
    if (start.target === first) return (e) => change(Math.min(Math.round(stepAt(e)), to - 1), to);
    if (start.target === last) return (e) => change(from, Math.max(Math.round(stepAt(e)), from + 1));
    const isWhole = from === 0 && to === steps;
    if (start.target === frame && !isWhole) {
      const width = oldTo - oldFrom;
      return (e) => {
        const moved = Math.max(0, Math.min(steps - width, oldFrom + Math.round(stepAt(e) - at)));
        change(moved, moved + width);
      };
    }
    return (e) => {
      const now = stepAt(e);
      change(Math.floor(Math.min(at, now)), Math.ceil(Math.max(at, now)));
    };
  };

  box.addEventListener(
    'pointerdown',
    (event) => {
      if (event.button !== 0) return;
      event.preventDefault();
      const drag = dragged(event);
      box.setPointerCapture(event.pointerId);
      const end = new AbortController();
      const move = (e: PointerEvent): void => drag(e);
      box.addEventListener('pointermove', move, { signal: end.signal });
      for (const name of ['pointerup', 'pointercancel'] as const)
        box.addEventListener(name, () => end.abort(), { signal: end.signal });
      if (event.target === first || event.target === last) (event.target as HTMLElement).focus();
    },
    { signal },
  );
  box.addEventListener('dblclick', () => change(0, steps), { signal });

  const keys = (handle: HTMLElement, by: (delta: number) => void): void =>
    handle.addEventListener(
      'keydown',
      (event) => {
        const delta = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, Home: -steps, End: steps }[event.key];
        if (delta === undefined) return;
        event.preventDefault();
        by(delta);
      },
      { signal },
    );
  keys(first, (delta) => change(Math.max(0, Math.min(to - 1, from + delta)), to));
  keys(last, (delta) => change(from, Math.min(steps, Math.max(from + 1, to + delta))));
  show();
  return {
    set: (newFrom, newTo) => {
      [from, to] = [newFrom, newTo];
      show();
    },
  };
}

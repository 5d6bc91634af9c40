/** Views as tabs, on the keys 1, 2, 3... Without this script they stand below one another. */

import { isPlainKey } from './dom.js';

export interface Tabs {
  readonly show: (id: string) => void;
}

export function tabs(root: ParentNode, signal: AbortSignal, onShow: (id: string) => void): Tabs {
  const list = root.querySelector<HTMLElement>('.tabs');
  const buttons = [...root.querySelectorAll<HTMLElement>('.tabs [role=tab]')];
  const views = [...root.querySelectorAll<HTMLElement>('.view')];
  const idOf = (view: HTMLElement): string => view.id.replace('view-', '');

  const show = (id: string): void => {
    for (const view of views) view.hidden = idOf(view) !== id;
    for (const button of buttons) {
      const selected = button.id === `tab-${id}`;
      button.setAttribute('aria-selected', String(selected));
      button.tabIndex = selected ? 0 : -1;
    }
    onShow(id);
  };
  if (list !== null) list.hidden = false;
  for (const view of views) {
    view.setAttribute('role', 'tabpanel');
    view.setAttribute('aria-labelledby', `tab-${idOf(view)}`);
  }
  for (const [i, button] of buttons.entries()) {
    button.addEventListener('click', () => show(idOf(views[i])), { signal });
    button.addEventListener(
      'keydown',
      (event) => {
        const to = { ArrowRight: i + 1, ArrowLeft: i - 1, Home: 0, End: buttons.length - 1 }[event.key];
        if (to === undefined) return;
        event.preventDefault();
        const next = (to + buttons.length) % buttons.length;
        show(idOf(views[next]));
        buttons[next].focus();
      },
      { signal },
    );
  }
  document.addEventListener(
    'keydown',
    (event) => {
      const at = Number(event.key) - 1;
      if (isPlainKey(event) && buttons[at] !== undefined) show(idOf(views[at]));
    },
    { signal },
  );
  if (views.length > 0) show(idOf(views[0]));
  return { show };
}

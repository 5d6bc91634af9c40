/** What runs, for how long, and a button that stops it. */

import { must } from '../explore/dom.js';

export interface Status {
  readonly busy: (what: string) => void;
  readonly idle: (what?: string) => void;
}

export function status(root: HTMLElement, cancel: () => void): Status {
  const text = must<HTMLElement>(root, '.status-text');
  const clock = must<HTMLElement>(root, '.status-clock');
  const bar = must<HTMLElement>(root, '.progress');
  const button = must<HTMLButtonElement>(root, '.cancel');
  button.addEventListener('click', cancel);
  let since = 0;
  let timer: number | null = null;

  const stop = (): void => {
    if (timer !== null) clearInterval(timer);
    timer = null;
    clock.textContent = '';
  };
  return {
    busy: (what) => {
      if (timer === null) {
        since = performance.now();
        timer = window.setInterval(() => {
          const seconds = Math.floor((performance.now() - since) / 1000);
          clock.textContent = seconds >= 2 ? `${seconds} s` : '';
        }, 250);
      }
      root.hidden = false;
      bar.hidden = false;
      button.hidden = false;
      text.textContent = `${what.slice(0, 1).toUpperCase()}${what.slice(1)} …`;
    },
    idle: (what = '') => {
      stop();
      bar.hidden = true;
      button.hidden = true;
      text.textContent = what;
      root.hidden = what === '';
    },
  };
}

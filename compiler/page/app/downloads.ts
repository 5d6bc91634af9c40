/** Files to take away: the package as `compile` writes it, its plan, its report. */

import { must } from '../explore/dom.js';
import type { Download, DownloadKind } from '../protocol.js';

export interface Downloads {
  readonly show: (command: string, available: boolean) => void;
}

export function downloads(root: HTMLElement, get: (kind: DownloadKind) => Promise<Download | null>): Downloads {
  const command = must<HTMLElement>(root, '.command code');
  const copy = must<HTMLButtonElement>(root, '.copy');
  const buttons = [...root.querySelectorAll<HTMLButtonElement>('[data-download]')];
  for (const button of buttons) {
    button.addEventListener('click', async () => {
      const file = await get(button.dataset['download'] as DownloadKind);
      if (file !== null) save(file);
    });
  }
  copy.addEventListener('click', async () => {
    const ok = await navigator.clipboard.writeText(command.textContent ?? '').then(
      () => true,
      () => false,
    );
    copy.textContent = ok ? 'Copied' : 'Not allowed';
    setTimeout(() => {
      copy.textContent = 'Copy';
    }, 1500);
  });
  return {
    show: (text, available) => {
      command.textContent = text;
      for (const button of buttons) button.disabled = !available;
    },
  };
}

export function save({ name, type, bytes }: Download): void {
  const url = URL.createObjectURL(new Blob([bytes], { type }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

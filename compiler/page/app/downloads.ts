/** Files to take away: the package as `compile` writes it, its plan, its report. */

import type { PackageKind } from '../../pipeline/request.js';
import { el, must } from '../explore/dom.js';
import type { Download, DownloadKind } from '../protocol.js';

export interface Downloads {
  /** `commandFor` is the command that makes the same, for an ecosystem or none. */
  readonly show: (commandFor: (ecosystem: PackageKind | null) => string, available: boolean) => void;
}

export function downloads(
  root: HTMLElement,
  kinds: readonly PackageKind[],
  get: (kind: DownloadKind, ecosystem: PackageKind | null) => Promise<Download | null>,
): Downloads {
  const command = must<HTMLElement>(root, '.command code');
  const copy = must<HTMLButtonElement>(root, '.copy');
  const choice = must<HTMLSelectElement>(root, '[name=package]');
  choice.append(...kinds.map((kind) => el('option', { value: kind }, kind)));
  const ecosystem = (): PackageKind | null => (choice.value === '' ? null : (choice.value as PackageKind));
  let commandFor: (ecosystem: PackageKind | null) => string = () => '';
  const write = (): void => {
    command.textContent = commandFor(ecosystem());
  };
  choice.addEventListener('change', write);
  const buttons = [...root.querySelectorAll<HTMLButtonElement>('[data-download]')];
  for (const button of buttons) {
    button.addEventListener('click', async () => {
      const file = await get(button.dataset['download'] as DownloadKind, ecosystem());
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
    show: (words, available) => {
      commandFor = words;
      write();
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

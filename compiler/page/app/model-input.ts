/** Files by drop, by choice, or the network of the demonstration. */

import { must } from '../explore/dom.js';
import type { Model } from '../protocol.js';

/** `opened` gets a model; what is not a drop of files is none of ours. */
export function modelInput(root: HTMLElement, opened: (model: Model) => void): void {
  const zone = must<HTMLElement>(root, '.drop');
  const input = must<HTMLInputElement>(zone, 'input[type=file]');
  const take = (files: readonly File[]): void => {
    if (files.length > 0) opened({ kind: 'files', files });
  };
  input.addEventListener('change', () => {
    take([...(input.files ?? [])]);
    // The same file again, once it was exported anew, is a choice as well.
    input.value = '';
  });
  must(zone, '.demo').addEventListener('click', () => opened({ kind: 'demo' }));

  const hasFiles = (event: DragEvent): boolean => event.dataTransfer?.types.includes('Files') === true;
  let depth = 0;
  const over = (by: number): void => {
    depth = Math.max(0, depth + by);
    zone.classList.toggle('over', depth > 0);
  };
  window.addEventListener('dragenter', (event) => hasFiles(event) && over(1));
  window.addEventListener('dragleave', (event) => hasFiles(event) && over(-1));
  window.addEventListener('dragover', (event) => {
    if (hasFiles(event)) event.preventDefault();
  });
  window.addEventListener('drop', (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    depth = 0;
    over(0);
    take([...(event.dataTransfer?.files ?? [])]);
  });
}

export const fileOf = (model: Model): File | null =>
  model.kind === 'demo' ? null : (model.files.find((f) => /\.onnx$/i.test(f.name)) ?? model.files[0]);

/** Files by drop, by choice, or the network of the demonstration; a folder that is dropped stands for the files in it. */

import { must } from '../explore/dom.js';
import type { ModelFiles } from '../protocol.js';

/** `opened` gets what was chosen, null for the demonstration; what is not a drop of files is none of ours. */
export function modelInput(root: HTMLElement, opened: (files: readonly File[] | null) => void): void {
  const zone = must<HTMLElement>(root, '.drop');
  const input = must<HTMLInputElement>(zone, 'input[type=file]');
  const take = (files: readonly File[]): void => {
    if (files.length > 0) opened(files);
  };
  input.addEventListener('change', () => {
    take([...(input.files ?? [])]);
    // The same file again, once it was exported anew, is a choice as well.
    input.value = '';
  });
  must(zone, '.demo').addEventListener('click', () => opened(null));

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
    void droppedFiles(event.dataTransfer!).then(take);
  });
}

/** Files, and of folders the files that lie in them. */
async function droppedFiles({ items, files }: DataTransfer): Promise<readonly File[]> {
  // Entries are there while the event is handled: all are taken before the first wait.
  const folders = [...items].map((item) => item.webkitGetAsEntry?.()).filter((entry) => entry?.isDirectory);
  const plain = [...files];
  if (folders.length === 0) return plain;
  const names = new Set(folders.map((folder) => folder!.name));
  const inside = await Promise.all(folders.map((folder) => filesIn(folder as FileSystemDirectoryEntry)));
  return [...plain.filter((file) => !names.has(file.name)), ...inside.flat()];
}

async function filesIn(folder: FileSystemDirectoryEntry): Promise<readonly File[]> {
  const reader = folder.createReader();
  const found: File[] = [];
  // A reader gives a part at a time, and nothing at the end.
  for (;;) {
    const entries = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (entries.length === 0) return found;
    for (const entry of entries.filter((e) => e.isFile))
      found.push(await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject)));
  }
}

export const isModelFile = (file: File): boolean => /\.onnx$/i.test(file.name);

/** The model among files that were chosen together. */
export const modelFileOf = ({ files }: ModelFiles): File => files.find(isModelFile) ?? files[0];

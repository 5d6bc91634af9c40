/** Typical inputs of a float model, and the flags that say what their pixels stand for. */

import type { DataArguments } from '../../cli/data-flags.js';
import { isSampleFile } from '../../data/samples.js';
import type { QuantiseDocument } from '../../report/quantise-document.js';
import { summaryText } from '../../report/quantise-text.js';
import { must } from '../explore/dom.js';
import type { Calibration } from '../protocol.js';

export interface CalibrationForm {
  /** A float model waits for inputs. */
  readonly offer: () => void;
  /** What quantising cost. */
  readonly done: (quantisation: QuantiseDocument) => void;
  readonly hide: () => void;
  readonly isOpen: () => boolean;
  /** Takes inputs that were dropped; false where none of the files holds any. */
  readonly take: (files: readonly File[]) => boolean;
  /** The inputs and flags, null before any were given. */
  readonly given: () => Calibration | null;
  /** The folder's name, or a name for it. */
  readonly folder: () => string;
}

const flags = ['scale', 'mean', 'std', 'resize', 'crop', 'colour', 'layout'] as const;

/** `changed` is called for other inputs or flags, once there are inputs; `save` for the int8 model. */
export function calibrationForm(root: HTMLFormElement, changed: () => void, save: () => void): CalibrationForm {
  const say = must<HTMLElement>(root, '.calibration-note');
  const take = must<HTMLButtonElement>(root, '.save-model');
  let files: readonly File[] = [];
  let folder = '';

  const images = (): DataArguments =>
    Object.fromEntries(
      flags
        .map((flag) => [flag, must<HTMLInputElement | HTMLSelectElement>(root, `[name="${flag}"]`).value.trim()])
        .filter(([, value]) => value !== ''),
    );
  const set = (chosen: readonly File[]): boolean => {
    const found = ofOneFolder(chosen).filter((f) => isSampleFile(f.name));
    if (found.length === 0) return false;
    files = found;
    folder = found[0].webkitRelativePath.split('/')[0] || (found.length === 1 ? found[0].name : 'images');
    return true;
  };
  for (const input of root.querySelectorAll<HTMLInputElement>('input[type=file]'))
    input.addEventListener('change', () => {
      const chosen = [...(input.files ?? [])];
      input.value = '';
      if (set(chosen)) changed();
      else if (chosen.length > 0)
        say.textContent = 'None of these files is a .png, .jpg, .npy, .npz, .bin or .raw file.';
    });
  root.addEventListener('change', (event) => {
    if ((event.target as HTMLInputElement).type !== 'file' && files.length > 0) changed();
  });
  root.addEventListener('submit', (event) => event.preventDefault());
  take.addEventListener('click', save);

  return {
    offer: () => {
      root.hidden = false;
      take.hidden = true;
      say.textContent = files.length === 0 ? '' : `${files.length} files given.`;
    },
    done: (quantisation) => {
      root.hidden = false;
      take.hidden = false;
      say.textContent = `Quantised with ${quantisation.samples.calibration} inputs: ${summaryText(quantisation)}.`;
    },
    hide: () => {
      root.hidden = true;
      files = [];
    },
    isOpen: () => !root.hidden,
    take: set,
    given: () => (files.length === 0 ? null : { files, images: images() }),
    folder: () => folder,
  };
}

/** Of a folder that was chosen: the files that lie in it, none of folders within, as the command line reads it. */
const ofOneFolder = (files: readonly File[]): readonly File[] =>
  files.filter((f) => f.webkitRelativePath.split('/').length <= 2 && !f.name.startsWith('.'));

/** The form: what the command line's flags are, with the same values. */

import type { PlanArguments } from '../../cli/arguments.js';
import { formatBytes } from '../../util/format.js';
import { el, must } from '../explore/dom.js';
import type { About } from '../protocol.js';
import { coreText } from './words.js';

export interface OptionsForm {
  /** Without `sram`, which is the slider's. */
  readonly args: () => PlanArguments;
  readonly selectBoard: (id: string) => void;
}

export function optionsForm(form: HTMLFormElement, about: About, changed: () => void): OptionsForm {
  const board = must<HTMLSelectElement>(form, '[name=board]');
  const core = must<HTMLSelectElement>(form, '[name=core]');
  board.append(
    ...about.boards.map((b) =>
      el('option', { value: b.id }, `${b.name} (${coreText(b.core)}, ${formatBytes(b.sramBytes)} SRAM)`),
    ),
  );
  core.append(...about.cores.map((name) => el('option', { value: name }, name)));
  form.addEventListener('submit', (event) => event.preventDefault());
  form.addEventListener('change', changed);

  const field = (name: string): HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement =>
    must(form, `[name="${name}"]`);
  const text = (name: string): string => field(name).value.trim();
  const checked = (name: string): boolean => (field(name) as HTMLInputElement).checked;
  const given = <K extends keyof PlanArguments>(key: K, value: PlanArguments[K] | '' | false): PlanArguments =>
    value === '' || value === false ? {} : { [key]: value };

  return {
    args: () => ({
      ...given('board', text('board')),
      ...given('core', text('core')),
      ...given('flash', text('flash')),
      ...given('objective', text('objective')),
      ...given('maxOverhead', text('max-overhead')),
      ...given('schedule', text('schedule')),
      ...given('input', text('input')),
      ...given('keepInput', checked('keep-input')),
      ...given('keepConstantChannels', checked('keep-constant-channels')),
      ...(text('input-shape') === '' ? {} : { inputShape: text('input-shape').split(/\s+/) }),
      ...given('name', text('name')),
    }),
    selectBoard: (id) => {
      board.value = id;
      core.value = '';
    },
  };
}

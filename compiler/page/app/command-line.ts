/** The command that does what the page did. */

import type { PlanArguments } from '../../cli/arguments.js';

const flags: readonly (readonly [keyof PlanArguments, string])[] = [
  ['board', '--board'],
  ['core', '--core'],
  ['sram', '--sram'],
  ['flash', '--flash'],
  ['objective', '--objective'],
  ['maxOverhead', '--max-overhead'],
  ['schedule', '--schedule'],
  ['input', '--input'],
  ['keepInput', '--keep-input'],
  ['keepConstantChannels', '--keep-constant-channels'],
  ['inputShape', '--input-shape'],
  ['name', '--name'],
];

/** `images` are the flags of calibration, with --calibrate itself; none for an int8 model. */
export function commandLine(
  model: string,
  args: PlanArguments,
  images: Readonly<Record<string, string | undefined>> = {},
  ecosystem: string | null = null,
): string {
  const calibration = Object.entries(images).flatMap(([flag, value]) =>
    value === undefined ? [] : [`--${flag}`, quoted(value)],
  );
  const words = flags.flatMap(([key, flag]): readonly string[] => {
    const value = args[key];
    if (value === undefined || value === false) return [];
    if (value === true) return [flag];
    return (Array.isArray(value) ? (value as readonly string[]) : [String(value)]).flatMap((v) => [flag, quoted(v)]);
  });
  const layout = ecosystem === null ? [] : ['--package', ecosystem];
  return ['npx rivulet compile', quoted(model), ...calibration, ...words, ...layout].join(' ');
}

/** For a POSIX shell. */
const quoted = (word: string): string =>
  /^[\w./:,=@%+-]+$/.test(word) && !word.startsWith('-') ? word : `'${word.replaceAll("'", "'\\''")}'`;

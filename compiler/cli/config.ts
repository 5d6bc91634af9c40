/**
 * rivulet.config.json: flags that are given every time, by their names on the command line.
 *
 *   { "board": "nucleo-f746zg", "max-sram": "64KiB", "compile": { "out": "generated/net", "package": "zephyr" } }
 *
 * What stands beside the commands' names holds for each command that has the flag. The command line goes before the file, and a
 * command's own part before what holds for all. Paths are read as on the command line: from the folder that it is called in.
 */

import { existsSync, readFileSync } from 'node:fs';
import type { Options } from 'yargs';
import { type Diagnostic, ExitCode, printable, RivuletError } from '../diagnostics.js';
import { fileReason } from '../util/file-reason.js';
import { nearest } from '../util/nearest.js';
import { flagsOf, type Verb, verbNames } from './flags.js';

const standardName = 'rivulet.config.json';

/** The command line with what the file adds. E115 (exit 2), all at once, for what the file should not hold. */
export function withConfig(argv: readonly string[]): readonly string[] {
  const at = argv.findIndex((word) => verbNames.includes(word as Verb));
  const verb = argv[at] as Verb | undefined;
  // Of the flags' own words none is a file name that could be meant for a command: only the first word is one.
  if (at !== 0 || verb === undefined || !('config' in flagsOf(verb))) return argv;
  const named = configNamed(argv);
  const path = named ?? (existsSync(standardName) ? standardName : null);
  if (path === null) return argv;
  const found = readConfig(path);
  const given = (flag: string, { alias }: Options): boolean =>
    argv.some(
      (word) =>
        word === `--${flag}` ||
        word === `--no-${flag}` ||
        word.startsWith(`--${flag}=`) ||
        (alias !== undefined && (word === `-${alias as string}` || new RegExp(`^-${alias as string}[^-]`).test(word))),
    );
  const flags = flagsOf(verb);
  const added = Object.entries({ ...found.all, ...found.verbs[verb] })
    .filter(([flag]) => flag in flags && !given(flag, flags[flag]))
    .flatMap(([flag, value]) => wordsOf(flag, value));
  return [verb, ...argv.slice(1), ...added];
}

/** What --config names; null without it. */
function configNamed(argv: readonly string[]): string | null {
  const at = argv.findIndex((word) => word === '--config' || word.startsWith('--config='));
  if (at < 0) return null;
  const value = argv[at] === '--config' ? argv[at + 1] : argv[at].slice('--config='.length);
  // Without a value: yargs says so.
  return value === undefined || value === '' ? null : value;
}

function wordsOf(flag: string, value: unknown): readonly string[] {
  if (value === true) return [`--${flag}`];
  if (value === false) return [`--no-${flag}`];
  return (Array.isArray(value) ? value : [value]).map((one) => `--${flag}=${String(one)}`);
}

interface Config {
  readonly all: Readonly<Record<string, unknown>>;
  readonly verbs: Partial<Readonly<Record<Verb, Readonly<Record<string, unknown>>>>>;
}

function readConfig(path: string): Config {
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    const why = error instanceof SyntaxError ? 'it is not JSON' : `it cannot be read: ${fileReason(error)}`;
    throw refusal([problem(path, why)]);
  }
  if (!isRecord(json)) throw refusal([problem(path, 'it is not { "flag": value, ... }')]);
  const { $schema: _, ...entries } = json;
  const isVerb = (key: string): key is Verb => verbNames.includes(key as Verb);
  const all = Object.fromEntries(Object.entries(entries).filter(([key]) => !isVerb(key)));
  const everyFlag = Object.assign({}, ...configured.map(flagsOf)) as Readonly<Record<string, Options>>;
  const problems = [
    ...wrong(path, all, everyFlag, 'no command has'),
    ...Object.entries(entries).flatMap(([key, part]) => {
      if (!isVerb(key)) return [];
      if (!configured.includes(key)) return [problem(`${path}: ${key}`, 'this command takes no file of options')];
      if (!isRecord(part)) return [problem(`${path}: ${key}`, 'it is not { "flag": value, ... }')];
      return wrong(`${path}: ${key}`, part, flagsOf(key), `${key} has no`);
    }),
  ];
  if (problems.length > 0) throw refusal(problems);
  return { all, verbs: Object.fromEntries(Object.entries(entries).filter(([key]) => isVerb(key))) as Config['verbs'] };
}

const configured: readonly Verb[] = verbNames.filter((verb) => 'config' in flagsOf(verb));

/** Flags that there are not, and values of another kind than theirs. */
function wrong(
  where: string,
  entries: Readonly<Record<string, unknown>>,
  flags: Readonly<Record<string, Options>>,
  lacks: string,
): readonly Diagnostic[] {
  return Object.entries(entries).flatMap(([name, value]) => {
    if (!Object.hasOwn(flags, name) || name === 'config') {
      const close = nearest(
        name,
        Object.keys(flags).filter((flag) => flag !== 'config'),
      );
      return [
        problem(
          where,
          `${lacks} flag ${printable(name, 40)}`,
          close.length > 0 ? `did you mean ${close.join(' or ')}?` : undefined,
        ),
      ];
    }
    const { type, array } = flags[name];
    if (type === 'boolean') return typeof value === 'boolean' ? [] : [problem(where, `${name} takes true or false`)];
    const values = array === true && Array.isArray(value) ? value : [value];
    return values.every((one) => typeof one === 'string' || typeof one === 'number')
      ? []
      : [problem(where, `${name} takes text or a number${array === true ? ', or a list of them' : ''}`)];
  });
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const problem = (node: string, message: string, hint?: string): Diagnostic => ({
  code: 'E115',
  severity: 'error',
  node,
  message,
  ...(hint === undefined ? {} : { hint }),
});

const refusal = (problems: readonly Diagnostic[]): RivuletError => new RivuletError(ExitCode.usage, problems);

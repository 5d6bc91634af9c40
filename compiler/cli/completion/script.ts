/** A shell's completion as text: complete in itself, so that the Tab key starts no program. */

import type { Options } from 'yargs';
import type { Shell } from './shells.js';

/** A command as a shell sees it. */
export interface CompletedVerb {
  readonly name: string;
  readonly describe: string;
  readonly flags: Readonly<Record<string, Options>>;
  /** Words that may follow; a file otherwise. */
  readonly words: readonly string[] | null;
}

/** Choices of a flag; null: a file or free text; 'none' for a switch. */
export type ValuesOf = (flag: string, options: Options) => readonly string[] | null | 'none';

export const completionScript = (shell: Shell, verbs: readonly CompletedVerb[], valuesOf: ValuesOf): string =>
  writers[shell](verbs, valuesOf);

const writers: Readonly<Record<Shell, (verbs: readonly CompletedVerb[], valuesOf: ValuesOf) => string>> = {
  bash: bashScript,
  zsh: zshScript,
  fish: fishScript,
};

const dashed = (flags: Readonly<Record<string, Options>>): readonly string[] => [
  ...Object.entries(flags).flatMap(([name, { alias }]) => [`--${name}`, ...(alias === undefined ? [] : [`-${alias}`])]),
  '--help',
];

/** Flags that take a value, as a pattern of `case`, for every flag of any verb once. */
function valueCases(
  verbs: readonly CompletedVerb[],
  valuesOf: ValuesOf,
): ReadonlyMap<string, readonly string[] | null> {
  const cases = new Map<string, readonly string[] | null>();
  for (const { flags } of verbs)
    for (const [name, options] of Object.entries(flags)) {
      const values = valuesOf(name, options);
      if (values === 'none') continue;
      cases.set(options.alias === undefined ? `--${name}` : `--${name}|-${options.alias}`, values);
    }
  return cases;
}

function bashScript(verbs: readonly CompletedVerb[], valuesOf: ValuesOf): string {
  const values = [...valueCases(verbs, valuesOf)].map(([pattern, words]) =>
    words === null
      ? `    ${pattern}) COMPREPLY=($(compgen -f -- "$word")); return ;;`
      : `    ${pattern}) COMPREPLY=($(compgen -W '${words.join(' ')}' -- "$word")); return ;;`,
  );
  const perVerb = verbs.map(
    ({ name, flags, words }) =>
      `    ${name}) flags='${dashed(flags).join(' ')}'; words='${(words ?? []).join(' ')}' ;;`,
  );
  return `# rivulet completion bash: source it, or put it into ~/.local/share/bash-completion/completions/rivulet
_rivulet() {
  local word="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD-1]}" flags= words=
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W '${verbs.map(({ name }) => name).join(' ')} --help --version' -- "$word"))
    return
  fi
  case "$before" in
${values.join('\n')}
  esac
  case "\${COMP_WORDS[1]}" in
${perVerb.join('\n')}
  esac
  case "$word" in
    -*) COMPREPLY=($(compgen -W "$flags" -- "$word")) ;;
    *) if [ -n "$words" ]; then COMPREPLY=($(compgen -W "$words" -- "$word")); else COMPREPLY=($(compgen -f -- "$word")); fi ;;
  esac
}
complete -o filenames -F _rivulet rivulet
`;
}

/** Within single quotes of zsh's _arguments, where brackets and colons have a meaning too. */
const zshText = (text: string): string => text.replace(/[[\]:\\]/g, '\\$&').replace(/'/g, "'\\''");

function zshScript(verbs: readonly CompletedVerb[], valuesOf: ValuesOf): string {
  const flagLines = ({ flags }: CompletedVerb): readonly string[] =>
    Object.entries(flags).flatMap(([name, options]) => {
      const values = valuesOf(name, options);
      const value =
        values === 'none' ? '' : values === null ? `:${name}:_files` : `:${name}:(${values.map(zshText).join(' ')})`;
      const many = options.array === true ? '*' : '';
      const about = `[${zshText(options.describe ?? '')}]`;
      return [`--${name}`, ...(options.alias === undefined ? [] : [`-${options.alias}`])].map(
        (flag) => `        '${many}${flag}${about}${value}' \\`,
      );
    });
  const cases = verbs.map((verb) =>
    [
      `    ${verb.name})`,
      '      _arguments \\',
      ...flagLines(verb),
      `        '*:${verb.words === null ? 'file:_files' : `word:(${verb.words.join(' ')})`}' ;;`,
    ].join('\n'),
  );
  return `#compdef rivulet
# rivulet completion zsh: write it as _rivulet into a folder of $fpath, or source it after compinit
_rivulet() {
  local -a commands
  commands=(
${verbs.map(({ name, describe }) => `    '${name}:${zshText(describe)}'`).join('\n')}
  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  local command=$words[2]
  shift words
  (( CURRENT-- ))
  case $command in
${cases.join('\n')}
  esac
}
compdef _rivulet rivulet
`;
}

const fishText = (text: string): string => `'${text.replace(/[\\']/g, '\\$&')}'`;

function fishScript(verbs: readonly CompletedVerb[], valuesOf: ValuesOf): string {
  const lines = verbs.flatMap(({ name, describe, flags, words }) => [
    `complete -c rivulet -n __fish_use_subcommand -f -a ${name} -d ${fishText(describe)}`,
    ...(words === null
      ? []
      : [`complete -c rivulet -n '__fish_seen_subcommand_from ${name}' -f -a ${fishText(words.join(' '))}`]),
    ...Object.entries(flags).map(([flag, options]) => {
      const values = valuesOf(flag, options);
      const short = options.alias === undefined ? '' : ` -s ${options.alias as string}`;
      const value = values === 'none' ? '' : values === null ? ' -r -F' : ` -x -a ${fishText(values.join(' '))}`;
      return `complete -c rivulet -n '__fish_seen_subcommand_from ${name}' -l ${flag}${short}${value} -d ${fishText(options.describe ?? '')}`;
    }),
  ]);
  return `# rivulet completion fish: write it into ~/.config/fish/completions/rivulet.fish\n${lines.join('\n')}\n`;
}

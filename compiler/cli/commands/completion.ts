import type { Options } from 'yargs';
import { ExitCode } from '../../diagnostics.js';
import { boardIds } from '../../machine/board-files.js';
import { type CompletedVerb, completionScript } from '../completion/script.js';
import type { Shell } from '../completion/shells.js';
import { flagsOf, positionalChoices, verbNames, verbWords } from '../flags.js';
import { print } from '../output.js';

/** A shell's completion of the commands, their flags and the values that these take. */
export async function completionCommand({ shell }: { readonly shell: string }): Promise<ExitCode> {
  const boards = boardIds();
  const verbs = verbNames.map(
    (name): CompletedVerb => ({
      name,
      describe: verbWords[name],
      flags: flagsOf(name),
      words: name === 'boards' ? boards : name === 'ops' ? [] : (positionalChoices[name] ?? null),
    }),
  );
  await print(
    completionScript(shell as Shell, verbs, (flag, options) => (flag === 'board' ? boards : values(options))),
  );
  return ExitCode.ok;
}

const values = ({ type, choices }: Options): readonly string[] | null | 'none' =>
  type === 'boolean' ? 'none' : choices === undefined ? null : choices.map(String);

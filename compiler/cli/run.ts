/** The verbs and their flags; every outcome becomes an exit code here. */

import yargs, { type Options } from 'yargs';
import { ExitCode, RivuletError, printable, type Diagnostic } from '../diagnostics.js';
import { usageError as usage } from '../diagnostics.js';
import { nearest } from '../util/nearest.js';
import { toolVersion } from '../pipeline/version.js';
import { shells } from './completion/shells.js';
import { withConfig } from './config.js';
import { reportFailure } from './failure.js';
import { flagsOf, verbNames, verbWords } from './flags.js';

/** Flags that are followed by a value. */
const valueFlags: Readonly<Record<string, Options>> = Object.fromEntries(
  verbNames.flatMap((verb) => Object.entries(flagsOf(verb)).filter(([, flag]) => flag.type === 'string')),
);

/** Runs a command line; the exit code is 0 to 6 (diagnostics.ts). Never throws. */
export async function runCli(argv: readonly string[]): Promise<ExitCode> {
  let exitCode: ExitCode = ExitCode.ok;
  const does =
    <A>(command: (args: A) => Promise<ExitCode>) =>
    async (args: unknown): Promise<void> => {
      exitCode = await command(args as A);
    };
  const model = { type: 'string', describe: 'ONNX file', demandOption: true } as const;
  try {
    await yargs([...withConfig(argv)])
      .scriptName('rivulet')
      // One language in all messages: yargs would speak the user's, and complaint() read it.
      .locale('en')
      .usage('$0 <command>\n\nCompiles ONNX CNNs to int8 C for Cortex-M with the least SRAM.')
      .command(
        'analyze <model>',
        verbWords.analyze,
        (y) => y.positional('model', model).options(flagsOf('analyze')),
        does(async (a: never) => (await import('./commands/analyze.js')).analyzeCommand(a)),
      )
      .command(
        'compile <model>',
        verbWords.compile,
        (y) => y.positional('model', model).options(flagsOf('compile')),
        does(async (a: never) => (await import('./commands/compile.js')).compileCommand(a)),
      )
      .command(
        'validate <model>',
        verbWords.validate,
        (y) => y.positional('model', model).options(flagsOf('validate')),
        does(async (a: never) => (await import('./commands/validate.js')).validateCommand(a)),
      )
      .command(
        'quantise <model>',
        verbWords.quantise,
        (y) => y.positional('model', model).options(flagsOf('quantise')),
        does(async (a: never) => (await import('./commands/quantise.js')).quantiseCommand(a)),
      )
      .command(
        'search <model>',
        verbWords.search,
        (y) => y.positional('model', model).options(flagsOf('search')),
        does(async (a: never) => (await import('./commands/search.js')).searchCommand(a)),
      )
      .command(
        'report <plan>',
        verbWords.report,
        (y) =>
          y
            .positional('plan', { type: 'string', describe: 'plan.json', demandOption: true })
            .options(flagsOf('report')),
        does(async (a: never) => (await import('./commands/report.js')).reportCommand(a)),
      )
      .command(
        'boards [id]',
        verbWords.boards,
        (y) => y.positional('id', { type: 'string' }).options(flagsOf('boards')),
        does(async (a: never) => (await import('./commands/boards.js')).boardsCommand(a)),
      )
      .command(
        'ops',
        verbWords.ops,
        (y) => y.options(flagsOf('ops')),
        does(async (a: never) => (await import('./commands/ops.js')).opsCommand(a)),
      )
      .command(
        'completion <shell>',
        verbWords.completion,
        (y) => y.positional('shell', { type: 'string', choices: shells, demandOption: true }),
        does(async (a: never) => (await import('./commands/completion.js')).completionCommand(a)),
      )
      .demandCommand(1, 'name a command')
      .strict()
      .check((args) => checkValues(args))
      .version(toolVersion)
      .alias('version', 'V')
      .help()
      .alias('help', 'h')
      .wrap(Math.min(100, process.stdout.columns ?? 100))
      .exitProcess(false)
      .fail((message, error) => {
        throw error ?? complaint(message, argv);
      })
      .parseAsync();
  } catch (error) {
    exitCode = await reportFailure(error, argv);
  }
  return exitCode;
}

/** A flag with a value has one, and is given once unless it takes a list: E112 otherwise. */
function checkValues(args: Readonly<Record<string, unknown>>): true {
  const problems = Object.entries(valueFlags).flatMap(([name, flag]) => {
    const given = args[name];
    const values = Array.isArray(given) ? given : [given];
    if (values.length > 1 && !('array' in flag))
      return [`--${name} is given ${values.length} times: it takes one value`];
    return values.includes('') ? [`--${name} has no value`] : [];
  });
  if (problems.length > 0)
    throw new RivuletError(
      ExitCode.usage,
      problems.map((message) => ({ code: 'E112', severity: 'error', message })),
    );
  return true;
}

/** yargs' words as a diagnostic, with the flag or verb that was probably meant. */
function complaint(message: string, argv: readonly string[]): RivuletError {
  const verb = verbNames.find((v) => argv.includes(v));
  const unknown = /^Unknown arguments?: (.+)$/.exec(message)?.[1].split(', ');
  if (verb !== undefined && message.startsWith('Not enough non-option arguments'))
    return verb === 'report'
      ? usage('E112', 'report needs a plan.json', 'rivulet report out/plan.json')
      : verb === 'completion'
        ? usage('E112', 'completion needs the name of a shell', `rivulet completion ${shells.join(' or ')}`)
        : usage('E112', `${verb} needs a model`, `rivulet ${verb} model.onnx`);
  const choices = [...message.matchAll(/Argument: (\S+), Given: (.*), Choices: (.*)$/gm)];
  if (choices.length > 0)
    return new RivuletError(
      ExitCode.usage,
      choices.map(([, flag, given, among]) => wrongChoice(flag, given, among)),
    );
  if (unknown === undefined)
    return usage('E112', printable(message.replace(/\n+/g, ' ')), `rivulet ${verb ?? ''} --help`.replace('  ', ' '));
  if (verb === undefined) {
    const close = nearest(unknown[0], verbNames);
    return usage(
      'E112',
      `there is no command ${printable(unknown[0], 40)}`,
      close.length > 0 ? `did you mean ${close.join(' or ')}?` : `commands: ${verbNames.join(', ')}`,
    );
  }
  return new RivuletError(
    ExitCode.usage,
    unknown.map((name) => {
      const close = nearest(name, Object.keys(flagsOf(verb)));
      const flag = name.length === 1 ? `-${name}` : `--${name}`;
      const isFlag = argv.some((a) => a === flag || a.startsWith(`${flag}=`));
      return {
        code: 'E112',
        severity: 'error' as const,
        message: isFlag ? `${verb} has no flag ${printable(flag, 40)}` : `${verb} takes no ${printable(name, 40)} here`,
        hint:
          isFlag && close.length > 0
            ? `did you mean ${close.map((c) => `--${c}`).join(' or ')}?`
            : `rivulet ${verb} --help`,
      };
    }),
  );
}

/** `given` and `among` are yargs' lists of quoted values. */
function wrongChoice(flag: string, given: string, among: string): Diagnostic {
  const values = among.replaceAll('"', '').split(', ');
  const value = given.replaceAll('"', '');
  const close = nearest(value, values);
  return {
    code: 'E112',
    severity: 'error',
    message:
      value === '' ? `--${flag} has no value` : `--${flag} ${printable(value, 40)} is not one of ${values.join(', ')}`,
    ...(value === ''
      ? { hint: `it takes ${values.join(', ')}` }
      : close.length > 0
        ? { hint: `did you mean ${close.join(' or ')}?` }
        : {}),
  };
}

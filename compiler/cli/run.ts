/** The verbs and their flags; every outcome becomes an exit code here. */

import yargs, { type Options } from 'yargs';
import { ExitCode, RivuletError, printable, type Diagnostic } from '../diagnostics.js';
import { usageError as usage } from '../diagnostics.js';
import { nearest } from '../util/nearest.js';
import { toolVersion } from '../pipeline/version.js';
import { overlays } from '../report/overlays/overlays.js';
import { planFlags } from './arguments.js';
import { calibrationFlags } from './calibration.js';
import { reportFailure } from './failure.js';

const verbs = ['analyze', 'compile', 'validate', 'quantise', 'report', 'boards', 'ops'] as const;

const validateFlags = {
  on: {
    type: 'string',
    choices: ['host', 'qemu'],
    describe: 'where to run: this machine, or the emulated board (default)',
  },
  inputs: {
    type: 'string',
    array: true,
    nargs: 1,
    describe: '.npy, .npz, .png, .jpg or raw files, or a folder of them; NAME=FILE for several inputs',
  },
  expect: { type: 'string', array: true, nargs: 1, describe: 'outputs that the inputs should give' },
  tolerance: { type: 'string', describe: 'steps that an output may be away from --expect (default 0)' },
  dataset: {
    type: 'string',
    describe: 'labelled inputs, as a folder for each class or labels.csv: accuracy on the target',
  },
  count: { type: 'string', describe: "number of random inputs (default 10), or of a dataset's" },
  seed: { type: 'string', describe: 'of the random inputs (default 1)' },
} as const;

const paretoFlag = {
  pareto: { type: 'boolean', describe: 'the front of SRAM against work, in the report too' },
} as const;
const reportFlag = { out: { type: 'string', alias: 'o', describe: 'report to write: report.html' } } as const;
const outFlag = { out: { type: 'string', alias: 'o', default: 'out', describe: 'folder to write' } } as const;

const reportFlags = {
  against: { type: 'string', describe: 'another plan.json to lay beside it: what grew, and by how much' },
  overlay: {
    type: 'string',
    choices: Object.keys(overlays),
    describe: 'write the plan for another viewer instead: node data for Model Explorer, counters for Perfetto',
  },
  out: { type: 'string', alias: 'o', describe: 'file to write (default report.html, or the name of the overlay)' },
} as const;

/** Flags that are followed by a value. */
const valueFlags: Readonly<Record<string, Options>> = Object.fromEntries(
  Object.entries({ ...planFlags, ...validateFlags, ...calibrationFlags, ...reportFlags, ...outFlag }).filter(
    ([, flag]) => flag.type === 'string',
  ),
);

const json = { json: planFlags.json };
const flagsOf: Readonly<Record<(typeof verbs)[number], readonly string[]>> = {
  analyze: [...Object.keys(planFlags), ...Object.keys(calibrationFlags), 'pareto', 'out'],
  compile: [...Object.keys(planFlags), ...Object.keys(calibrationFlags), 'pareto', 'out'],
  validate: [planFlags, validateFlags, calibrationFlags].flatMap(Object.keys),
  quantise: [...Object.keys(calibrationFlags), 'input-shape', 'outputs', 'out', 'json'],
  report: Object.keys(reportFlags),
  boards: ['json'],
  ops: ['json'],
};

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
    await yargs([...argv])
      .scriptName('rivulet')
      // One language in all messages: yargs would speak the user's, and complaint() read it.
      .locale('en')
      .usage('$0 <command>\n\nCompiles ONNX CNNs to int8 C for Cortex-M with the least SRAM.')
      .command(
        'analyze <model>',
        'operators, MACs, memory plan: does it fit?',
        (y) =>
          y.positional('model', model).options({
            ...planFlags,
            ...calibrationFlags,
            ...paretoFlag,
            ...reportFlag,
          }),
        does(async (a: never) => (await import('./commands/analyze.js')).analyzeCommand(a)),
      )
      .command(
        'compile <model>',
        'write a folder of C',
        (y) =>
          y.positional('model', model).options({
            ...planFlags,
            ...calibrationFlags,
            ...paretoFlag,
            ...outFlag,
          }),
        does(async (a: never) => (await import('./commands/compile.js')).compileCommand(a)),
      )
      .command(
        'validate <model>',
        'build, run on the host or an emulated board, compare byte by byte',
        (y) => y.positional('model', model).options({ ...planFlags, ...validateFlags, ...calibrationFlags }),
        does(async (a: never) => (await import('./commands/validate.js')).validateCommand(a)),
      )
      .command(
        'quantise <model>',
        'make a float model int8: QDQ ONNX, and what it costs',
        (y) =>
          y.positional('model', model).options({
            ...calibrationFlags,
            'input-shape': planFlags['input-shape'],
            outputs: planFlags.outputs,
            out: { type: 'string', alias: 'o', default: 'model.int8.onnx', describe: 'file to write' },
            json: planFlags.json,
          }),
        does(async (a: never) => (await import('./commands/quantise.js')).quantiseCommand(a)),
      )
      .command(
        'report <plan>',
        'draw a plan.json as a page, beside another one or for another viewer',
        (y) => y.positional('plan', { type: 'string', describe: 'plan.json', demandOption: true }).options(reportFlags),
        does(async (a: never) => (await import('./commands/report.js')).reportCommand(a)),
      )
      .command(
        'boards [id]',
        'boards that come along, or one with its sources',
        (y) => y.positional('id', { type: 'string' }).options(json),
        does(async (a: never) => (await import('./commands/boards.js')).boardsCommand(a)),
      )
      .command(
        'ops',
        'supported operators',
        (y) => y.options(json),
        does(async (a: never) => (await import('./commands/ops.js')).opsCommand(a)),
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
  const verb = verbs.find((v) => argv.includes(v));
  const unknown = /^Unknown arguments?: (.+)$/.exec(message)?.[1].split(', ');
  if (verb !== undefined && message.startsWith('Not enough non-option arguments'))
    return verb === 'report'
      ? usage('E112', 'report needs a plan.json', 'rivulet report out/plan.json')
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
    const close = nearest(unknown[0], verbs);
    return usage(
      'E112',
      `there is no command ${printable(unknown[0], 40)}`,
      close.length > 0 ? `did you mean ${close.join(' or ')}?` : `commands: ${verbs.join(', ')}`,
    );
  }
  return new RivuletError(
    ExitCode.usage,
    unknown.map((name) => {
      const close = nearest(name, flagsOf[verb]);
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

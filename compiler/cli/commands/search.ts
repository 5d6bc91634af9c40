import { ExitCode, usageError } from '../../diagnostics.js';
import { searchFiles } from '../../pipeline/search-files.js';
import { findNetworks, type SearchModelOptions } from '../../pipeline/search-model.js';
import { searchText } from '../../report/search-text.js';
import { parseBytes, parseNames, parseNumber, parseShapes } from '../arguments.js';
import { type CalibrationArguments, readSamples } from '../calibration.js';
import { imageOptions } from '../data-flags.js';
import { runEvaluateCommand } from '../evaluate-command.js';
import { readModelFile } from '../model-file.js';
import { print, printDiagnostics, printJson, Progress } from '../output.js';
import { SearchFolder } from '../search-folder.js';

export interface SearchArguments extends CalibrationArguments {
  readonly model: string;
  readonly out: string;
  readonly board?: string;
  readonly core?: string;
  readonly sram?: string;
  readonly flash?: string;
  readonly maxSlowdown?: string;
  readonly maxOverhead?: string;
  readonly schedule?: string;
  readonly input?: string;
  readonly evaluateCommand?: string;
  readonly evaluateTimeout?: string;
  readonly budget?: string;
  readonly fits?: string;
  readonly seed?: string;
  readonly points?: string;
  readonly keepMacs?: string;
  readonly moves?: readonly string[];
  readonly resume?: boolean;
  readonly json?: boolean;
}

/** Seconds that the user's command may take for a network. */
const standardTimeout = 3600;

/** Searches, writes what it found, and lists it. */
export async function searchCommand(args: SearchArguments): Promise<ExitCode> {
  if (args.calibrate === undefined)
    throw usageError(
      'E111',
      'search needs --calibrate: typical inputs of the model, which weights are fitted to and scored on',
      'a folder of images, .npy or .npz; a hundred or more',
    );
  const progress = new Progress(args.json !== true);
  const start = performance.now();
  const options = searchOptions(args);
  const model = readModelFile(args.model);
  progress.update('reading inputs');
  const { samples, evaluate, labels } = readSamples(model, args.calibrate, args);
  const folder = new SearchFolder(args.out, args.resume === true);
  const { evaluateCommand, evaluateTimeout } = args;
  const timeoutSeconds =
    evaluateTimeout === undefined ? standardTimeout : parseNumber('evaluate-timeout', evaluateTimeout, 1, false);
  const asked: SearchModelOptions = {
    ...options,
    ...(evaluate === null ? {} : { evaluate }),
    ...(labels === null ? {} : { labels }),
    ...(evaluateCommand === undefined
      ? {}
      : {
          command: (subject) =>
            runEvaluateCommand({ text: evaluateCommand, timeoutSeconds }, folder.candidates, subject),
        }),
    ...(folder.state === null ? {} : { state: folder.state }),
    onState: (state) => folder.keep(state),
    onProgress: progress.update,
  };
  const found = await findNetworks(model, samples, asked);
  const { document, files } = searchFiles(found, model.name ?? found.info.name, pixelsOf(args), asked);
  folder.write(files);
  const seconds = Number(((performance.now() - start) / 1000).toFixed(1));
  if (args.json === true) await printJson({ ...document, seconds });
  else {
    printDiagnostics(document.diagnostics);
    await print(`${searchText(document)}\nWrote ${args.out}: front.html shows the networks (${seconds} s).\n`);
  }
  return document.diagnostics.some((d) => d.severity === 'error') ? ExitCode.toolMissing : ExitCode.ok;
}

function searchOptions(args: SearchArguments): SearchModelOptions {
  const { board, core, sram, flash, maxSlowdown, maxOverhead, schedule, input, budget, fits, seed, points } = args;
  const { keepMacs, moves, inputShape, outputs } = args;
  const whole = (flag: string, text: string | undefined, least: number): number | undefined =>
    text === undefined ? undefined : parseNumber(flag, text, least, true);
  const real = (flag: string, text: string | undefined, least: number): number | undefined =>
    text === undefined ? undefined : parseNumber(flag, text, least, false);
  const options = {
    board,
    core,
    sramBytes: sram === undefined ? undefined : parseBytes('sram', sram),
    flashBytes: flash === undefined ? undefined : parseBytes('flash', flash),
    maxSlowdown: real('max-slowdown', maxSlowdown, 1),
    maxOverhead: real('max-overhead', maxOverhead, 1),
    schedule,
    input,
    budget: whole('budget', budget, 1),
    fits: whole('fits', fits, 1),
    seed: whole('seed', seed, 0),
    points: whole('points', points, 1),
    keepMacs: real('keep-macs', keepMacs, 0),
    moves: moves === undefined ? undefined : parseNames('moves', moves),
    inputShapes: inputShape === undefined ? undefined : parseShapes(inputShape),
    outputs: outputs === undefined ? undefined : parseNames('outputs', outputs),
  };
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as SearchModelOptions;
}

/** What finetune.py does to pixels: what the flags of this run do to them. */
function pixelsOf(args: SearchArguments): Parameters<typeof searchFiles>[2] {
  const { scale = 1 / 255, mean = [0], std = [1], resize } = imageOptions(args);
  return { scale, mean, std, resize: typeof resize === 'number' ? resize : null };
}

import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { ExitCode, RivuletError, usageError } from '../../diagnostics.js';
import { quantiseText } from '../../report/quantise-text.js';
import { fileReason } from '../../util/file-reason.js';
import { type CalibrationArguments, quantiseByFlags } from '../calibration.js';
import { readModelFile } from '../model-file.js';
import { print, printDiagnostics, printJson, Progress } from '../output.js';

export interface QuantiseArguments extends CalibrationArguments {
  readonly model: string;
  readonly out: string;
  readonly json?: boolean;
}

/** Writes the int8 model of a float one, and says what it costs. */
export async function quantiseCommand(args: QuantiseArguments): Promise<ExitCode> {
  if (args.calibrate === undefined)
    throw usageError(
      'E111',
      'quantise needs --calibrate: typical inputs of the model',
      'a folder of images, .npy or .npz',
    );
  const progress = new Progress(args.json !== true);
  const start = performance.now();
  const { onnx, document } = quantiseByFlags(readModelFile(args.model), args.calibrate, args, progress.update);
  const seconds = Number(((performance.now() - start) / 1000).toFixed(3));
  writeModel(args.out, onnx);
  if (args.json === true) await printJson({ ...document, seconds });
  else {
    printDiagnostics(document.diagnostics);
    await print(`Wrote ${args.out} (${seconds.toFixed(1)} s)\n\n${quantiseText(document)}`);
  }
  return ExitCode.ok;
}

/** Whole or not at all; E131 (exit 2) where it cannot be written. */
function writeModel(path: string, bytes: Uint8Array): void {
  const temporary = join(dirname(path), `.${basename(path)}-${process.pid}`);
  try {
    writeFileSync(temporary, bytes);
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw new RivuletError(ExitCode.usage, [
      { code: 'E131', severity: 'error', message: `cannot write ${path}: ${fileReason(error)}` },
    ]);
  }
}

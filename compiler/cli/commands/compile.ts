import { join } from 'node:path';
import { compile } from '../../pipeline/compile.js';
import { type Diagnostic, ExitCode } from '../../diagnostics.js';
import { formatBytes } from '../../util/format.js';
import { reportText } from '../../report/text.js';
import { compileOptions, type PlanArguments } from '../arguments.js';
import { readInput, readModelFile } from '../model-file.js';
import { outputWidth, print, printDiagnostics, printJson, Progress } from '../output.js';
import { writeFolder } from '../write-folder.js';

export interface CompileArguments extends PlanArguments {
  readonly model: string;
  readonly out: string;
  readonly json?: boolean;
}

/** Plans, writes the package, and says what was chosen. A network that does not fit writes nothing (exit 4). */
export async function compileCommand(args: CompileArguments): Promise<ExitCode> {
  const progress = new Progress(args.json !== true);
  progress.update('planning');
  const options = compileOptions(args, (path) => new TextDecoder().decode(readInput(path)));
  const compiled = compile(readModelFile(args.model), options);
  const { document } = compiled;
  const notes: Diagnostic[] = [];
  if (compiled.fits) {
    progress.update('writing C');
    notes.push(...writeFolder(args.out, compiled.emit()).left.map((path) => leftAlone(join(args.out, path))));
  }
  if (args.json === true) await printJson(document);
  else {
    await print(reportText(document, { layers: false, width: outputWidth() }));
    if (compiled.fits)
      await print(
        `\nWrote ${args.out}: ${document.net}.h is the interface, report.html the picture (${formatBytes(document.memory.arenaBytes)} arena).\n`,
      );
    printDiagnostics([...document.diagnostics, ...notes]);
  }
  return compiled.fits ? ExitCode.ok : ExitCode.doesNotFit;
}

const leftAlone = (file: string): Diagnostic => ({
  code: 'W131',
  severity: 'note',
  node: file,
  message: 'is left as it is: an earlier run wrote it, it was changed since, and the package no longer has it',
});

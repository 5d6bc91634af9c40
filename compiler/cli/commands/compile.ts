import { compile } from '../../pipeline/compile.js';
import { ExitCode } from '../../diagnostics.js';
import { formatBytes } from '../../util/format.js';
import { reportText } from '../../report/text.js';
import { compileOptions, type PlanArguments } from '../arguments.js';
import { readInput, readModelFile } from '../model-file.js';
import { print, printDiagnostics, printJson, Progress } from '../output.js';
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
  if (compiled.fits) {
    progress.update('writing C');
    writeFolder(args.out, compiled.emit());
  }
  if (args.json === true) await printJson(document);
  else {
    await print(reportText(document, { layers: false }));
    if (compiled.fits)
      await print(
        `\nWrote ${args.out}: ${document.net}.h is the interface, report.html the picture (${formatBytes(document.memory.arenaBytes)} arena).\n`,
      );
    printDiagnostics(document.diagnostics);
  }
  return compiled.fits ? ExitCode.ok : ExitCode.doesNotFit;
}

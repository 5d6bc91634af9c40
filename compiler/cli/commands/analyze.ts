import { analyze } from '../../pipeline/analyze.js';
import { ExitCode } from '../../diagnostics.js';
import { reportText } from '../../report/text.js';
import { compileOptions, type PlanArguments } from '../arguments.js';
import { readInput, readModelFile } from '../model-file.js';
import { outputWidth, print, printDiagnostics, printJson, Progress } from '../output.js';

export interface AnalyzeArguments extends PlanArguments {
  readonly model: string;
  readonly json?: boolean;
}

/** The report without C; exit 3 with every unsupported node, exit 4 where the network does not fit. */
export async function analyzeCommand(args: AnalyzeArguments): Promise<ExitCode> {
  const progress = new Progress(args.json !== true);
  progress.update('planning');
  const options = compileOptions(args, (path) => new TextDecoder().decode(readInput(path)));
  const { document, compiled, error } = analyze(readModelFile(args.model), options);
  if (args.json === true) await printJson(document);
  else if (compiled !== null) {
    await print(reportText(compiled.document, { layers: true, width: outputWidth() }));
    printDiagnostics(compiled.document.diagnostics);
  } else printDiagnostics(document.diagnostics);
  if (error !== null) return error.exitCode;
  return compiled!.fits ? ExitCode.ok : ExitCode.doesNotFit;
}

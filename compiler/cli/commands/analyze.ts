import { analyze } from '../../pipeline/analyze.js';
import { ExitCode } from '../../diagnostics.js';
import { reportHtml } from '../../report/html.js';
import { reportText } from '../../report/text.js';
import { calibrated, type CalibrationArguments } from '../calibration.js';
import { compileOptions, type PlanArguments } from '../arguments.js';
import { type GateArguments, gateProblems, gatesOf } from '../gates.js';
import { readInput, readModelFile } from '../model-file.js';
import { outputWidth, print, printDiagnostics, printJson, Progress } from '../output.js';
import { writeReport } from '../write-report.js';

export interface AnalyzeArguments extends PlanArguments, CalibrationArguments, GateArguments {
  readonly model: string;
  readonly out?: string;
  readonly json?: boolean;
}

/** The report without C, as a page with --out; exit 3 with every unsupported node, exit 4 where the network does not fit or pass a gate. */
export async function analyzeCommand(args: AnalyzeArguments): Promise<ExitCode> {
  const gates = gatesOf(args);
  const progress = new Progress(args.json !== true);
  progress.update('planning');
  const options = {
    ...compileOptions(args, (path) => new TextDecoder().decode(readInput(path))),
    onProgress: progress.update,
  };
  const { model, quantisation } = calibrated(readModelFile(args.model), args, progress.update);
  const { document, compiled, error } = analyze(model, quantisation === null ? options : { ...options, quantisation });
  if (args.out !== undefined && compiled !== null) writeReport(args.out, reportHtml(compiled.document));
  const stopped = compiled === null ? [] : gateProblems(compiled.document, gates);
  const all = [...document.diagnostics, ...stopped];
  if (args.json === true) await printJson(stopped.length === 0 ? document : { ...document, diagnostics: all });
  else if (compiled !== null) {
    await print(reportText(compiled.document, { layers: true, width: outputWidth() }));
    if (args.out !== undefined) await print(`\nWrote ${args.out}, the picture.\n`);
  }
  if (args.json !== true) printDiagnostics(all);
  if (error !== null) return error.exitCode;
  return compiled!.fits && stopped.length === 0 ? ExitCode.ok : ExitCode.doesNotFit;
}

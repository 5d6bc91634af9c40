import { analyze } from '../../pipeline/analyze.js';
import { ExitCode } from '../../diagnostics.js';
import { formatBytes, formatCount } from '../../report/describe.js';
import { tableLines } from '../../report/table.js';
import { reportText } from '../../report/text.js';
import type { PlanDocument } from '../../report/plan-document.js';
import { compileOptions, type PlanArguments } from '../arguments.js';
import { readInput, readModelFile } from '../model-file.js';
import { print, printDiagnostics, printJson, Progress } from '../output.js';

export interface AnalyzeArguments extends PlanArguments {
  readonly model: string;
  readonly pareto?: boolean;
  readonly json?: boolean;
}

/** The report without C; exit 3 with every unsupported node, exit 4 where the network does not fit. */
export async function analyzeCommand(args: AnalyzeArguments): Promise<ExitCode> {
  const progress = new Progress(args.json !== true);
  progress.update('planning');
  const options = compileOptions(args, (path) => new TextDecoder().decode(readInput(path)));
  const { document, compiled, error } = analyze(readModelFile(args.model), { ...options, pareto: args.pareto ?? false });
  progress.clear();
  if (args.json === true) await printJson(document);
  else if (compiled !== null) {
    await print(reportText(compiled.document, { layers: true }));
    if (args.pareto === true) await print(`\n${frontText(compiled.document)}`);
    printDiagnostics(compiled.document.diagnostics);
  } else printDiagnostics(document.diagnostics);
  if (error !== null) return error.exitCode;
  return compiled!.fits ? ExitCode.ok : ExitCode.doesNotFit;
}

function frontText(document: PlanDocument): string {
  const rows = document.pareto.map((p) => [
    formatBytes(p.peakSramBytes), formatCount(p.executedMacs), formatCount(p.estimatedInstructions),
    p.peakSramBytes === document.memory.peakSramBytes ? 'chosen' : '',
  ]);
  const lines = tableLines([
    { head: 'peak SRAM', align: 'right' }, { head: 'MACs', align: 'right' }, { head: 'instructions', align: 'right' }, { head: '', align: 'left' },
  ], rows);
  return `Front of SRAM against work, input ${document.memory.input}\n${lines.map((l) => `  ${l}`).join('\n')}\n`;
}

import { join } from 'node:path';
import { compile } from '../../pipeline/compile.js';
import { type Diagnostic, ExitCode } from '../../diagnostics.js';
import { formatBytes } from '../../util/format.js';
import { reportHtml } from '../../report/html.js';
import type { PackageKind } from '../../pipeline/request.js';
import { wrapLine } from '../../report/table.js';
import { reportText } from '../../report/text.js';
import { calibrated, type CalibrationArguments } from '../calibration.js';
import { compileOptions, type PlanArguments } from '../arguments.js';
import { type GateArguments, gateProblems, gatesOf } from '../gates.js';
import { readInput, readModelFile } from '../model-file.js';
import { outputWidth, print, printDiagnostics, printJson, Progress } from '../output.js';
import { writeFolder } from '../write-folder.js';

export interface CompileArguments extends PlanArguments, CalibrationArguments, GateArguments {
  readonly model: string;
  readonly out: string;
  readonly package?: string;
  readonly json?: boolean;
}

/**
 * Plans, writes the package, and says what was chosen. Of a network that does not fit the report alone (exit 4), of one that does
 * not pass a gate nothing (exit 4).
 */
export async function compileCommand(args: CompileArguments): Promise<ExitCode> {
  const gates = gatesOf(args);
  const progress = new Progress(args.json !== true);
  progress.update('planning');
  const options = {
    ...compileOptions(args, (path) => new TextDecoder().decode(readInput(path))),
    ...(args.package === undefined ? {} : { package: args.package as PackageKind }),
    onProgress: progress.update,
  };
  const { model, quantisation } = calibrated(readModelFile(args.model), args, progress.update);
  const compiled = compile(model, quantisation === null ? options : { ...options, quantisation });
  const { document } = compiled;
  const stopped = gateProblems(document, gates);
  const notes: Diagnostic[] = [...stopped];
  if (stopped.length > 0) progress.update('comparing');
  else if (compiled.fits) {
    progress.update('writing C');
    notes.push(...writeFolder(args.out, compiled.emit()).left.map((path) => leftAlone(join(args.out, path))));
  } else writeFolder(args.out, new Map([[misfitReport, reportHtml(document)]]), true);
  if (args.json === true)
    await printJson(
      stopped.length === 0 ? document : { ...document, diagnostics: [...document.diagnostics, ...stopped] },
    );
  else {
    await print(reportText(document, { layers: false, width: outputWidth() }));
    const wrote =
      stopped.length > 0
        ? `Wrote nothing: the plan does not pass ${stopped.length > 1 ? 'its gates' : 'a gate'}.`
        : compiled.fits
          ? `Wrote ${args.out}: ${args.package === undefined ? '' : 'README.md has the steps to a build, '}${document.net}.h is the interface, report.html the picture (${formatBytes(document.memory.arenaBytes)} arena).`
          : `Wrote ${join(args.out, misfitReport)}, the picture of the plan that does not fit; no C.`;
    await print(`\n${wrapLine(wrote, outputWidth()).join('\n')}\n`);
    printDiagnostics([...document.diagnostics, ...notes]);
  }
  return compiled.fits && stopped.length === 0 ? ExitCode.ok : ExitCode.doesNotFit;
}

/** Within the folder, until a package takes its place. */
const misfitReport = 'does-not-fit.html';

const leftAlone = (file: string): Diagnostic => ({
  code: 'W131',
  severity: 'note',
  node: file,
  message: 'is left as it is: an earlier run wrote it, it was changed since, and the package no longer has it',
});

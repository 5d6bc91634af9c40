import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { ExitCode, RivuletError, usageError as usage } from '../../diagnostics.js';
import { reportHtml } from '../../report/html.js';
import { reportMarkdown } from '../../report/markdown.js';
import { overlays, type OverlayName } from '../../report/overlays/overlays.js';
import type { PlanDocument } from '../../report/plan-document.js';
import { readPlan } from '../../report/read-plan.js';
import { fileReason } from '../../util/file-reason.js';
import { readInput } from '../model-file.js';
import { print } from '../output.js';

export interface ReportArguments {
  readonly plan: string;
  readonly against?: string;
  readonly overlay?: string;
  readonly markdown?: boolean;
  readonly out?: string;
}

/** Draws a plan.json, beside another one where one is named, or writes it as Markdown or for another viewer. */
export async function reportCommand(args: ReportArguments): Promise<ExitCode> {
  const { overlay, against, markdown = false } = args;
  if (overlay !== undefined && against !== undefined)
    throw usage('E111', '--overlay is of one plan: leave out --against');
  if (overlay !== undefined && markdown) throw usage('E111', '--overlay and --markdown are two files: ask for one');
  const plan = planOf(args.plan);
  const before = against === undefined ? null : planOf(against);
  const text =
    overlay !== undefined
      ? overlays[overlay as OverlayName](plan)
      : (markdown ? reportMarkdown : reportHtml)(plan, before);
  const out = args.out ?? (overlay !== undefined ? `${overlay}.json` : markdown ? 'report.md' : 'report.html');
  writeWhole(out, text);
  await print(`Wrote ${out}\n`);
  return ExitCode.ok;
}

/** Through a file beside it that then takes its name; E131 (exit 2) where it cannot, with nothing left. */
function writeWhole(path: string, text: string): void {
  const part = `${path}.part`;
  try {
    writeFileSync(part, text);
    renameSync(part, path);
  } catch (error) {
    rmSync(part, { force: true });
    throw new RivuletError(ExitCode.usage, [
      { code: 'E131', severity: 'error', message: `cannot write ${path}: ${fileReason(error)}` },
    ]);
  }
}

const planOf = (path: string): PlanDocument => readPlan(new TextDecoder().decode(readInput(path)), path);

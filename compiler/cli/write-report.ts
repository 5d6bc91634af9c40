/** A report as one file of its own. */

import type { DiagnosticCode } from '../diagnostics.js';
import { closeSync, existsSync, openSync, readSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { ExitCode, RivuletError } from '../diagnostics.js';
import { fileReason } from '../util/file-reason.js';

/** Whole or not at all. E130 (exit 2) where another file of that name is no report, E131 where it cannot be written. */
export function writeReport(path: string, html: string): void {
  const temporary = join(dirname(path), `.${basename(path)}-${process.pid}`);
  try {
    if (existsSync(path) && !isReport(path))
      throw refusal('E130', `${path} is in the way: it is no report of rivulet`, 'move it, or name another file');
    writeFileSync(temporary, html);
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error instanceof RivuletError ? error : refusal('E131', `cannot write ${path}: ${fileReason(error)}`);
  }
}

/** By its head. */
function isReport(path: string): boolean {
  const head = Buffer.alloc(2000);
  const file = openSync(path, 'r');
  try {
    readSync(file, head);
  } finally {
    closeSync(file);
  }
  return /^<!doctype html>[\s\S]*<title>.*: rivulet report<\/title>/.test(head.toString('utf8'));
}

function refusal(code: DiagnosticCode, message: string, hint?: string): RivuletError {
  return new RivuletError(ExitCode.usage, [
    { code, severity: 'error', message, ...(hint === undefined ? {} : { hint }) },
  ]);
}

/**
 * Writes a package as a whole: into a folder beside the target that then takes its name. Whatever fails, the target is
 * as it was before, or complete.
 */

import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { ExitCode, RivuletError } from '../diagnostics.js';
import { fileReason } from '../util/file-reason.js';

/** E130 (exit 2) where the target holds something that no earlier run wrote, E131 where it cannot be written. */
export function writeFolder(target: string, files: ReadonlyMap<string, string>): void {
  const folder = resolve(target);
  const earlier = existsSync(folder);
  if (earlier) refuseForeign(target, folder);
  let temporary: string | null = null;
  try {
    mkdirSync(dirname(folder), { recursive: true });
    temporary = mkdtempSync(join(dirname(folder), `.${basename(folder)}-`));
    const fresh = join(temporary, 'new');
    for (const [path, text] of files) {
      mkdirSync(dirname(join(fresh, path)), { recursive: true });
      writeFileSync(join(fresh, path), text);
    }
    if (earlier) renameSync(folder, join(temporary, 'old'));
    renameSync(fresh, folder);
  } catch (error) {
    throw refusal('E131', `cannot write ${target}: ${fileReason(error)}`);
  } finally {
    if (temporary !== null) rmSync(temporary, { recursive: true, force: true });
  }
}

/** What a package consists of, besides <net>.c and the like. */
const ownNames = new Set(['runtime', 'example', 'CMakeLists.txt', 'sources.txt', 'LICENSE', 'plan.json', 'report.html']);

function refuseForeign(target: string, folder: string): void {
  if (!statSync(folder).isDirectory()) throw refusal('E130', `${target} is a file`);
  const names = readdirSync(folder);
  const isPackage = names.includes('plan.json') && names.includes('sources.txt');
  const foreign = names.filter((name) => !(isPackage && (ownNames.has(name) || /^[a-z0-9_]+\.[ch]$/.test(name))));
  if (foreign.length > 0) {
    const few = foreign.slice(0, 3).join(', ') + (foreign.length > 3 ? ', ...' : '');
    throw refusal('E130', `${target} holds files that rivulet did not write: ${few}`, 'name another folder with --out, or empty this one');
  }
}

function refusal(code: string, message: string, hint?: string): RivuletError {
  return new RivuletError(ExitCode.usage, [{ code, severity: 'error', message, ...(hint === undefined ? {} : { hint }) }]);
}

/** How the readers of data refuse a file. */

import type { DiagnosticCode } from '../diagnostics.js';
import { ExitCode, RivuletError } from '../diagnostics.js';

/** Throws one error (exit 2) about `file`, the name that the user knows it by; null where no one file is to blame. */
export function refuse(code: DiagnosticCode, file: string | null, message: string, hint?: string): never {
  throw new RivuletError(ExitCode.usage, [
    {
      code,
      severity: 'error',
      ...(file === null ? {} : { node: file }),
      message,
      ...(hint === undefined ? {} : { hint }),
    },
  ]);
}

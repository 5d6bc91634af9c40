/** What a command line says when it ends early. */

import { ExitCode, RivuletError } from '../diagnostics.js';
import { printDiagnostics, printJson } from './output.js';

/**
 * A user's problem in one line each, or as the one document of --json; anything else is ours, with its stack for the
 * report. The flag is read from the bare arguments, because the failure may be in them.
 */
export async function reportFailure(error: unknown, argv: readonly string[]): Promise<ExitCode> {
  const known =
    error instanceof RivuletError
      ? error
      : new RivuletError(ExitCode.internal, [
          {
            code: 'E000',
            severity: 'error',
            message: `internal error: ${(error as Error)?.message ?? String(error)}`,
            hint: 'please report it with the model, if you can share it; RIVULET_DEBUG=1 shows where it happened',
          },
        ]);
  const document = { schema: 'rivulet.error/1', exitCode: known.exitCode, diagnostics: known.diagnostics };
  const asJson = argv.some((a) => a === '--json' || a === '--json=true');
  const printed =
    asJson &&
    (await printJson(document).then(
      () => true,
      () => false,
    ));
  if (!printed) printDiagnostics(known.diagnostics);
  if (known !== error && process.env['RIVULET_DEBUG'] === '1') process.stderr.write(`${(error as Error).stack}\n`);
  return known.exitCode;
}

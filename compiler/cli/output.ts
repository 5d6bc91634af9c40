/** Where text goes: results to standard output, everything else to standard error. */

import { ExitCode, formatDiagnostic, RivuletError, type Diagnostic } from '../diagnostics.js';
import { fileReason } from '../util/file-reason.js';

const useColour = (): boolean =>
  process.stderr.isTTY === true && (process.env['NO_COLOR'] ?? '') === '' && process.env['TERM'] !== 'dumb';

const red = 31;
const yellow = 33;
const paint = (text: string, colour: number): string => (useColour() ? `\u001b[${colour}m${text}\u001b[0m` : text);

// Every write has its own callback; without a listener Node ends the process before that is called.
process.stdout.on('error', () => undefined);
// A reader of the messages who has left changes nothing about what the command did.
process.stderr.on('error', () => undefined);

/** Characters in a line of standard output, where it is a terminal; no limit elsewhere. */
export const outputWidth = (): number => (process.stdout.isTTY === true ? (process.stdout.columns ?? 80) : Infinity);

/** Writes to standard output; waits until a pipe has taken it. E131 (exit 2) where it cannot; a reader that left is no failure. */
export function print(text: string): Promise<void> {
  clearProgress();
  return new Promise((resolve, reject) => {
    process.stdout.write(text, (error) => {
      if (error === undefined || error === null || (error as NodeJS.ErrnoException).code === 'EPIPE') resolve();
      else
        reject(
          new RivuletError(ExitCode.usage, [
            { code: 'E131', severity: 'error', message: `cannot write to standard output: ${fileReason(error)}` },
          ]),
        );
    });
  });
}

/** The one document of a command under --json. */
export const printJson = (document: unknown): Promise<void> => print(`${JSON.stringify(document, null, 2)}\n`);

/** Diagnostics for people, errors last; a hint that several in a row share stands behind the last of them. */
export function printDiagnostics(diagnostics: readonly Diagnostic[]): void {
  clearProgress();
  const order = ['note', 'warning', 'error'];
  const sorted = [...diagnostics].sort((a, b) => order.indexOf(a.severity) - order.indexOf(b.severity));
  for (const [i, d] of sorted.entries()) {
    const { hint, ...bare } = d;
    const text = formatDiagnostic(hint === sorted[i + 1]?.hint ? bare : d);
    const label =
      d.severity === 'error' ? paint('error', red) : d.severity === 'warning' ? paint('warning', yellow) : 'note';
    process.stderr.write(`${label} ${text}\n`);
  }
}

/**
 * One line of progress on a terminal, gone with the first words of a result; nothing elsewhere. It is shown at once: planning keeps
 * the event loop busy, so that nothing could show it after the second that makes it worth while.
 */
export class Progress {
  constructor(private readonly enabled: boolean) {}

  readonly update = (what: string): void => {
    if (!this.enabled || process.stderr.isTTY !== true) return;
    process.stderr.write(`\r\u001b[2K${what} ...`);
    isShown = true;
  };
}

let isShown = false;

/** Whatever is printed takes the place of the line of progress. */
function clearProgress(): void {
  if (isShown) process.stderr.write('\r\u001b[2K');
  isShown = false;
}

/** Where text goes: results to standard output, everything else to standard error. */

import { formatDiagnostic, type Diagnostic } from '../diagnostics.js';

const useColour = (): boolean => process.stderr.isTTY === true && (process.env['NO_COLOR'] ?? '') === '' && process.env['TERM'] !== 'dumb';

const red = 31;
const yellow = 33;
const paint = (text: string, colour: number): string => (useColour() ? `\u001b[${colour}m${text}\u001b[0m` : text);

/** Writes to standard output; waits until a pipe has taken it. */
export function print(text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(text, (error) => (error === undefined || error === null || (error as NodeJS.ErrnoException).code === 'EPIPE' ? resolve() : reject(error)));
  });
}

/** The one document of a command under --json. */
export const printJson = (document: unknown): Promise<void> => print(`${JSON.stringify(document, null, 2)}\n`);

/** Diagnostics for people, errors last. */
export function printDiagnostics(diagnostics: readonly Diagnostic[]): void {
  const order = ['note', 'warning', 'error'];
  for (const d of [...diagnostics].sort((a, b) => order.indexOf(a.severity) - order.indexOf(b.severity))) {
    const text = formatDiagnostic(d);
    const label = d.severity === 'error' ? paint('error', red) : d.severity === 'warning' ? paint('warning', yellow) : 'note';
    process.stderr.write(`${label} ${text}\n`);
  }
}

/** One line of progress on a terminal, for work of more than a second; nothing elsewhere. */
export class Progress {
  private readonly start = Date.now();
  private shown = false;

  constructor(private readonly enabled: boolean) {}

  readonly update = (what: string): void => {
    if (!this.enabled || process.stderr.isTTY !== true || Date.now() - this.start < 1000) return;
    process.stderr.write(`\r\u001b[2K${what} ...`);
    this.shown = true;
  };

  clear(): void {
    if (this.shown) process.stderr.write('\r\u001b[2K');
    this.shown = false;
  }
}

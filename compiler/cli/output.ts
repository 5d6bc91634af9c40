/** Where text goes: results to standard output, everything else to standard error. */

import { ExitCode, formatDiagnostic, RivuletError, type Diagnostic } from '../diagnostics.js';
import { cutMiddle, wrapLine } from '../report/table.js';
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

/** How many of one code are printed: the others are much the same, and --json has all. */
const mostOfACode = 10;

/** Diagnostics for people, errors last; a hint that several in a row share stands behind the last of them. */
export function printDiagnostics(diagnostics: readonly Diagnostic[]): void {
  clearProgress();
  const width = process.stderr.isTTY === true ? (process.stderr.columns ?? 80) : Infinity;
  const shown = fewOfEach(diagnostics);
  for (const [i, d] of shown.entries()) {
    const { hint, ...bare } = d;
    const text = formatDiagnostic(hint === shown[i + 1]?.hint ? bare : d);
    const [first, ...rest] = `${d.severity} ${text}`.split('\n');
    const lines = [...wrapLine(first, width, 5), ...rest.flatMap((line) => wrapLine(line, width, 0))];
    const colour = d.severity === 'error' ? red : d.severity === 'warning' ? yellow : null;
    const label = colour === null ? d.severity : paint(d.severity, colour);
    process.stderr.write(`${label}${lines.join('\n').slice(d.severity.length)}\n`);
  }
}

/** By severity, errors last; of many with one code the first, and behind them how many more there are. */
function fewOfEach(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  const rank = (d: Diagnostic): number => (d.code.startsWith('E') ? 2 : d.severity === 'warning' ? 1 : 0);
  const groups = new Map<string, Diagnostic[]>();
  for (const d of [...diagnostics].sort((a, b) => rank(a) - rank(b)))
    groups.set(`${rank(d)} ${d.code}`, [...(groups.get(`${rank(d)} ${d.code}`) ?? []), d]);
  return [...groups.values()].flatMap((group) => {
    if (group.length <= mostOfACode) return group;
    // The importer itself counts where there are very many.
    const more = group
      .slice(mostOfACode)
      .reduce((sum, { message }) => sum + Number(/^and (\d+) more of this kind$/.exec(message)?.[1] ?? 1), 0);
    const { code, severity } = group[0];
    return [
      ...group.slice(0, mostOfACode),
      { code, severity, message: `and ${more} more of this kind: --json lists them` },
    ];
  });
}

/**
 * One line of progress on a terminal, gone with the first words of a result; nothing elsewhere. It is shown at once: planning keeps
 * the event loop busy, so that nothing could show it after the second that makes it worth while.
 */
export class Progress {
  readonly #enabled: boolean;
  #last = '';
  constructor(enabled: boolean) {
    this.#enabled = enabled;
  }

  readonly update = (what: string): void => {
    if (!this.#enabled || process.stderr.isTTY !== true || (isShown && what === this.#last)) return;
    this.#last = what;
    process.stderr.write(`\r\u001b[2K${cutMiddle(what, (process.stderr.columns ?? 80) - 5)} ...`);
    isShown = true;
  };
}

let isShown = false;

/** Whatever is printed takes the place of the line of progress. */
function clearProgress(): void {
  if (isShown) process.stderr.write('\r\u001b[2K');
  isShown = false;
}

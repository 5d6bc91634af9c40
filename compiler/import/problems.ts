/**
 * Problems met while importing. A converter throws a NodeProblem; the importer catches it, names the node and goes
 * on with the others, so that one run reports everything that is wrong with a file.
 */

import { RivuletError, ExitCode } from '../diagnostics.js';
import type { Diagnostic, DiagnosticCode } from '../diagnostics.js';

/**
 * What stops one node (or the whole file, when thrown outside a node). Not an Error: it never leaves the importer, and
 * recording a stack for each of a million bad nodes takes seconds.
 */
export class NodeProblem {
  readonly code: DiagnosticCode;
  readonly message: string;
  readonly hint: string | undefined;
  /** Overrides the node that the diagnostic names. */
  readonly subject: string | undefined;

  constructor(code: DiagnosticCode, message: string, hint?: string, subject?: string) {
    this.code = code;
    this.message = message;
    this.hint = hint;
    this.subject = subject;
  }
}

export function errorDiagnostic(code: DiagnosticCode, message: string, node?: string, hint?: string): Diagnostic {
  return {
    code,
    severity: 'error',
    message,
    ...(node === undefined ? {} : { node }),
    ...(hint === undefined ? {} : { hint }),
  };
}

/** How many problems of one code are listed one by one. */
const listedPerCode = 50;

/** Collects diagnostics; a flood of one code (hostile files) is cut to a count. */
export class ProblemList {
  readonly #diagnostics: Diagnostic[] = [];
  readonly #perCode = new Map<DiagnosticCode, number>();

  add(diagnostic: Diagnostic): void {
    const seen = (this.#perCode.get(diagnostic.code) ?? 0) + 1;
    this.#perCode.set(diagnostic.code, seen);
    if (seen <= listedPerCode) this.#diagnostics.push(diagnostic);
  }

  error(code: DiagnosticCode, message: string, node?: string, hint?: string): void {
    this.add(errorDiagnostic(code, message, node, hint));
  }

  get hasErrors(): boolean {
    return this.#diagnostics.some((d) => d.severity === 'error');
  }

  /** All that was collected, with one line for each code whose list was cut. */
  list(): Diagnostic[] {
    const cut = [...this.#perCode]
      .filter(([, n]) => n > listedPerCode)
      .map(
        ([code, n]): Diagnostic => ({ code, severity: 'note', message: `and ${n - listedPerCode} more of this kind` }),
      );
    return [...this.#diagnostics, ...cut];
  }

  /** Throws a RivuletError with everything when there is an error. */
  throwIfErrors(): void {
    if (this.hasErrors) throw new RivuletError(exitCodeOf(this.#diagnostics), this.list());
  }
}

/** E1xx and E3xx: the file or the command is at fault; everything else is a network that is not supported. */
function exitCodeOf(diagnostics: readonly Diagnostic[]): ExitCode {
  const faulty = diagnostics.some(
    (d) => d.severity === 'error' && (d.code.startsWith('E1') || d.code.startsWith('E3')),
  );
  return faulty ? ExitCode.usage : ExitCode.unsupported;
}

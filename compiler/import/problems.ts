/**
 * Problems met while importing. A converter throws a NodeProblem; the importer catches it, names the node and goes
 * on with the others, so that one run reports everything that is wrong with a file.
 *
 *   E101 not a readable ONNX file          E201 operator not supported         E301 unknown dimensions
 *   E102 IR version or opset missing       E202 operator set not supported     E302 batch larger than 1
 *   E103 names or references inconsistent  E203 operator version not supported E303 shapes do not agree
 *   E104 nodes form a cycle                E204 outside what an operator's     E304 tensor too large
 *   E105 external data                          entry in the table supports    E305 --input-shape names no input
 *   E106 tensor data                       E205 control flow or subgraph
 *   E107 attribute                         E206 too many operators
 *
 *   E401 needs quantisation   E402 bad scale   E403 quantisation form not supported
 *
 *   W101 input not used   W102 newer IR version   W103 several inferences in one run
 *   W401 quantisation of an output assumed   W403 weights rounded to int16
 */

import { RivuletError, ExitCode } from '../diagnostics.js';
import type { Diagnostic } from '../diagnostics.js';

/**
 * What stops one node (or the whole file, when thrown outside a node). Not an Error: it never leaves the importer, and
 * recording a stack for each of a million bad nodes takes seconds.
 */
export class NodeProblem {
  readonly code: string;
  readonly message: string;
  readonly hint: string | undefined;
  /** Overrides the node that the diagnostic names. */
  readonly subject: string | undefined;

  constructor(code: string, message: string, hint?: string, subject?: string) {
    this.code = code;
    this.message = message;
    this.hint = hint;
    this.subject = subject;
  }
}

export function errorDiagnostic(code: string, message: string, node?: string, hint?: string): Diagnostic {
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
  readonly #perCode = new Map<string, number>();

  add(diagnostic: Diagnostic): void {
    const seen = (this.#perCode.get(diagnostic.code) ?? 0) + 1;
    this.#perCode.set(diagnostic.code, seen);
    if (seen <= listedPerCode) this.#diagnostics.push(diagnostic);
  }

  error(code: string, message: string, node?: string, hint?: string): void {
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

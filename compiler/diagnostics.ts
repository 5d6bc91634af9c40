/**
 * Diagnostics are data: code, severity, message, the node they concern and what to do about it.
 * They are collected, so that a user sees every problem of a model in one run; printing lives in `cli/`.
 * diagnostics/catalogue.ts says what each code means.
 */

import type { DiagnosticCode } from './diagnostics/catalogue.js';

export type { DiagnosticCode } from './diagnostics/catalogue.js';

export interface Diagnostic {
  readonly code: DiagnosticCode;
  readonly severity: 'error' | 'warning' | 'note';
  /** What is wrong, in one sentence, with the offending value. */
  readonly message: string;
  /** Name of the ONNX node, tensor or file concerned. */
  readonly node?: string;
  /** Operator of that node, e.g. Conv. */
  readonly op?: string;
  /** What the user can do. */
  readonly hint?: string;
}

/** Exit codes of the command line, the same for every verb. */
export const ExitCode = {
  ok: 0,
  internal: 1,
  usage: 2,
  unsupported: 3,
  doesNotFit: 4,
  outputsDiffer: 5,
  toolMissing: 6,
} as const;
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

/** A failure that a user caused or can mend; everything else that is thrown is an internal error. */
export class RivuletError extends Error {
  readonly diagnostics: readonly Diagnostic[];
  readonly exitCode: ExitCode;
  constructor(exitCode: ExitCode, diagnostics: readonly Diagnostic[]) {
    super(diagnostics.map(formatDiagnostic).join('\n'));
    this.name = 'RivuletError';
    this.exitCode = exitCode;
    this.diagnostics = diagnostics;
  }
}

/** What the command line or a caller got wrong: exit code 2. */
export function usageError(code: DiagnosticCode, message: string, hint?: string): RivuletError {
  return new RivuletError(ExitCode.usage, [{ code, severity: 'error', message, hint }]);
}

/** One line a diagnostic (two with a hint): `E201 conv_3: ...`. Control characters of names are escaped. */
export function formatDiagnostic(d: Diagnostic): string {
  const where = d.node === undefined ? '' : ` ${printable(d.node)}:`;
  const hint = d.hint === undefined ? '' : `\n     ${printable(d.hint)}`;
  return `${d.code}${where} ${printable(d.message)}${hint}`;
}

/** Control characters, and marks that turn the direction of the text around them. */
const unprintable = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** Text from a model, safe to print: control characters become escapes, long names are cut. */
export function printable(text: string, limit = 400): string {
  const safe = text.replace(unprintable, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
  return safe.length <= limit ? safe : `${safe.slice(0, limit)}...`;
}

/** What a model needs and whether a board gives it, without writing C; models with unsupported operators included. */

import { compile, type Compilation, type ModelFile } from './compile.js';
import { RivuletError, type Diagnostic } from '../diagnostics.js';
import type { PlanDocument } from '../report/plan-document.js';
import type { CompileOptions } from './request.js';

/** An operator that cannot be compiled. */
export interface Unsupported {
  readonly node: string;
  readonly op: string;
  readonly reason: string;
}

/** The plan, and what stands in its way: where `unsupported` is not empty there is no plan. */
export type AnalyzeDocument =
  | (PlanDocument & { readonly unsupported: readonly Unsupported[] })
  | {
      readonly schema: 'rivulet.plan/1';
      readonly fits: false;
      readonly unsupported: readonly Unsupported[];
      readonly diagnostics: readonly Diagnostic[];
    };

export interface Analysis {
  readonly document: AnalyzeDocument;
  /** Null where the model is not supported. */
  readonly compiled: Compilation | null;
  /** The error behind an unsupported model. */
  readonly error: RivuletError | null;
}

/** Plans a model. Unreadable files and wrong options throw; unsupported operators are reported. */
export function analyze(model: ModelFile, options: CompileOptions = {}): Analysis {
  try {
    const compiled = compile(model, options);
    return { document: { ...compiled.document, unsupported: [] }, compiled, error: null };
  } catch (error) {
    if (!(error instanceof RivuletError)) throw error;
    const unsupported = error.diagnostics.filter(isUnsupported).map(unsupportedOf);
    if (unsupported.length === 0) throw error;
    return {
      document: { schema: 'rivulet.plan/1', fits: false, unsupported, diagnostics: error.diagnostics },
      compiled: null,
      error,
    };
  }
}

/** E2xx: operators; E4xx: quantisation of a node. */
const isUnsupported = (d: Diagnostic): boolean => d.severity === 'error' && /^E[24]/.test(d.code);

const unsupportedOf = (d: Diagnostic): Unsupported => ({ node: d.node ?? '', op: d.op ?? '', reason: d.message });

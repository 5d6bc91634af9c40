/** The library: what the command line does, from code. */

export { compile, type Compilation, type ModelFile } from './pipeline/compile.js';
export {
  quantise,
  type FloatSample,
  type Quantisation,
  type QuantiseOptions,
} from './pipeline/quantise-model.js';
export type { QuantiseDocument } from './report/quantise-document.js';
export { quantiseText } from './report/quantise-text.js';
export { analyze, type AnalyzeDocument, type Unsupported } from './pipeline/analyze.js';
export { validate } from './pipeline/validate-model.js';
export type { CompileOptions, ValidateOptions } from './pipeline/request.js';
export type { ValidateDocument } from './validate/document.js';
export type { PlanDocument } from './report/plan-document.js';
export { reportText } from './report/text.js';
export { boardIds, loadBoard } from './machine/board-files.js';
export type { Board, MemoryRegion } from './machine/board.js';
export type { CoreId } from './machine/core.js';
export { ExitCode, RivuletError, formatDiagnostic, type Diagnostic } from './diagnostics.js';
export { toolVersion } from './pipeline/version.js';

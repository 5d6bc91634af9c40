export { importModel } from './import-model.js';
export type { ImportOptions, ImportResult, ModelFile, ModelInfo } from './import-model.js';
export { operatorTable, latestOpset, oldestOpset } from './op-table.js';
export type { OperatorEntry } from './op-table.js';
export { foldedOperators } from './fold/fold.js';

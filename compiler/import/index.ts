export { operatorTable, latestOpset, oldestOpset } from './op-table.js';
export type { OperatorEntry } from './op-table.js';
export { foldedOperators } from './fold/fold.js';

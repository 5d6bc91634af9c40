export { optimise, passes } from './pipeline.js';
export type { Pass } from './pipeline.js';

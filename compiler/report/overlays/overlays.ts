/** Files that other viewers read, by the name of the viewer. */

import type { PlanDocument } from '../plan-document.js';
import { modelExplorerJson } from './model-explorer.js';
import { perfettoJson } from './perfetto.js';

export const overlays = {
  'model-explorer': modelExplorerJson,
  perfetto: perfettoJson,
} as const satisfies Readonly<Record<string, (plan: PlanDocument) => string>>;

export type OverlayName = keyof typeof overlays;

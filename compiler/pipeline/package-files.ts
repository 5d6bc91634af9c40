/** The folder that `compile` writes. */

import { emitPackage } from '../codegen/package.js';
import type { CompileFacts } from '../report/facts.js';
import { reportHtml } from '../report/html.js';
import { planDocument, planJson } from '../report/model.js';

/** The C, plan.json and report.html, by path within the folder, sorted by path. */
export function packageFiles(facts: CompileFacts, document = planDocument(facts)): ReadonlyMap<string, string> {
  const files = [
    ...emitPackage(facts),
    ['plan.json', planJson(document)],
    ['report.html', reportHtml(document)],
  ] as const;
  return new Map([...files].sort(([a], [b]) => (a < b ? -1 : 1)));
}

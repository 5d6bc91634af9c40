/** The folder that `compile` writes. */

import { emitPackageFor } from '../codegen/packages/index.js';
import type { PackageKind } from '../codegen/packages/kinds.js';
import type { CompileFacts } from '../report/facts.js';
import { reportHtml } from '../report/html.js';
import { planDocument, planJson } from '../report/model.js';

/** The C, plan.json and report.html, by path within the folder, sorted by path. */
export function packageFiles(
  facts: CompileFacts,
  document = planDocument(facts),
  kind: PackageKind | null = null,
): ReadonlyMap<string, string> {
  const files = [
    ...emitPackageFor(facts, kind),
    ['plan.json', planJson(document)],
    ['report.html', reportHtml(document)],
  ] as const;
  return new Map([...files].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** report.html: one page without external parts, drawn from plan.json alone. */

import { readAsset } from '../assets/assets.js';
import { render } from '../assets/template.js';
import { printable } from '../diagnostics.js';
import type { PlanDocument } from './plan-document.js';
import { accuracySection } from './sections/accuracy.js';
import { compareSection } from './sections/compare.js';
import { countsSection } from './sections/counts.js';
import { kneeSection } from './sections/knee.js';
import { frontSection } from './sections/front.js';
import { figuresHtml, headSection } from './sections/head.js';
import { inputsOutputsSection } from './sections/inputs-outputs.js';
import { layersSection } from './sections/layers.js';
import { memorySection } from './sections/memory.js';
import { networkSection } from './sections/network.js';
import { peakSection } from './sections/peak.js';
import { remarksSection } from './sections/remarks.js';
import { removedSection } from './sections/removed.js';
import type { ReportInput, Section } from './sections/section.js';

/** What is seen at once, in the order of the keys 1, 2, 3...; a view without sections is left out. */
const views: readonly { readonly id: string; readonly title: string; readonly sections: readonly Section[] }[] = [
  { id: 'memory', title: 'Memory', sections: [memorySection, peakSection, countsSection] },
  { id: 'layers', title: 'Layers', sections: [layersSection, removedSection] },
  { id: 'network', title: 'Network', sections: [networkSection, inputsOutputsSection] },
  { id: 'accuracy', title: 'Accuracy', sections: [accuracySection] },
  { id: 'front', title: 'Front', sections: [kneeSection, frontSection] },
  { id: 'compare', title: 'Compared', sections: [compareSection] },
];

/** Built from compiler/page/report.ts by npm run build. */
const scriptPath = 'dist/page/report.js';

/** The page for a plan, beside another one where `against` is given. */
export function reportHtml(plan: PlanDocument, against: PlanDocument | null = null): string {
  const input: ReportInput = { plan, against };
  return printablePage(
    render('report/page.html', {
      title: plan.model.name,
      style: render('report/style.css', {}),
      head: htmlOf(input, [headSection, remarksSection]).join('\n'),
      views: viewsHtml(input),
      data: scriptData(input),
      script: readAsset(scriptPath).trimEnd(),
    }),
  );
}

/** Parts for a page that has a head of its own: the four figures, and the views. */
export const reportParts = (plan: PlanDocument): { readonly figures: string; readonly views: string } => ({
  figures: printablePage(figuresHtml(plan)),
  views: printablePage(viewsHtml({ plan, against: null })),
});

function viewsHtml(input: ReportInput): string {
  const shown = views
    .map((view) => ({ ...view, sections: htmlOf(input, view.sections) }))
    .filter((view) => view.sections.length > 0);
  return render('report/views.html', { views: shown.map((view, i) => ({ ...view, key: i + 1 })) });
}

const htmlOf = (input: ReportInput, sections: readonly Section[]): readonly string[] =>
  sections.map((section) => section(input)).filter((html) => html !== null);

/** The page's own lines end in plain newlines: what else there is comes from names of the model. */
const printablePage = (page: string): string =>
  page
    .split('\n')
    .map((line) => printable(line, Infinity))
    .join('\n');

/** The plan as JSON that cannot close its script element; of the front's schedules the page draws none. */
function scriptData({ plan }: ReportInput): string {
  const data = { ...plan, pareto: plan.pareto.map((point) => ({ ...point, schedule: null })) };
  return JSON.stringify(data)
    .replace(/</g, '\\u003c')
    .replace(/\u2028/g, '\\u2028')
    .replace(/\u2029/g, '\\u2029');
}

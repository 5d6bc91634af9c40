/** Diagnostics, errors first: what stands in the way, and what the compiler remarked. */

import { render } from '../../assets/template.js';
import type { Section } from './section.js';

const order = ['error', 'warning', 'note'];

export const remarksSection: Section = ({ plan }) =>
  plan.diagnostics.length === 0
    ? null
    : render('report/remarks.html', {
        diagnostics: [...plan.diagnostics]
          .sort((a, b) => order.indexOf(a.severity) - order.indexOf(b.severity))
          .map((d) => ({ ...d, node: d.node ?? '', hint: d.hint ?? '' })),
      });

/** Channels that are computed at compile time, layer by layer. */

import { render } from '../../assets/template.js';
import type { Section } from './section.js';

export const removedSection: Section = ({ plan }) =>
  plan.removedChannels.length === 0 ? null : render('report/removed.html', { removed: plan.removedChannels });

/** The network as it runs: a row a step, lines for tensors, fused regions and their tiles marked. */

import { render } from '../../assets/template.js';
import { networkChart } from '../network-chart.js';
import type { Section } from './section.js';

export const networkSection: Section = ({ plan }) => render('report/network.html', { ...networkChart(plan) });

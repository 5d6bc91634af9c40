/** The script of report.html. */

import type { PlanDocument } from '../report/plan-document.js';
import { must } from './explore/dom.js';
import { explore } from './explore/explore.js';

explore(document.body, JSON.parse(must(document, '#data').textContent ?? '') as PlanDocument);

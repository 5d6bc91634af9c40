import type { PlanDocument } from '../plan-document.js';

/** What a report is drawn from: a plan, and another one that it is set beside. */
export interface ReportInput {
  readonly plan: PlanDocument;
  readonly against: PlanDocument | null;
}

/** A part of the report: HTML with every name escaped, or null where a plan has nothing for it. */
export type Section = (input: ReportInput) => string | null;

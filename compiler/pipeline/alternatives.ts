/** What would make a network fit that does not: the same request with less asked of it. */

import type { Fit } from '../machine/fit.js';
import type { Plan } from '../memory/plan.js';
import type { PlanRequest } from '../program/planner.js';
import { type Chosen, ScheduleRefused } from '../search/choose.js';

/** A request with more freedom than the user's, planned. */
export interface Alternative {
  /** What to change on the command line: `with --input streamed`. */
  readonly change: string;
  readonly plan: Plan;
  readonly fitsSram: boolean;
  /** The flash too. */
  readonly fits: boolean;
}

/**
 * First any schedule with any number of MACs, then with the input pushed row by row as well; ends with the first whose
 * SRAM fits. Empty where the request has all freedom already.
 */
export function alternatives(
  request: PlanRequest,
  choose: (request: PlanRequest) => Chosen,
  fitOf: (plan: Plan) => Pick<Fit, 'fits' | 'missingSramBytes'>,
): readonly Alternative[] {
  const changes: string[] = [];
  const { how } = request;
  if ('regions' in how || how.kind !== 'auto') changes.push('with --schedule auto');
  const limits = [
    ...(request.maxOverhead === null ? [] : ['--max-overhead']),
    ...(request.maxSlowdown === null ? [] : ['--max-slowdown']),
  ];
  if (limits.length > 0) changes.push(`without ${limits.join(' and ')}`);
  else if (request.objective === 'sram') changes.push('with --objective latency');
  const free: PlanRequest = {
    ...request,
    how: { kind: 'auto' },
    objective: 'latency',
    maxOverhead: null,
    maxSlowdown: null,
  };
  const requests = changes.length === 0 ? [] : [{ change: changes.join(' and '), request: free }];
  if (request.input === 'resident')
    requests.push({
      change: [...changes, 'with --input streamed'].join(' and '),
      request: { ...free, input: 'streamed' },
    });
  const found: Alternative[] = [];
  for (const { change, request: asked } of requests) {
    const plan = planOrNull(() => choose(asked).plan);
    if (plan === null) continue;
    const { fits, missingSramBytes } = fitOf(plan);
    found.push({ change, plan, fits, fitsSram: missingSramBytes === 0 });
    // No schedule takes much less flash than another.
    if (missingSramBytes === 0) break;
  }
  return found;
}

/** Null where the network does not allow the request. */
function planOrNull(choose: () => Plan): Plan | null {
  try {
    return choose();
  } catch (error) {
    if (error instanceof ScheduleRefused) return null;
    throw error;
  }
}

/** Which plans of the knee are worth naming beside the chosen one, and the flags that give them. */

import type { Plan } from '../memory/plan.js';
import type { KneePoint } from '../report/facts.js';

interface Candidate {
  readonly plan: Plan;
  readonly slowdown: number;
  readonly peakSramBytes: number;
}

/** Differences that nobody would choose by. */
const sameSram = 1.03;
const sameWork = 0.01;

/** From the most SRAM to the least; what is no better than the chosen plan, or than another point, is left out. */
export function kneePoints(chosen: Candidate, candidates: readonly Candidate[]): readonly KneePoint[] {
  const kept = [chosen];
  for (const p of [...candidates].sort((a, b) => a.slowdown - b.slowdown || a.peakSramBytes - b.peakSramBytes))
    if (!kept.some((q) => isNoBetter(p, q))) kept.push(p);
  return kept
    .slice(1)
    .sort((a, b) => b.peakSramBytes - a.peakSramBytes)
    .map(({ plan: { schedule }, peakSramBytes, slowdown }) => ({
      peakSramBytes,
      slowdown: Math.round(1e4 * slowdown) / 1e4,
      input: schedule.input,
      flags:
        schedule.kind === 'layer'
          ? '--schedule layer'
          : `--sram ${peakSramBytes}${schedule.input === 'streamed' ? ' --input streamed' : ''}`,
    }));
}

/** A pushed input asks more of the caller: it stands in for no resident one. */
const isNoBetter = (p: Candidate, q: Candidate): boolean =>
  (q.plan.schedule.input === 'resident' || p.plan.schedule.input === 'streamed') &&
  q.peakSramBytes <= sameSram * p.peakSramBytes &&
  q.slowdown <= p.slowdown + sameWork;

/**
 * Memory over time as Chrome-trace JSON, which Perfetto and chrome://tracing open: a counter of the bytes of each kind,
 * and a slice a step. Time is estimated instructions, 1000 to the microsecond: a nanosecond on the ruler is one of them.
 */

import type { PlanDocument } from '../plan-document.js';
import { segmentsAt } from '../occupancy.js';

const pid = 1;

export function perfettoJson(plan: PlanDocument): string {
  const kindOf = new Map(plan.buffers.map((b) => [b.id, b]));
  const kinds = [...new Set(plan.buffers.filter((b) => b.bytes > 0).map((b) => b.kind))];
  /** Bytes that two share count for the one that is written at this step. */
  const bytesAt = (step: number): Record<string, number> => {
    const bytes: Record<string, number> = Object.fromEntries(kinds.map((kind) => [kind, 0]));
    for (const s of segmentsAt(plan.buffers, step, plan.memory.arenaBytes)) {
      const held = s.buffers.map((id) => kindOf.get(id)!).sort((a, b) => b.firstStep - a.firstStep);
      if (held.length > 0) bytes[held[0].kind] += s.toByte - s.fromByte;
    }
    return bytes;
  };
  const events: object[] = [
    { name: 'process_name', ph: 'M', pid, args: { name: `rivulet: ${plan.model.name}` } },
    { name: 'thread_name', ph: 'M', pid, tid: 1, args: { name: 'steps, by estimated instructions' } },
  ];
  let ts = 0;
  for (const s of plan.steps) {
    const dur = Math.max(s.estimatedInstructions, 1) / 1000;
    events.push(
      { name: 'arena bytes', ph: 'C', ts, pid, args: bytesAt(s.index) },
      {
        name: `${s.op}${s.name === '' ? '' : ` ${s.name}`}`,
        cat: 'step',
        ph: 'X',
        ts,
        dur,
        pid,
        tid: 1,
        args: { step: s.index, heldBytes: s.liveBytes, macs: s.macs, kernel: s.kernel },
      },
    );
    ts += dur;
  }
  if (plan.steps.length > 0)
    events.push({ name: 'arena bytes', ph: 'C', ts, pid, args: Object.fromEntries(kinds.map((kind) => [kind, 0])) });
  return `${JSON.stringify({ displayTimeUnit: 'ns', traceEvents: events })}\n`;
}

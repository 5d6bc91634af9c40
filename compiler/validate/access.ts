/** What each step of a plan may touch, for the plugin rv_access, and what the plugin found. */

import type { Plan } from '../memory/plan.js';

/**
 * The plugin's steps file: a step reads its inputs' buffers, and reads and writes its output's, its scratch and state.
 * Between steps the loops of fused regions keep their counters, move kept columns within tiles, and take pushed rows.
 */
export function accessRules(plan: Plan): string {
  const buffers = new Map(plan.buffers.map((b) => [b.id, b]));
  const lines: string[] = [];
  const allow = (kinds: 'R' | 'RW', id: number | null): void => {
    const buffer = id === null ? undefined : buffers.get(id);
    if (buffer === undefined) return;
    for (const kind of kinds) lines.push(`${kind} ${buffer.offsetBytes} ${buffer.offsetBytes + buffer.bytes}`);
  };
  for (const step of plan.steps) {
    lines.push('S');
    const states = plan.buffers.filter(
      (b) => b.kind === 'state' && b.firstStep <= step.index && step.index < b.endStep,
    );
    for (const view of step.inputs) allow('R', view.buffer);
    for (const id of [step.output.buffer, step.scratch?.buffer ?? null, ...states.map((b) => b.id)]) allow('RW', id);
  }
  lines.push('S');
  for (const buffer of plan.buffers) if (buffer.kind === 'state' || buffer.kind === 'tile') allow('RW', buffer.id);
  for (const region of plan.fused) allow('RW', region.streamedInput?.buffer ?? null);
  return `${lines.join('\n')}\n`;
}

export interface AccessReport {
  readonly accesses: number;
  readonly violations: number;
  /** The first violations, in words. */
  readonly examples: readonly string[];
  /** Highest byte that a load or store touched, + 1. */
  readonly touchedBytes: number;
}

/** Reads the plugin's output for a program of `steps` steps. */
export function parseAccess(text: string, steps: number): AccessReport {
  const counts = /^C (\d+) (\d+)$/m.exec(text);
  if (counts === null) throw new Error('the access plugin wrote no summary');
  return {
    accesses: Number(counts[1]),
    violations: Number(counts[2]),
    examples: [...text.matchAll(/^V (\d+) ([RW]) (-?\d+) (\d+) (\w+)$/gm)].map(
      ([, step, rw, offset, size, pc]) =>
        `${Number(step) === steps ? 'between steps something' : `step ${step}`} ${rw === 'R' ? 'reads' : 'writes'} ${size} bytes at ${offset} (pc 0x${pc})`,
    ),
    touchedBytes: Number(/^H (\d+)$/m.exec(text)?.[1] ?? 0),
  };
}

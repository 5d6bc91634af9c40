/** What each step of a plan may touch, for the plugin rv_access, and what the plugin found. */

import type { Plan } from '../memory/plan.js';

/** The plugin's steps file: a step reads its inputs' buffers, and reads and writes its output's, its scratch and state. */
export function accessRules(plan: Plan): string {
  const buffers = new Map(plan.buffers.map((b) => [b.id, b]));
  const lines: string[] = [];
  for (const step of plan.steps) {
    lines.push('S');
    const allow = (kind: 'R' | 'W', id: number | null): void => {
      const buffer = id === null ? undefined : buffers.get(id);
      if (buffer !== undefined) lines.push(`${kind} ${buffer.offsetBytes} ${buffer.offsetBytes + buffer.bytes}`);
    };
    for (const view of step.inputs) allow('R', view.buffer);
    const states = plan.buffers.filter((b) => b.kind === 'state' && b.firstStep <= step.index && step.index < b.endStep);
    for (const id of [step.output.buffer, step.scratch?.buffer ?? null, ...states.map((b) => b.id)]) {
      allow('R', id);
      allow('W', id);
    }
  }
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

/** Reads the plugin's output. */
export function parseAccess(text: string): AccessReport {
  const counts = /^C (\d+) (\d+)$/m.exec(text);
  if (counts === null) throw new Error('the access plugin wrote no summary');
  return {
    accesses: Number(counts[1]),
    violations: Number(counts[2]),
    examples: [...text.matchAll(/^V (-?\d+) ([RW]) (-?\d+) (\d+) (\w+)$/gm)].map(([, step, rw, offset, size, pc]) =>
      `${step === '-1' ? 'before the first step: something' : `step ${step}`} ${rw === 'R' ? 'reads' : 'writes'} ${size} bytes at ${offset} (pc 0x${pc})`),
    touchedBytes: Number(/^H (\d+)$/m.exec(text)?.[1] ?? 0),
  };
}

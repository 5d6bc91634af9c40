/** Bodies of `<net>_run` and of what stands around pushed rows: per step, calls of its function over rows. */

import type { Int8Graph } from '../ir/int8-graph.js';
import { stepsOfTurn, type Turn } from '../memory/execution.js';
import type { Plan, PlanStep } from '../memory/plan.js';
import { counterBytes } from '../schedule/stream.js';
import { arenaPlus } from './literals.js';
import { stepFunction, stepsText } from './steps.js';

/** Statements of turns: layers as loops over rows, fused regions as calls of their function, by `fused`. */
export function runLines(
  net: string,
  graph: Int8Graph,
  plan: Plan,
  turns: readonly Turn[],
  fused: ReadonlyMap<number, string>,
): readonly string[] {
  return turns.flatMap((turn) => {
    if (turn.kind === 'layer') return layerLines(stepFunction(net, graph, turn.step), turn.step);
    const { region } = turn;
    const steps = stepsOfTurn(plan, turn);
    return [
      `  (void)memset(${arenaPlus(region.stateOffsetBytes)}, 0, ${counterBytes * region.units.length});`,
      `  ${fused.get(region.region)}(arena); /* ${stepsText(steps[0].index, steps[steps.length - 1].index + 1)} */`,
    ];
  });
}

/**
 * Blocks of rowsPerCall rows counted from the first row, the last one shorter where it must be; walked first to last or
 * last to first.
 */
function layerLines(call: string, step: PlanStep): readonly string[] {
  const height = step.output.height;
  const rows = step.rowsPerCall;
  if (rows >= height) return [`  ${call}(arena, 0, ${height});`];
  const last = (Math.ceil(height / rows) - 1) * rows;
  const count = height % rows === 0 ? String(rows) : `(y < ${last}) ? ${rows} : ${height - last}`;
  const loop =
    step.direction === 'ascending'
      ? `for (y = 0; y < ${height}; y += ${rows}) {`
      : `for (y = ${last}; y >= 0; y -= ${rows}) {`;
  return [`  ${loop}`, `    ${call}(arena, y, ${count});`, '  }'];
}

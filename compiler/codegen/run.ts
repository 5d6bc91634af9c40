/** The body of `<net>_run`: per step, calls of its function over rows. */

import type { Int8Graph } from '../ir/int8-graph.js';
import type { Plan, PlanStep } from '../memory/plan.js';
import { counterBytes } from '../schedule/stream.js';
import { arenaPlus } from './literals.js';
import { stepFunction, stepsText } from './steps.js';

/**
 * A statement for each step in order: layers as loops over rows, fused regions as calls of their function, by the
 * region's position in `fused`. A concat's part may be copied before its region's turn. The region of a streamed input
 * is left out: its rows are pushed.
 */
export function runLines(
  net: string,
  graph: Int8Graph,
  plan: Plan,
  fused: ReadonlyMap<number, string>,
): readonly string[] {
  return plan.steps.flatMap((step, index) => {
    const region = plan.fused.find((r) => r.region === step.region);
    if (region === undefined) return layerLines(stepFunction(net, graph, step), step);
    if (region.streamedInput !== null || index !== region.units[0].firstStep) return [];
    const steps = stepsText(index, region.units[region.units.length - 1].endStep);
    return [
      `  (void)memset(${arenaPlus(region.stateOffsetBytes)}, 0, ${counterBytes * region.units.length});`,
      `  ${fused.get(step.region)}(arena); /* ${steps} */`,
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

/**
 * The knee of the front of SRAM against work: how little SRAM a few per cent more instructions buy. Streams of rows alone are
 * searched, which takes a fraction of the time of the whole space and comes close to it where work is to stay low.
 */

import type { Int8Graph } from '../ir/int8-graph.js';
import { layerSchedule } from '../schedule/layer.js';
import { type ChooseRequest, draftNodeLimit, type Place, rowsOnlySpace, scheduleCost } from './choose.js';
import type { Plan } from '../memory/plan.js';
import { ScheduleSearch } from './search.js';

/** In instructions of layer by layer. */
const slowdowns = [1.02, 1.1];

export interface KneePlan {
  readonly plan: Plan;
  readonly slowdown: number;
}

/** Plans within each of a few slowdowns, for a resident input the pushed one too; none for an input that cannot be pushed. */
export function kneePlans(graph: Int8Graph, request: ChooseRequest, place: Place): readonly KneePlan[] {
  const layerInstructions = scheduleCost(graph, request, layerSchedule(graph, request.core)).instructions;
  const canBePushed = !request.keepInput && !graph.outputs.some((io) => io.value === graph.inputs[0].value);
  const inputs = (['resident', 'streamed'] as const).filter((input) =>
    input === 'streamed' ? canBePushed : request.input === 'resident',
  );
  return inputs.flatMap((input) => {
    const search = ScheduleSearch.of(graph, { ...request, input, space: rowsOnlySpace });
    return slowdowns.flatMap((slowdown) => {
      const found = search.leastSram(Infinity, slowdown * layerInstructions);
      if (found === null) return [];
      const plan = place(found.schedule, { nodeLimit: draftNodeLimit });
      return [{ plan, slowdown: found.instructions / layerInstructions }];
    });
  });
}

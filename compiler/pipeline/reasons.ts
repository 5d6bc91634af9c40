/** What was chosen and why, in words. */

import type { Int8Graph } from '../ir/int8-graph.js';
import { formatBytes } from '../util/format.js';
import { explainSchedule, type ExplainedPlan } from '../search/explain.js';
import { defaultSramLimit, type ScheduleMode } from '../search/choose.js';
import type { Schedule } from '../schedule/schedule.js';
import type { CompileOptions } from './request.js';

export interface Choice {
  readonly graph: Int8Graph;
  readonly schedule: Schedule;
  readonly plan: ExplainedPlan;
  readonly fits: boolean;
  readonly how: ScheduleMode | Schedule;
  readonly options: CompileOptions;
  /** Peak SRAM allowed; null where neither a board nor a limit was named. */
  readonly limitBytes: number | null;
  /** Estimated, of this plan and of the layer-by-layer plan. */
  readonly instructions: number;
  readonly layerInstructions: number;
}

/** One sentence on the schedule, one on the reason for it. */
export const reasonsFor = (choice: Choice): readonly string[] => [
  explainSchedule(choice.graph, choice.schedule, choice.plan),
  why(choice),
];

function why({ schedule, plan, fits, how, options, limitBytes, instructions, layerInstructions }: Choice): string {
  if ('regions' in how) return 'the schedule of an earlier plan, replayed';
  if (how.kind !== 'auto') return 'the schedule that was asked for';
  const work = workText(instructions, layerInstructions);
  if (!fits) return `the least SRAM that was found, and it does not fit; ${work}`;
  if (options.objective === 'sram') {
    return `the least SRAM found with ${boundText(options)}; ${work}`;
  }
  if (schedule.kind !== 'layer') {
    return `the fewest instructions found within ${limitBytes === null ? 'the memory' : formatBytes(limitBytes)}; ${work}, which takes ${formatBytes(plan.layerByLayerBytes)}`;
  }
  return limitBytes === null
    ? 'whole layers take the fewest instructions, and nothing limits the SRAM: --board or --sram does'
    : `whole layers take the fewest instructions, and they fit ${formatBytes(limitBytes)}`;
}

/** What the user allowed, or what holds where nothing was said. */
function boundText({ maxOverhead, maxSlowdown }: CompileOptions): string {
  const bounds =
    maxOverhead === undefined && maxSlowdown === undefined
      ? [`${defaultSramLimit} times the MACs`, `${defaultSramLimit} times the instructions`]
      : [
          ...(maxOverhead === undefined ? [] : [`${maxOverhead} times the MACs`]),
          ...(maxSlowdown === undefined ? [] : [`${maxSlowdown} times the instructions`]),
        ];
  return `at most ${bounds.join(' and ')} of layer by layer`;
}

function workText(instructions: number, layerInstructions: number): string {
  const more = 100 * (instructions / Math.max(layerInstructions, 1) - 1);
  if (Math.abs(more) < 0.5) return 'about as many instructions as layer by layer';
  if (more >= 100) return `about ${(1 + more / 100).toFixed(1)} times the instructions of layer by layer`;
  return `about ${Math.abs(more).toFixed(Math.abs(more) < 9.95 ? 1 : 0)} % ${more > 0 ? 'more' : 'fewer'} instructions than layer by layer`;
}

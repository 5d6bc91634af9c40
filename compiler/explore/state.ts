/** What a search has found out so far, as text: it can be interrupted and goes on from there. */

import { z } from 'zod';
import { usageError } from '../diagnostics.js';
import type { SchedulePlans } from './candidate-planner.js';
import type { Measured } from './search-networks.js';

export const stateSchema = 'rivulet.search-state/1';

export interface SearchState {
  /** By structure. */
  readonly plans: Map<string, SchedulePlans>;
  /** By sequence of moves. */
  readonly measured: Map<string, Measured>;
}

export const emptyState = (): SearchState => ({ plans: new Map(), measured: new Map() });

/** `subject` names the model, the inputs and the flags that results depend on. */
export function formatState({ plans, measured }: SearchState, subject: string): string {
  return `${JSON.stringify({ schema: stateSchema, subject, plans: [...plans], measured: [...measured] })}\n`;
}

const numbers = z.object({
  peakSramBytes: z.number(),
  flashBytes: z.number(),
  instructions: z.number(),
  executedMacs: z.number(),
  macs: z.number(),
  missing: z.number(),
  stageEnd: z.string().nullable(),
});
const measuredSchema = z.object({
  value: z.number(),
  sqnrDb: z.number().nullable(),
  agreement: z.number().nullable(),
  accuracy: z.number().nullable(),
});
const schema = z.object({
  schema: z.literal(stateSchema),
  subject: z.string(),
  plans: z.array(z.tuple([z.string(), z.array(numbers.nullable())])),
  measured: z.array(z.tuple([z.string(), measuredSchema])),
});

/** E185 (exit 2) where the text is no state, or one of another search. */
export function parseState(text: string, subject: string): SearchState {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    json = null;
  }
  const read = schema.safeParse(json);
  if (!read.success) throw usageError('E185', 'the state of the search cannot be read', 'begin anew in another folder');
  if (read.data.subject !== subject)
    throw usageError(
      'E185',
      'the folder holds a search of another model, other inputs or other limits',
      'give the flags of that search again (budget, seed and points may differ), or another folder with -o',
    );
  return { plans: new Map(read.data.plans), measured: new Map(read.data.measured) };
}

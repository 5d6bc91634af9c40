/** Sentences that the text and the HTML report share. */

import { printable } from '../diagnostics.js';
import { counted, formatBytes, formatSlowdown, groupDigits } from '../util/format.js';
import type { MemoryDocument, PlanDocument } from './plan-document.js';

/** Whether the input counts in the arena. */
export function inputText(m: MemoryDocument): string {
  return m.input === 'resident'
    ? `the whole input counts: ${groupDigits(m.inputBytes)}`
    : 'the input is pushed row by row and is never whole in SRAM';
}

/** From where the stack is counted. */
export const stackText = (m: MemoryDocument): string =>
  `from the call of ${m.input === 'resident' ? 'run' : 'push_rows'} down`;

/** How far the arena is from the least possible. */
export function optimalText(m: MemoryDocument): string {
  if (m.provenOptimal) return 'no placement is smaller for this order of steps (proven)';
  const gap = m.arenaBytes - m.lowerBoundBytes;
  return `at most ${counted(gap, 'byte')} above the least possible for this order of steps`;
}

/** Against the layer-by-layer plan, and against the other way of feeding the input: a sentence each, where they differ. */
export function comparisonTexts(m: MemoryDocument): readonly string[] {
  const texts: string[] = [];
  const differs = (bytes: number | null): bytes is number =>
    bytes !== null && formatBytes(bytes) !== formatBytes(m.peakSramBytes);
  if (differs(m.layerByLayerBytes))
    texts.push(`layer by layer, with the whole input in the arena, it would be ${formatBytes(m.layerByLayerBytes)}`);
  if (m.input === 'streamed' && differs(m.residentBytes))
    texts.push(`with the whole input in the arena this schedule would take ${formatBytes(m.residentBytes)}`);
  if (m.input === 'resident' && differs(m.streamedBytes))
    texts.push(`with the input pushed row by row this schedule would take ${formatBytes(m.streamedBytes)}`);
  return texts;
}

/** Against layer by layer: `1.25 x those of layer by layer`. */
export const slowdownText = (slowdown: number): string =>
  slowdown === 1 ? 'as many as layer by layer' : `${formatSlowdown(slowdown)} those of layer by layer`;

/** `step 12 of 61: conv 3x3 /2 "name"`. */
export function peakStepText(d: PlanDocument): string {
  const step = d.steps[d.memory.peakStep];
  if (step === undefined) return 'before the first step';
  return `step ${step.index} of ${d.steps.length}: ${step.op} "${printable(step.name, 60)}"`;
}

/** With a capital letter and a full stop. */
export const asSentence = (words: string): string =>
  `${words.slice(0, 1).toUpperCase()}${words.slice(1)}${/[.!?]$/.test(words) ? '' : '.'}`;

/** Bytes held at every step, small: what the brush under the memory picture is drawn over. */

import type { PlanDocument } from './plan-document.js';
import { px } from './svg.js';

/** An area as wide as its element and `heightPx` high; coordinates across are steps, so that it stretches. */
export function minimap(document: PlanDocument, heightPx: number): string {
  const steps = Math.max(document.steps.length, 1);
  const most = Math.max(1, ...document.steps.map((s) => s.liveBytes));
  const y = (bytes: number): number => heightPx - 2 - ((heightPx - 6) * bytes) / most;
  const tops = document.steps.map((s) => `H${s.index}V${px(y(s.liveBytes))}H${s.index + 1}`).join('');
  const peak = document.memory.peakStep;
  return (
    `<svg viewBox="0 0 ${steps} ${heightPx}" width="100%" height="${heightPx}" preserveAspectRatio="none" aria-hidden="true">` +
    `<rect x="${peak}" y="0" width="1" height="${heightPx}" class="peak-column"/>` +
    `<path d="M0 ${heightPx}${tops}V${heightPx}Z" class="area"/></svg>`
  );
}

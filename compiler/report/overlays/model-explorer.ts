/**
 * SRAM held by each node, as Model Explorer's node data: results by the names of the ONNX file, and a gradient. The form
 * for a single graph (google-ai-edge/model-explorer, node_data_builder.py, GraphNodeData): loaded beside the open model.
 */

import type { PlanDocument } from '../plan-document.js';

export function modelExplorerJson(plan: PlanDocument): string {
  const results: Record<string, { value: number }> = Object.create(null);
  for (const s of plan.steps) {
    if (s.name === '') continue;
    results[s.name] = { value: Math.max(results[s.name]?.value ?? 0, s.liveBytes) };
  }
  const gradient = [
    { stop: 0, bgColor: '#eef4fa' },
    { stop: 0.5, bgColor: '#e8c27a' },
    { stop: 1, bgColor: '#c8493f' },
  ];
  return `${JSON.stringify({ results, gradient }, null, 1)}\n`;
}

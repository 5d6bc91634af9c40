/**
 * C declarations of the windows of the tensors inside a unit, from the output back: the receptive-field calculus of
 * schedule/receptive-field.ts with the tile's position as a variable. For rows `<name>Top` and `<name>Bottom`, for
 * columns `<name>Left`, `<name>Right` and, where kept columns slide, `<name>From`: the first that is computed.
 */

import { epilogueOf, type Int8Graph, type Int8Node, type ValueId, valueOf } from '../ir/int8-graph.js';
import { operatorOf } from '../ir/operators/index.js';
import { windowAxis } from '../ir/operators/windowed.js';
import type { Axis } from '../schedule/receptive-field.js';
import type { UnitGeometry } from '../schedule/unit.js';

export function windowExpressions(
  graph: Int8Graph,
  g: UnitGeometry,
  names: ReadonlyMap<ValueId, string>,
  axis: Axis,
  lo: string,
  hi: string,
  slides = false,
): string[] {
  const [loName, hiName] = axis === 'h' ? ['Top', 'Bottom'] : ['Left', 'Right'];
  const lines: string[] = [];
  const readers = new Map<ValueId, { node: Int8Node; index: number }[]>();
  for (const node of g.nodes) {
    node.inputs.forEach((id, index) => {
      if (names.has(id)) readers.set(id, [...(readers.get(id) ?? []), { node, index }]);
    });
  }
  for (let k = g.nodes.length - 1; k >= 0; k--) {
    const id = g.nodes[k].output;
    const name = names.get(id)!;
    let from = lo;
    let to = hi;
    if (id !== g.output) {
      const parts = (readers.get(id) ?? []).map(({ node, index }) => {
        const reader = names.get(node.output)!;
        const readerFrom = slides && node.output !== g.output ? `${reader}From` : `${reader}${loName}`;
        return inputExpressions(graph, node, index, axis, readerFrom, `${reader}${hiName}`);
      });
      from = parts.map((p) => p.lo).reduce((a, b) => `RV_MIN(${a}, ${b})`);
      const ends = parts.map((p) => p.hi);
      // What one reader took early stays until the others have come to it.
      if (slides && parts.length > 1) ends.push(`${name}Done`);
      to = ends.reduce((a, b) => `RV_MAX(${a}, ${b})`);
    }
    lines.push(`const int32_t ${name}${loName} = ${from};`, `const int32_t ${name}${hiName} = ${to};`);
    if (slides && id !== g.output)
      lines.push(`const int32_t ${name}From = RV_MIN(${name}${hiName}, RV_MAX(${name}${loName}, ${name}Done));`);
  }
  return lines;
}

function inputExpressions(
  graph: Int8Graph,
  node: Int8Node,
  index: number,
  axis: Axis,
  lo: string,
  hi: string,
): { lo: string; hi: string } {
  const extent = valueOf(graph, node.inputs[index]).shape[axis];
  const { op } = node;
  const window = operatorOf(op).window(op);
  // The operands of an epilogue are read where the result is written.
  if (window !== null && (index === 0 || epilogueOf(op) === null)) {
    const { stride, pad, span } = windowAxis(window, axis);
    if (stride === 1 && pad === 0 && span === 1 && valueOf(graph, node.output).shape[axis] === extent)
      return { lo, hi };
    const first = sum(times(lo, stride), -pad);
    const end = sum(times(hi, stride), span - pad - stride);
    return { lo: pad > 0 ? `RV_MAX(0, ${first})` : first, hi: `RV_MIN(${extent}, ${end})` };
  }
  const broadcast = extent === 1 && valueOf(graph, node.output).shape[axis] > 1;
  return broadcast ? { lo: '0', hi: '1' } : { lo, hi };
}

const times = (text: string, factor: number): string => (factor === 1 ? text : `${factor} * ${text}`);
const sum = (text: string, offset: number): string =>
  offset === 0 ? text : offset > 0 ? `${text} + ${offset}` : `${text} - ${-offset}`;

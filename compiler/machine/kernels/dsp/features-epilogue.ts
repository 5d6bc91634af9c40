/** What the convolutions with an epilogue for the DSP extension do, as counts for the cost model. */

import { epilogueOf, type Int8Graph, type Int8Node } from '../../../ir/int8-graph.js';
import { added, type Features } from '../../cost-features.js';
import type { CallShape } from '../../kernel.js';
import { epilogueFeatures } from '../c/features-epilogue.js';
import { opOf, outputShape } from '../c/structs.js';
import { generalFeatures } from './features-dot.js';

/** rv_conv2d_epilogue_dsp.h: sums are taken apart pixel by pixel, and an epilogue is run for each group of channels. */
export const convEpilogueFeatures =
  (wide: boolean) =>
  (node: Int8Node, graph: Int8Graph, call: CallShape): Features => {
    const { groups } = opOf(node, 'conv2d');
    const { c } = outputShape(node, graph);
    const pixels = call.rows * call.cols;
    // What the kernel without an epilogue rounds is not rounded.
    const sums = Object.entries(generalFeatures(wide)(node, graph, call)).filter(
      ([name]) => !/outputs$/i.test(name) && !name.startsWith('odd'),
    );
    const results = epilogueFeatures(epilogueOf(node.op)!, node, graph, pixels * groups, c / groups);
    return added({ ...Object.fromEntries(sums), lines: pixels * c }, results);
  };

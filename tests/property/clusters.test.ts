/**
 * Clusters of floating point between a DequantizeLinear and a QuantizeLinear, at random: the integer program against an
 * exact evaluation of the graph, and as C under every kind of schedule.
 */

import { coreOf } from '../../compiler/machine/cores/index.js';
import { describe, expect, it } from 'vitest';
import { epilogueOf, type Int8Graph, valueOf } from '../../compiler/ir/int8-graph.js';
import { elements } from '../../compiler/ir/tensor.js';
import { verifyGraph } from '../../compiler/ir/verify.js';
import type { FloatOutputs } from '../../compiler/lower/real.js';
import { lowerToInt8 } from '../../compiler/lower/lower.js';
import { removeConstantChannels } from '../../compiler/passes/constant-channels.js';
import { optimise } from '../../compiler/passes/pipeline.js';
import { importModel } from '../../compiler/pipeline/import-model.js';
import { runQuantisedExact } from '../../compiler/reference/float.js';
import { type Int8Tensor, runInt8 } from '../../compiler/reference/int8.js';
import { clusterNetwork, type ClusterOptions } from '../models/clusters.js';
import { hasTool } from '../tools.js';
import { Rng } from './support/random-networks.js';
import { makeCases, runCases } from './support/schedule-cases.js';

const graphOf = (seed: number, options: ClusterOptions = {}) =>
  optimise(importModel({ bytes: clusterNetwork(seed, options) }).graph);

const programOf = (seed: number, options: ClusterOptions = {}, floatOutputs: FloatOutputs = 'int32'): Int8Graph =>
  removeConstantChannels(lowerToInt8(graphOf(seed, options), { floatOutputs }).graph).graph;

describe('clusters in floating point', () => {
  it('give the codes of an exact evaluation, rounded once', () => {
    const wrong: string[] = [];
    const seen = new Map<string, number>();
    for (let seed = 0; seed < 120; seed++) {
      const graph = graphOf(seed);
      expect(verifyGraph(graph)).toEqual([]);
      const program = lowerToInt8(graph).graph;
      const rng = new Rng(seed);
      const { shape } = valueOf(program, program.inputs[0].value);
      const input = Int8Array.from({ length: elements(shape) }, () => rng.int(-128, 127));
      const mine = new Map<number, Int8Tensor>();
      const exact = new Map<number, Int8Tensor>();
      runInt8(program, [input], (node, output) => mine.set(node.output, output));
      runQuantisedExact(graph, [input], (node, output) => exact.set(node.output, output));
      for (const node of program.nodes) {
        const [a, b] = [mine.get(node.output), exact.get(node.output)];
        if (a === undefined || b === undefined) continue;
        const differing = Array.from(a).filter((code, i) => code !== b[i]).length;
        const epilogue = epilogueOf(node.op);
        if (differing > 0) {
          // A bias that is no multiple of the sums' unit is rounded by convolutions without an epilogue (numerics/bias.ts).
          if (epilogue !== null) wrong.push(`${seed}: ${node.name} differs in ${differing} of ${a.length}`);
          break;
        }
        for (const { kind } of epilogue === null ? [] : [...epilogue.stages, epilogue.result])
          seen.set(kind, (seen.get(kind) ?? 0) + a.length);
      }
    }
    expect(wrong).toEqual([]);
    // All that there is has been compared.
    expect([...seen.keys()].sort()).toEqual([
      'add',
      'clamp',
      'curve',
      'multiply',
      'requant',
      'scale',
      'shift',
      'steps',
    ]);
  });

  for (const [core, first] of [
    ['cortex-m3', 1000],
    ['cortex-m4', 2000],
    ['cortex-m55', 3000],
  ] as const) {
    it.skipIf(!hasTool('gcc'))(`give the reference's bytes as C packed for ${core}, whatever the schedule`, () => {
      const make = (_: Rng, n: number): Int8Graph =>
        programOf(first + n, { floatOutput: n % 4 === 0 }, n % 8 === 0 ? 'int8' : 'int32');
      expect(runCases(makeCases(first, 14, 3, coreOf(core), make))).toBe('');
    });
  }
});

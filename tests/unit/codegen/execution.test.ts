import { coreOf } from '../../../compiler/machine/cores/index.js';
import { describe, expect, it } from 'vitest';
import { emitPackage } from '../../../compiler/codegen/package.js';
import type { Int8Graph } from '../../../compiler/ir/int8-graph.js';
import { planMemory } from '../../../compiler/memory/index.js';
import { runInt8 } from '../../../compiler/reference/int8.js';
import type { CompileFacts } from '../../../compiler/report/facts.js';
import { layerSchedule } from '../../../compiler/schedule/layer.js';
import type { Schedule, Unit } from '../../../compiler/schedule/schedule.js';
import type { Core } from '../../../compiler/machine/core.js';
import { noLimits } from '../../../compiler/machine/fit.js';
import { chooseKernel } from '../../../compiler/machine/kernel-table.js';
import { machineOf } from '../../../compiler/machine/machine.js';
import { makeProgram } from '../../../compiler/program/program.js';
import { hasTool } from '../../tools.js';
import { inFolder, run, sourcesOf, strictFlags, writeFiles } from './compile.js';
import { NetworkBuilder, sampleNetwork } from './network.js';

function facts(graph: Int8Graph, schedule: Schedule, core: Core): CompileFacts {
  return {
    toolVersion: '0.0.0-test',
    net: 'net',
    model: { name: graph.name, sha256: '0', macs: 0, parameters: 0 },
    program: makeProgram(graph, machineOf(null, core.id), planMemory(graph, schedule, { core })),
    board: null,
    limits: noLimits,
    layerByLayerBytes: 0,
    slowdown: 1,
    fits: true,
    diagnostics: [],
  };
}

/** A program that reads the inputs from standard input and writes the outputs to standard output. */
function mainC(graph: Int8Graph, streamed: boolean): string {
  const suffix = (count: number, i: number): string => (count > 1 ? `_${i}` : '');
  const feed = graph.inputs.map((_, i) => {
    const s = suffix(graph.inputs.length, i);
    return streamed
      ? `  static int8_t rows[NET_INPUT${s}_SIZE];
  fread(rows, 1, sizeof rows, stdin);
  for (int y = 0, n = 1; y < NET_INPUT${s}_HEIGHT; n++) y += net_push_rows(&arena, rows + y * NET_INPUT${s}_WIDTH * NET_INPUT${s}_CHANNELS, n);`
      : `  fread(net_input${s}(&arena), 1, NET_INPUT${s}_SIZE, stdin);`;
  });
  const drain = graph.outputs.map((_, i) => {
    const s = suffix(graph.outputs.length, i);
    return `  for (int y = 0; y < NET_OUTPUT${s}_HEIGHT; y++) for (int x = 0; x < NET_OUTPUT${s}_WIDTH; x++) fwrite(net_output${s}(&arena) + y * NET_OUTPUT${s}_ROW_PITCH + x * NET_OUTPUT${s}_PIXEL_PITCH, sizeof *net_output${s}(&arena), NET_OUTPUT${s}_CHANNELS, stdout);`;
  });
  return `#include <stdio.h>
#include <string.h>
#include "net.h"
static net_arena arena;
int main(void) {
  memset(&arena, 0x5a, sizeof arena);
  net_init(&arena);
${feed.join('\n')}
${streamed ? '' : '  net_run(&arena);'}
${drain.join('\n')}
  return 0;
}
`;
}

/** Builds with sanitizers, runs once, and compares every output byte with the reference. */
function expectSameBytes(graph: Int8Graph, schedule: Schedule, core: Core): void {
  const builder = new NetworkBuilder(99);
  const inputs = graph.inputs.map((io) => {
    const { h, w, c } = graph.values.get(io.value)!.shape;
    return builder.codes(h * w * c);
  });
  const files = emitPackage(facts(graph, schedule, core));
  inFolder((folder) => {
    writeFiles(folder, new Map([...files, ['main.c', mainC(graph, schedule.input === 'streamed')]]));
    run(folder, 'gcc', [...strictFlags, '-fsyntax-only', ...sourcesOf(files), 'example/main.c']);
    run(folder, 'gcc', [
      '-std=c99',
      '-O1',
      '-fsanitize=address,undefined',
      '-fno-sanitize-recover',
      'main.c',
      ...sourcesOf(files),
      '-o',
      'main',
    ]);
    const printed = run(folder, `${folder}/main`, [], Buffer.concat(inputs.map((t) => Buffer.from(t))));
    const expected = Buffer.concat(
      runInt8(graph, inputs).map((t) => Buffer.from(t.buffer, t.byteOffset, t.byteLength)),
    );
    expect(new Set(expected).size).toBeGreaterThan(10);
    expect(Buffer.compare(printed, expected)).toBe(0);
  });
}

const unit = (
  graph: Int8Graph,
  nodes: readonly number[],
  rowsPerCall: number,
  colsPerTile = 0,
  slideColumns = false,
): Unit => ({
  nodes,
  kernels: nodes.map((id) => chooseKernel(graph.nodes[id], graph, coreOf('cortex-m4')).id),
  rowsPerCall,
  colsPerTile,
  slideColumns,
});

/** Regions of the layer schedule for nodes [from, end). */
const layers = (graph: Int8Graph, from: number) =>
  layerSchedule(graph, coreOf('cortex-m4')).regions.filter((r) => r.kind === 'layer' && r.node >= from);

describe.skipIf(!hasTool('gcc'))('the C of a package gives the bytes of the reference', () => {
  it.each(['cortex-m0', 'cortex-m4', 'cortex-m55'] as const)('layer by layer, packed for %s', (core) => {
    const graph = sampleNetwork(1);
    expectSameBytes(graph, layerSchedule(graph, coreOf(core)), coreOf(core));
  });

  it('as a stream of rows, the input resident, then layers', () => {
    const graph = sampleNetwork(2);
    const units = [0, 1, 2, 3, 4].map((id) => unit(graph, [id], id === 1 ? 3 : 1));
    expectSameBytes(
      graph,
      { kind: 'mixed', input: 'resident', regions: [{ kind: 'fused', units }, ...layers(graph, 5)] },
      coreOf('cortex-m4'),
    );
  });

  it('as a stream whose input is pushed, a global pool at its end', () => {
    const b = new NetworkBuilder(3);
    const stem = b.conv(b.input(21, 15, 3), { kernel: 3, stride: 2, channels: 8 });
    const block = b.add(
      stem,
      b.conv(b.conv(b.conv(stem, { channels: 20 }), { kernel: 3, depthwise: true }), { channels: 8 }),
    );
    const graph = b.build([b.conv(b.globalPool(b.conv(block, { channels: 12 })), { channels: 30 })]);
    const units = [0, 1, 2, 3, 4, 5, 6].map((id) => unit(graph, [id], id === 2 ? 2 : 1));
    expectSameBytes(
      graph,
      { kind: 'stream', input: 'streamed', regions: [{ kind: 'fused', units }, ...layers(graph, 7)] },
      coreOf('cortex-m4'),
    );
  });

  it.each([
    [3, 4, false],
    [2, 3, true],
  ] as const)('in patches of %d x %d, columns kept: %s', (rows, cols, slides) => {
    const b = new NetworkBuilder(4);
    const stem = b.conv(b.input(22, 20, 3), { kernel: 3, stride: 2, channels: 8 });
    const dw = b.conv(b.conv(stem, { channels: 16 }), { kernel: 3, depthwise: true });
    const graph = b.build([
      b.conv(b.conv(b.conv(dw, { channels: 10 }), { kernel: 5, stride: 2, depthwise: true }), { channels: 6 }),
    ]);
    const patch = unit(graph, [0, 1, 2, 3], rows, cols, slides);
    expectSameBytes(
      graph,
      { kind: 'patch', input: 'resident', regions: [{ kind: 'fused', units: [patch] }, ...layers(graph, 4)] },
      coreOf('cortex-m4'),
    );
  });
});

/** report.html: one page without external parts, drawn from plan.json alone. */

import { render, type View } from '../assets/template.js';
import { printable } from '../diagnostics.js';
import { formatBytes, formatCount, groupDigits } from '../util/format.js';
import { memoryChart } from './memory-chart.js';
import { paretoChart } from './pareto-chart.js';
import { bufferText, peakRows, peakTotals } from './peak.js';
import type { IoDocument, PlanDocument, StepDocument } from './plan-document.js';
import { comparisonBars } from './comparison.js';
import { optimalText, peakStepText, stackText } from './words.js';

export function reportHtml(document: PlanDocument): string {
  const chart = memoryChart(document);
  const page = render('report.html', {
    ...headView(document),
    ...memoryView(document),
    chart: chart.svg,
    pareto: document.pareto.length > 0 ? paretoChart(document) : null,
    paretoInputs: [...new Set(document.pareto.map((p) => p.input))].map((input) => ({
      input,
      key: input === 'resident' ? 'activation' : 'ring',
    })),
    ...layersView(document),
    removed: document.removedChannels,
    diagnostics: document.diagnostics.map((d) => ({ ...d, node: d.node ?? '', hint: d.hint ?? '' })),
    data: scriptData(document, chart.width, chart.plot),
  });
  // The page's own lines end in plain newlines: what else there is comes from names of the model.
  return page
    .split('\n')
    .map((line) => printable(line, Infinity))
    .join('\n');
}

function headView(d: PlanDocument): View {
  const { model, cost, board, limits, memory } = d;
  const flash = cost.flashBytes.weights + cost.flashBytes.code;
  return {
    title: model.name,
    net: d.net,
    version: d.tool.version,
    sha256: model.sha256,
    target: board === null ? d.core : `${board.name} (${d.core})`,
    fits: d.fits,
    figures: [
      figure(
        'Peak SRAM',
        formatBytes(memory.peakSramBytes),
        limits.sramBytes === null ? null : { of: limits.sramBytes, value: memory.peakSramBytes },
        memory.input === 'resident' ? 'input counted' : 'input pushed row by row',
      ),
      figure(
        'Flash',
        formatBytes(flash),
        limits.flashBytes === null ? null : { of: limits.flashBytes, value: flash },
        'constants, and code as estimated',
      ),
      figure('Instructions', `≈ ${formatCount(cost.estimatedInstructions)}`, null, `one inference, ${d.core}`),
      figure('MACs', formatCount(cost.executedMacs), null, macsNote(d)),
    ],
    reasons: d.reasons.map(sentence),
    parameters: formatCount(model.parameters),
    ios: [
      ...model.inputs.map((io, i) =>
        i === 0 && memory.input === 'streamed' ? pushedView(io, memory.callerRowBytes) : ioView('input', io),
      ),
      ...model.outputs.map((io) => ioView('output', io)),
    ],
  };
}

function figure(name: string, value: string, bar: { of: number; value: number } | null, note: string): View {
  return {
    name,
    value,
    note,
    limit: bar === null ? null : `of ${formatBytes(bar.of)}`,
    percent: bar === null ? 0 : Math.min(100, Math.round((1000 * bar.value) / bar.of) / 10),
    over: bar !== null && bar.value > bar.of,
  };
}

const sentence = (text: string): string =>
  `${text.slice(0, 1).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? '' : '.'}`;

function macsNote(d: PlanDocument): string {
  const { macs, liveMacs } = d.model;
  const executed = d.cost.executedMacs;
  const recomputed =
    executed > liveMacs ? `${(executed / liveMacs).toFixed(2)} × the live ones` : 'none computed twice';
  return liveMacs < macs ? `${formatCount(macs)} in the model; ${recomputed}` : recomputed;
}

/** An input that is pushed row by row: what stands in the arena is a ring of its rows. */
function pushedView(io: IoDocument, rowBytes: number): View {
  return {
    ...ioView('input', io),
    where: `rows in the arena, from byte ${groupDigits(io.offsetBytes ?? 0)}`,
    survives: `pushed in rows of ${groupDigits(rowBytes)} bytes`,
  };
}

function ioView(role: string, io: IoDocument): View {
  return {
    role,
    name: io.name,
    onnx: `${io.onnxDType}[${io.onnxShape.join(', ')}]`,
    memory: `${io.dtype} ${io.shape.join(' × ')}`,
    scale: io.scale === null ? '' : `${Number(io.scale.toPrecision(7))}, zero point ${io.zeroPoint}`,
    where: io.offsetBytes === null ? 'flash' : `arena, from byte ${groupDigits(io.offsetBytes)}`,
    survives: role === 'output' ? '' : io.survives ? 'left as it is by run' : 'overwritten by run',
  };
}

function memoryView(d: PlanDocument): View {
  const m = d.memory;
  const rows = peakRows(d);
  const never = m.gaps.reduce((sum, [from, to]) => sum + to - from, 0);
  return {
    peakStep: sentence(peakStepText(d)),
    peakBar: rows.map((r) => ({
      kind: r.kind,
      percent: (100 * r.bytes) / Math.max(m.arenaBytes, 1),
      title: `${r.what}: ${groupDigits(r.bytes)} bytes`,
    })),
    peakRows: rows.map((r) => ({
      kind: r.kind,
      from: groupDigits(r.fromByte),
      to: groupDigits(r.toByte),
      bytes: groupDigits(r.bytes),
      what: r.what,
    })),
    peakTotals: peakTotals(rows).map((t) => ({ kind: t.kind, bytes: groupDigits(t.bytes) })),
    kinds: [...new Set(d.buffers.filter((b) => b.bytes > 0).map((b) => b.kind))],
    arena: groupDigits(m.arenaBytes),
    counts: [
      {
        what: 'Arena',
        bytes: groupDigits(m.arenaBytes),
        note: 'activations, kernel scratch, the network’s inputs and outputs',
      },
      {
        what: 'of it, scratch at the peak',
        bytes: groupDigits(m.scratchBytes),
        note: 'working memory of the kernel of the peak step',
      },
      {
        what: 'of it, network input',
        bytes: groupDigits(m.inputBytes),
        note:
          m.input === 'resident'
            ? 'resident: written whole before run'
            : 'streamed: pushed row by row, never whole in SRAM; rings hold the rows still needed',
      },
      { what: 'Variables', bytes: groupDigits(m.staticBytes), note: 'the generated code has none outside the arena' },
      { what: 'Stack', bytes: groupDigits(m.stackBytes), note: `bound ${stackText(m)}, arm-none-eabi-gcc 12 -O3` },
    ],
    total: groupDigits(m.peakSramBytes),
    totals: [
      {
        what: 'the same schedule with the input resident',
        bytes: m.residentBytes === null ? 'not possible' : groupDigits(m.residentBytes),
      },
      {
        what: 'the same schedule with the input streamed',
        bytes: m.streamedBytes === null ? 'not possible' : groupDigits(m.streamedBytes),
      },
    ],
    optimal: optimalText(m),
    neverUsed:
      never === 0
        ? 'Every byte of the arena is used at some step.'
        : `${groupDigits(never)} bytes of the arena lie between buffers and are never used.`,
    comparison: comparisonBars(d),
  };
}

function layersView(d: PlanDocument): View {
  const most = (of: (s: StepDocument) => number): number => Math.max(1, ...d.steps.map(of));
  const [macs, instructions, weights] = [
    most((s) => s.macs),
    most((s) => s.estimatedInstructions),
    most((s) => s.weightBytes),
  ];
  const arena = Math.max(d.memory.arenaBytes, 1);
  // The cell's right padding carries no bar: 100 % would reach into it.
  const bar = (value: number, max: number): string => `${Math.round((800 * value) / max) / 10}%`;
  return {
    steps: d.steps.map((s) => ({
      index: s.index,
      isPeak: s.index === d.memory.peakStep,
      op: s.op,
      // Long names break behind their separators.
      nameParts: s.name.split(/(?<=[/_.])/),
      kernel: s.kernel,
      output: s.outputShape.join('×'),
      rows:
        Math.min(s.rowsPerCall, s.outputShape[0]) === s.outputShape[0]
          ? 'all'
          : `${s.rowsPerCall}${s.direction === 'descending' ? ' ↑' : ''}`,
      macs: formatCount(s.macs),
      macsBar: bar(s.macs, macs),
      instructions: formatCount(s.estimatedInstructions),
      instructionsBar: bar(s.estimatedInstructions, instructions),
      weights: formatBytes(s.weightBytes),
      weightsBar: bar(s.weightBytes, weights),
      live: groupDigits(s.liveBytes),
      liveBar: bar(s.liveBytes, arena),
      deviations: deviationsText(s),
    })),
    deviating: d.steps.some((s) => s.deviations.off > 0),
  };
}

function deviationsText(s: StepDocument): string {
  const { off, of } = s.deviations;
  if (off === 0) return 'exact';
  return `${groupDigits(off)} of ${formatCount(of)}`;
}

/** What the page's script needs, as JSON that cannot close its script element. */
function scriptData(d: PlanDocument, width: number, plot: object): string {
  const data = {
    width,
    plot,
    arenaBytes: d.memory.arenaBytes,
    steps: d.steps.map((s) => ({ op: s.op, name: s.name, liveBytes: s.liveBytes })),
    buffers: d.buffers.map((b) => [b.id, bufferText(d, b), b.kind, b.offsetBytes, b.bytes, b.firstStep, b.endStep]),
  };
  return JSON.stringify(data)
    .replace(/</g, '\\u003c')
    .replace(/\u2028/g, '\\u2028')
    .replace(/\u2029/g, '\\u2029');
}

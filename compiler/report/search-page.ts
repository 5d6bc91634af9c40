/** front.html: the networks that a search found, on one page without external parts. */

import { render, type View } from '../assets/template.js';
import { printable } from '../diagnostics.js';
import { formatBytes, formatCount } from '../util/format.js';
import { memoryChart, wholeFrame } from './memory-chart.js';
import type { PlanDocument } from './plan-document.js';
import { instructionShade, searchChart } from './search-chart.js';
import type { FoundNetwork, FrontPoint, ScoreFigures, SearchDocument, StageRow } from './search-document.js';

/** `plans` in the order of the document's front. */
export function searchPage(document: SearchDocument, original: PlanDocument, plans: readonly PlanDocument[]): string {
  const { front, model, evaluated, fitted, samples, seed } = document;
  return render('report/search.html', {
    title: printable(model.name),
    style: render('report/style.css', {}),
    summary: `${evaluated} plans; ${fitted} ${fitted === 1 ? 'network' : 'networks'} fitted to ${samples.fitted} inputs and scored on ${samples.scored} others, seed ${seed}.`,
    scoredBy: scoreWords[document.scoredBy],
    chart: searchChart(document),
    rows: [
      { ...rowOf('original', document.original, document), isPoint: false },
      ...front.map((p) => ({ ...rowOf(p.id, p, document), isPoint: true })),
    ],
    points: front.map((point, i) => pointView(point, document, original, plans[i])),
    diagnostics: document.diagnostics.map((d) => ({ ...d, hint: d.hint ?? '' })),
    hasDiagnostics: document.diagnostics.length > 0,
  });
}

const scoreWords = {
  sqnrDb: 'decibels of the outputs against the original’s, on inputs that no weight was fitted to',
  accuracy: 'accuracy on labelled inputs that no weight was fitted to',
  command: 'what the given command said',
} as const;

/** A score as it is shown, and what else is known. */
export function scoreText(
  point: ScoreFigures,
  { scoredBy, samples }: Pick<SearchDocument, 'scoredBy' | 'samples'>,
): string {
  if (scoredBy === 'command') return String(Number(point.score.toPrecision(4)));
  const db = point.sqnrDb === null ? 'the same outputs' : `${point.sqnrDb.toFixed(1)} dB`;
  const agreement = point.agreement === null ? '' : `, ${(100 * point.agreement).toFixed(0)} % agree`;
  if (point.accuracy === null) return db + agreement;
  // Of a share of n inputs.
  const deviation = Math.sqrt((point.accuracy * (1 - point.accuracy)) / samples.scored);
  return `${(100 * point.accuracy).toFixed(1)} % (±${(100 * deviation).toFixed(1)})${agreement}, ${db}`;
}

function rowOf(id: string, network: FoundNetwork, document: SearchDocument): View {
  const share = network.peakSramBytes / document.original.peakSramBytes;
  return {
    id,
    score: scoreText(network, document),
    sram: formatBytes(network.peakSramBytes),
    share: `${share.toFixed(2)} ×`,
    instructions: formatCount(network.instructions),
    shade: instructionShade(network.instructions, document),
    flash: formatBytes(network.flashBytes),
    macs: formatCount(network.macs),
  };
}

function pointView(point: FrontPoint, document: SearchDocument, original: PlanDocument, plan: PlanDocument): View {
  const topByte = Math.max(original.memory.arenaBytes, plan.memory.arenaBytes, 1);
  const chart = (d: PlanDocument, id: string): string =>
    memoryChart(d, { ...wholeFrame(d, 760, 240), topByte }, id).svg;
  return {
    ...rowOf(point.id, point, document),
    moves: point.moves.map(({ words, blockSqnrDb, outputSqnrDb }) => ({
      words: printable(words),
      cost:
        outputSqnrDb === null
          ? 'the outputs stay what they were'
          : `${blockSqnrDb === null ? '' : `${blockSqnrDb.toFixed(1)} dB where it was made, `}${outputSqnrDb.toFixed(1)} dB at the outputs`,
    })),
    hasMoves: point.moves.length > 0,
    stages: stageRows(document.original.receptiveField, point.receptiveField),
    before: chart(original, `before-${point.id}`),
    after: chart(plan, `after-${point.id}`),
    int8:
      point.int8 === null
        ? ''
        : `int8 against its own float network: ${point.int8.sqnrDb === null ? 'nothing lost' : `${point.int8.sqnrDb.toFixed(1)} dB`}, ${(100 * point.int8.agreement).toFixed(0)} % agree`,
  };
}

/** Stages side by side by their number from the input on. */
function stageRows(before: readonly StageRow[], after: readonly StageRow[]): readonly View[] {
  return Array.from({ length: Math.max(before.length, after.length) }, (_, i) => {
    const [b, a] = [before.at(i), after.at(i)];
    const size = (s: StageRow | undefined): string => (s === undefined ? '–' : `${s.height} × ${s.width}`);
    const value = (s: StageRow | undefined, of: (row: StageRow) => string): string => (s === undefined ? '–' : of(s));
    return {
      stage: i + 1,
      sizeBefore: size(b),
      sizeAfter: size(a),
      fieldBefore: value(b, (s) => String(s.receptiveField)),
      fieldAfter: value(a, (s) => String(s.receptiveField)),
      ringBefore: value(b, (s) => formatBytes(s.ringBytes)),
      ringAfter: value(a, (s) => formatBytes(s.ringBytes)),
      macsBefore: value(b, (s) => formatCount(s.macs)),
      macsAfter: value(a, (s) => formatCount(s.macs)),
    };
  });
}

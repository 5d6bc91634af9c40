/** The files of a search: each point as float ONNX, int8 ONNX, plan, report, C and a script to train it further; one page for all. */

import type { Diagnostic } from '../diagnostics.js';
import { writeNpz } from '../data/write-npz.js';
import type { ScheduleRequest } from '../explore/schedules.js';
import type { Candidate } from '../explore/search-networks.js';
import { mostDb } from '../explore/scoring.js';
import type { Graph } from '../ir/graph.js';
import { countMacs } from '../ir/graph-size.js';
import { finetuneScript, type PixelArithmetic, weightsFile } from '../pytorch/finetune.js';
import { networkSource, NotTrainable } from '../pytorch/network-source.js';
import { exportFloat } from '../redesign/export-float.js';
import { receptiveFields } from '../redesign/receptive-field.js';
import type { CarriedStep } from '../redesign/carry-over.js';
import type { PlanDocument } from '../report/plan-document.js';
import { planJson } from '../report/model.js';
import { reportHtml } from '../report/html.js';
import { searchPage } from '../report/search-page.js';
import { type FoundNetwork, type FrontPoint, type SearchDocument, searchSchema } from '../report/search-document.js';
import { compile } from './compile.js';
import { evenly } from '../quantise/quantise-graph.js';
import { quantise } from './quantise-model.js';
import { describeCandidate, type FoundNetworks, type SearchModelOptions } from './search-model.js';
import { supernetKinds, supernetNetworks, supernetOf, type SupernetSpace, supernetSpace } from './supernet-space.js';
import { toolVersion } from './version.js';

export interface SearchOutput {
  readonly document: SearchDocument;
  /** By path within the output folder. */
  readonly files: ReadonlyMap<string, string | Uint8Array>;
}

/** Inputs that each point is quantised with and measured on: more say little more, and there are several points. */
const [mostToQuantise, mostToMeasure] = [64, 128];

export const originalFolder = 'original';

export function searchFiles(
  found: FoundNetworks,
  name: string,
  pixels: PixelArithmetic,
  options: SearchModelOptions,
): SearchOutput {
  const writer = new SearchWriter(found, name, pixels, options);
  return writer.write();
}

/** What was made of one network. */
interface Made {
  readonly figures: FoundNetwork;
  readonly plan: PlanDocument;
}

class SearchWriter {
  readonly #found: FoundNetworks;
  readonly #name: string;
  readonly #pixels: PixelArithmetic;
  readonly #options: SearchModelOptions;
  readonly #files = new Map<string, string | Uint8Array>();
  readonly #diagnostics: Diagnostic[];
  readonly #space: SupernetSpace;

  constructor(found: FoundNetworks, name: string, pixels: PixelArithmetic, options: SearchModelOptions) {
    this.#found = found;
    this.#name = name;
    this.#pixels = pixels;
    this.#options = options;
    this.#diagnostics = [...found.diagnostics];
    this.#space = supernetSpace(found.graph);
  }

  write(): SearchOutput {
    const { info, graph, original, points, scoredBy, fitted, scored, evaluated, fittedNetworks, seed } = this.#found;
    const first = this.#network(originalFolder, graph, original.candidate, original.schedule);
    const made = points.map(({ candidate, schedule, carried }, i) => {
      const id = `p${i + 1}`;
      this.#options.onProgress?.(`writing point ${i + 1} of ${points.length}`);
      const network = this.#network(id, carried.graph, candidate, schedule);
      this.#training(id, carried.graph, carried.steps);
      const point: FrontPoint = {
        id,
        ...network.figures,
        moves: carried.steps.map(({ move, words, blockSqnrDb, outputSqnrDb }) => ({
          move,
          words,
          blockSqnrDb: finite(blockSqnrDb),
          outputSqnrDb: finite(outputSqnrDb),
        })),
        onnx: `${id}/net.onnx`,
        plan: `${id}/plan.json`,
      };
      return { point, plan: network.plan };
    });
    this.#supernet();
    const document: SearchDocument = {
      schema: searchSchema,
      tool: { name: 'rivulet', version: toolVersion },
      model: { name: this.#name, sha256: info.sha256 },
      scoredBy,
      samples: { fitted: fitted.length, scored: scored.length },
      original: first.figures,
      front: made.map(({ point }) => point),
      evaluated,
      fitted: fittedNetworks,
      seed,
      diagnostics: this.#diagnostics,
    };
    this.#files.set(
      'front.html',
      searchPage(
        document,
        first.plan,
        made.map(({ plan }) => plan),
      ),
    );
    this.#files.set('search.json', `${JSON.stringify(document, null, 2)}\n`);
    return { document, files: this.#files };
  }

  #network(id: string, graph: Graph, candidate: Candidate, schedule: ScheduleRequest): Made {
    const { fitted, scored } = this.#found;
    const name = id === originalFolder ? this.#name : `${this.#name} ${id}`;
    const onnx = exportFloat(graph);
    this.#files.set(`${id}/net.onnx`, onnx);
    const { document, onnx: int8 } = quantise({ bytes: onnx, name }, evenly(fitted, mostToQuantise), {
      evaluate: evenly(scored, mostToMeasure),
    });
    this.#files.set(`${id}/net.int8.onnx`, int8);
    const { board, core, sramBytes, flashBytes, input } = this.#options;
    const compiled = compile(
      { bytes: int8, name },
      {
        ...(board === undefined ? {} : { board }),
        ...(core === undefined ? {} : { core }),
        ...(sramBytes === undefined ? {} : { sramBytes }),
        ...(flashBytes === undefined ? {} : { flashBytes }),
        ...(input === undefined ? {} : { input }),
        schedule: scheduleText(schedule, candidate.planned.stageEnd),
        objective: schedule.objective,
        ...(schedule.maxSlowdown === null ? {} : { maxSlowdown: schedule.maxSlowdown }),
        ...(schedule.maxOverhead === null ? {} : { maxOverhead: schedule.maxOverhead }),
        name: 'net',
        // A block that adds nothing yet is constant, and would go: it is planned as what training makes of it.
        ...(candidate.moves.some((m) => m.kind === 'insertBlock') ? { keepConstantChannels: true } : {}),
        quantisation: document,
      },
    );
    const plan = compiled.document;
    if (compiled.fits) {
      for (const [path, text] of compiled.emit())
        this.#files.set(path === 'plan.json' || path === 'report.html' ? `${id}/${path}` : `${id}/c/${path}`, text);
    } else {
      this.#files.set(`${id}/plan.json`, planJson(plan));
      this.#files.set(`${id}/report.html`, reportHtml(plan));
    }
    const { measured } = candidate;
    return {
      plan,
      figures: {
        score: measured?.value ?? 0,
        sqnrDb: measured?.sqnrDb == null || measured.sqnrDb >= mostDb ? null : measured.sqnrDb,
        agreement: measured?.agreement ?? null,
        accuracy: measured?.accuracy ?? null,
        peakSramBytes: plan.memory.peakSramBytes,
        flashBytes: plan.cost.flashBytes.weights + plan.cost.flashBytes.code,
        instructions: plan.cost.estimatedInstructions,
        macs: countMacs(graph),
        executedMacs: plan.cost.executedMacs,
        receptiveField: receptiveFields(graph),
        int8: { sqnrDb: document.sqnrDb, agreement: document.agreement.top1 / Math.max(1, document.agreement.n) },
      },
    };
  }

  #supernet(): void {
    const { graph, moveKinds, seed } = this.#found;
    const kinds = moveKinds.filter((kind) => (supernetKinds as readonly string[]).includes(kind));
    try {
      const made = supernetOf(this.#space, supernetNetworks(graph, kinds), kinds, this.#pixels, seed);
      this.#files.set('supernet/supernet.py', made.script);
      this.#files.set('supernet/supernet.npz', writeNpz(made.arrays));
      this.#files.set('supernet/supernet.json', made.choices);
    } catch (error) {
      if (!(error instanceof NotTrainable)) throw error;
    }
  }

  /** Scripts; a note where a node is not written in PyTorch. */
  #training(id: string, graph: Graph, steps: readonly CarriedStep[]): void {
    const words = steps.map((step) => step.words);
    try {
      const originalWeights = `../${originalFolder}/${weightsFile}`;
      const { script, arrays } = finetuneScript(graph, this.#found.graph, words, this.#pixels, originalWeights);
      this.#files.set(`${id}/finetune.py`, script);
      this.#files.set(`${id}/${weightsFile}`, writeNpz(arrays));
      this.#files.set(
        `${id}/moves.json`,
        describeCandidate(
          this.#space,
          steps.map(({ move }) => move),
        ),
      );
      this.#files.set(
        `${originalFolder}/${weightsFile}`,
        writeNpz(networkSource(this.#found.graph, 'Original').arrays),
      );
    } catch (error) {
      if (!(error instanceof NotTrainable)) throw error;
      if (id !== 'p1') return;
      this.#diagnostics.push({
        code: 'W186',
        severity: 'note',
        message: `there is no finetune.py: ${error.message}`,
        hint: 'net.onnx can be trained with whatever reads it',
      });
    }
  }
}

function scheduleText({ how }: ScheduleRequest, stageEnd: string | null): string {
  return how.kind === 'patch' ? `patch:${how.rows}x${how.columns}@${stageEnd ?? how.node}` : how.kind;
}

const finite = (db: number | null): number | null => (db === null || !Number.isFinite(db) ? null : db);

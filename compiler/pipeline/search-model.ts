/** A float model and inputs for it to a front of networks near it, each with what it scores, its plan and its files. */

import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import { type Diagnostic, ExitCode, RivuletError, usageError } from '../diagnostics.js';
import { CandidatePlanner } from '../explore/candidate-planner.js';
import { keyOf, Networks, type PlainMove } from '../explore/moves.js';
import { type ScheduleRequest, scheduleRequests } from '../explore/schedules.js';
import {
  type Candidate,
  type Judge,
  type Measured,
  pointsToKeep,
  type SearchProgress,
  searchNetworks,
  SearchStopped,
} from '../explore/search-networks.js';
import { mostDb, type Sample, Scorer } from '../explore/scoring.js';
import { emptyState, formatState, parseState, type SearchState } from '../explore/state.js';
import type { Graph } from '../ir/graph.js';
import { optimise } from '../passes/pipeline.js';
import { carryOver, type CarriedOver } from '../redesign/carry-over.js';
import { exportFloat } from '../redesign/export-float.js';
import { applyMove, describeMove, listMoves, type Move } from '../redesign/index.js';
import type { ScoreKind } from '../report/search-document.js';
import { SeededRandom } from '../util/random.js';
import { checkOptions } from './check-options.js';
import type { ModelFile } from './compile.js';
import { importModel, type ModelInfo } from './import-model.js';
import { type FloatSample, inMemory } from './quantise-model.js';
import { type CompileOptions, machineFor } from './request.js';
import { candidateChoice, type SupernetSpace, supernetSpace } from './supernet-space.js';

type PlanningOptions = Pick<
  CompileOptions,
  'board' | 'core' | 'sramBytes' | 'flashBytes' | 'maxSlowdown' | 'maxOverhead' | 'input' | 'inputShapes' | 'outputs'
>;

/** A network that the user's command is to judge. */
export interface CommandSubject {
  /** From 0; 0 is the original. */
  readonly number: number;
  /** JSON of its moves, and of what it is within the supernet. */
  readonly description: string;
  /** The float network with its weights carried over; made when it is asked for. */
  readonly onnx: () => Uint8Array;
}

export interface SearchModelOptions extends PlanningOptions {
  /** auto (default), layer, stream, patch:RxC (where is sought too) or patch:RxC@NODE. */
  readonly schedule?: string;
  /** Samples to score on; otherwise every fourth of the others, which no weight is then fitted to. */
  readonly evaluate?: readonly FloatSample[];
  /** Class of each sample that is scored on: the score is accuracy then. */
  readonly labels?: readonly number[];
  /** Scores a network; a RivuletError says that it could not. */
  readonly command?: (subject: CommandSubject) => Promise<number>;
  /** Networks times schedules to plan; 300 by default. */
  readonly budget?: number;
  /** Networks to fit and score; an eighth of the budget by default. */
  readonly fits?: number;
  readonly seed?: number;
  readonly points?: number;
  /** MACs stay within this share of the original's: for networks that are to be trained further. */
  readonly keepMacs?: number;
  /** Kinds of moves; all by default. */
  readonly moves?: readonly string[];
  /** What an earlier run of the same search found, as `onState` gave it. */
  readonly state?: string;
  /** Called with the state whenever something was found out. */
  readonly onState?: (state: string) => void;
  readonly onProgress?: (what: string) => void;
}

/** A point of the front, before its files are made. */
export interface FoundPoint {
  readonly candidate: Candidate;
  readonly schedule: ScheduleRequest;
  readonly carried: CarriedOver;
}

export interface FoundNetworks {
  readonly info: ModelInfo;
  readonly graph: Graph;
  readonly scoredBy: ScoreKind;
  /** Inputs that weights were fitted to, by position in the given samples. */
  readonly fitted: readonly FloatSample[];
  readonly scored: readonly FloatSample[];
  readonly labels: readonly number[] | null;
  /** The original under the first schedule, whether it fits or not. */
  readonly original: { readonly candidate: Candidate; readonly schedule: ScheduleRequest };
  readonly points: readonly FoundPoint[];
  readonly evaluated: number;
  readonly fittedNetworks: number;
  readonly seed: number;
  readonly moveKinds: readonly string[];
  readonly diagnostics: readonly Diagnostic[];
}

const fewestSamples = 8;
const holdOutEvery = 4;
/** How weights are carried over while networks are compared; what is kept is fitted further. */
const draft = { fit: 'near', eachStep: false } as const;
const population = 24;
const longestSequence = 10;
/** Commands that fail one after another before the search gives up. */
const mostFailures = 3;

/**
 * Searches. Pure but for the user's command: the same model, samples, options and answers give the same front. Throws a RivuletError:
 * E181 (exit 2) with too few samples, E182 (exit 3) without a legal move, E183 (exit 4) where nothing fits, E184 (exit 6) where the
 * command cannot judge the original, and all that import and planning have to say.
 */
export async function findNetworks(
  model: ModelFile,
  samples: readonly FloatSample[],
  options: SearchModelOptions = {},
): Promise<FoundNetworks> {
  const { board, core, sramBytes, flashBytes, maxSlowdown, maxOverhead, input, inputShapes, outputs } = options;
  const planning = { board, core, sramBytes, flashBytes, maxSlowdown, maxOverhead, input, inputShapes, outputs };
  checkOptions(definedOf(planning));
  const { info, graph } = floatNetwork(model, options);
  const roles = samplesByRole(graph, samples, options);
  const legal = (g: Graph): readonly Move[] =>
    listMoves(g).filter((m) => options.moves === undefined || options.moves.includes(m.kind));
  if (legal(graph).length === 0) throw nothingLegal(options.moves);
  const networks = new Networks(graph, {
    list: legal,
    apply: (g, move) => attempted(() => applyMove(g, move as Move)),
  });
  const limits = {
    memory: { sramBytes: sramBytes ?? null, flashBytes: flashBytes ?? null },
    keepMacs: options.keepMacs ?? null,
  };
  const schedules = scheduleRequests({
    schedule: options.schedule ?? 'auto',
    maxSlowdown: maxSlowdown ?? null,
    maxOverhead: maxOverhead ?? null,
    hasSramLimit: board !== undefined || sramBytes !== undefined,
  });
  const subject = subjectOf(info.sha256, roles, options);
  const state = options.state === undefined ? emptyState() : parseState(options.state, subject);
  const kept = (): void => options.onState?.(formatState(state, subject));
  const planner = new CandidatePlanner(graph, machineFor(options), input ?? 'resident', schedules, limits, state.plans);
  const [first] = planner.plan(graph);
  if (first === null) planner.requirePlan(graph);
  const diagnostics: Diagnostic[] = [...roles.diagnostics];
  const scoring = new Scoring(graph, roles, options, state, diagnostics, kept);
  const original = await scoring.original();
  const scale = scoring.scale(original.value);
  const judge: Judge = {
    plan: (moves) => {
      const before = state.plans.size;
      const network = networks.graphOf(moves);
      const planned = network === null ? schedules.map(() => null) : planner.plan(network);
      if (state.plans.size > before) kept();
      return planned;
    },
    measure: (moves) => scoring.measure(moves),
    ...scale,
  };
  const budget = options.budget ?? 300;
  const result = await searchNetworks(
    { networks, longest: longestSequence },
    judge,
    new SeededRandom(options.seed ?? 1),
    {
      budget,
      fits: options.fits ?? Math.max(12, Math.ceil(budget / 8)),
      population,
      onProgress: (progress) => options.onProgress?.(progressWords(progress)),
    },
  );
  // The original stands beside the front anyway; it is a point of its own only where nothing else is.
  const changed = result.front.filter((c) => c.moves.length > 0);
  const found = pointsToKeep(changed.length > 0 ? changed : result.front, options.points ?? 6);
  const untouched = result.candidates.find((c) => c.moves.length === 0);
  if (found.length === 0) throw nothingFits(result.candidates, (m) => wordsOf(graph, m), diagnostics);
  return {
    info,
    graph,
    scoredBy: scoring.kind,
    fitted: roles.fit,
    scored: roles.score,
    labels: roles.labels,
    original: {
      candidate: untouched ?? { moves: [], schedule: 0, planned: found[0].planned, measured: original },
      schedule: schedules[untouched?.schedule ?? 0],
    },
    points: found.map((candidate) => ({
      candidate,
      schedule: schedules[candidate.schedule],
      carried: carryOver(graph, candidate.moves as readonly Move[], roles.fitInMemory),
    })),
    evaluated: result.candidates.length,
    fittedNetworks: result.fitted,
    seed: options.seed ?? 1,
    moveKinds: [...new Set(legal(graph).map((m) => m.kind))],
    diagnostics,
  };
}

function floatNetwork(
  { bytes, externalData }: ModelFile,
  { inputShapes = {}, outputs }: SearchModelOptions,
): { readonly info: ModelInfo; readonly graph: Graph } {
  const { info, graph: imported } = importModel(
    { bytes, ...(externalData === undefined ? {} : { externalData }) },
    {
      ...(outputs === undefined ? {} : { outputs }),
      inputShapes: Object.fromEntries(Object.entries(inputShapes).map(([name, dims]) => [name, [...dims]])),
    },
  );
  const graph = optimise(imported);
  if ([...graph.values.values()].some((v) => v.quant !== null))
    throw new RivuletError(ExitCode.unsupported, [
      { code: 'E406', severity: 'error', message: 'the model is quantised', hint: 'search needs the float one' },
    ]);
  return { info, graph };
}

interface Roles {
  readonly fit: readonly FloatSample[];
  readonly score: readonly FloatSample[];
  readonly fitInMemory: readonly Sample[];
  readonly scoreInMemory: readonly Sample[];
  readonly labels: readonly number[] | null;
  readonly diagnostics: readonly Diagnostic[];
}

/** Nothing is scored on what a weight was fitted to. */
function samplesByRole(graph: Graph, samples: readonly FloatSample[], options: SearchModelOptions): Roles {
  const { evaluate, labels } = options;
  const needed = evaluate === undefined ? fewestSamples : fewestSamples / 2;
  if (samples.length < needed || evaluate?.length === 0)
    throw usageError(
      'E181',
      `there are ${samples.length} calibration inputs: a search needs ${needed} at least`,
      'give a hundred typical ones, and others with --evaluate; weights are fitted to the first and scored on the second',
    );
  const measured = evaluate ?? samples;
  if (labels !== undefined && labels.length !== measured.length)
    throw usageError('E159', `there are ${labels.length} labels for ${measured.length} inputs to score on`);
  const isHeldOut = (i: number): boolean => evaluate === undefined && i % holdOutEvery === holdOutEvery - 1;
  const fit = samples.filter((_, i) => !isHeldOut(i));
  const score = evaluate ?? samples.filter((_, i) => isHeldOut(i));
  const few = samples.length < 32;
  return {
    fit,
    score,
    fitInMemory: inMemory(graph, fit, 'calibration'),
    scoreInMemory: inMemory(graph, score, 'evaluation'),
    labels: labels === undefined ? null : evaluate === undefined ? labels.filter((_, i) => isHeldOut(i)) : labels,
    diagnostics: few
      ? [
          {
            code: 'W410',
            severity: 'warning',
            message: `there are ${samples.length} calibration inputs: weights that are fitted to so few may suit no others`,
            hint: 'give a hundred or more',
          },
        ]
      : [],
  };
}

/** Scores candidates, remembers what was found, and knows when the user's command is of no use. */
class Scoring {
  readonly kind: ScoreKind;
  readonly #graph: Graph;
  readonly #roles: Roles;
  readonly #command: SearchModelOptions['command'];
  readonly #state: SearchState;
  readonly #diagnostics: Diagnostic[];
  readonly #kept: () => void;
  #scorer: Scorer | null = null;
  #supernet: SupernetSpace | null = null;
  #asked = 0;
  #failures = 0;

  constructor(
    graph: Graph,
    roles: Roles,
    { command }: SearchModelOptions,
    state: SearchState,
    diagnostics: Diagnostic[],
    kept: () => void,
  ) {
    this.#graph = graph;
    this.#roles = roles;
    this.#command = command;
    this.#state = state;
    this.#diagnostics = diagnostics;
    this.#kept = kept;
    this.kind = command !== undefined ? 'command' : roles.labels !== null ? 'accuracy' : 'sqnrDb';
  }

  async original(): Promise<Measured> {
    const known = this.#state.measured.get(keyOf([]));
    if (known !== undefined) return known;
    const measured = await this.#scored([]);
    this.#remember([], measured);
    return measured;
  }

  /** Decibels as noise power, which adds up; anything else as what is lost of the original's. */
  scale(original: number): Pick<Judge, 'costOf' | 'valueOf'> {
    if (this.kind === 'sqnrDb')
      return {
        costOf: (db) => 10 ** (-db / 10),
        valueOf: (noise) => Math.min(mostDb, -10 * Math.log10(noise)),
      };
    return { costOf: (value) => Math.max(0, original - value), valueOf: (cost) => original - cost };
  }

  /** Null, with a warning, where the command fails; after a few failures in a row the search ends with what it has. */
  async measure(moves: readonly PlainMove[]): Promise<Measured | null> {
    const known = this.#state.measured.get(keyOf(moves));
    if (known !== undefined) return known;
    try {
      const measured = await this.#scored(moves);
      this.#failures = 0;
      this.#remember(moves, measured);
      return measured;
    } catch (error) {
      if (!(error instanceof RivuletError) || this.#command === undefined) throw error;
      this.#failures++;
      const isLast = this.#failures === mostFailures;
      this.#diagnostics.push(
        ...error.diagnostics.map((d): Diagnostic => ({ ...d, severity: isLast ? 'error' : 'warning' })),
      );
      if (isLast) throw new SearchStopped();
      return null;
    }
  }

  #space(): SupernetSpace {
    this.#supernet ??= supernetSpace(this.#graph);
    return this.#supernet;
  }

  async #scored(moves: readonly PlainMove[]): Promise<Measured> {
    const { fitInMemory, scoreInMemory, labels } = this.#roles;
    const fitted = (): Graph =>
      moves.length === 0 ? this.#graph : carryOver(this.#graph, moves as readonly Move[], fitInMemory, draft).graph;
    if (this.#command !== undefined) {
      const number = moves.length === 0 ? 0 : ++this.#asked;
      const description = describeCandidate(this.#space(), moves);
      const value = await this.#command({ number, description, onnx: () => exportFloat(fitted()) });
      return { value, sqnrDb: null, agreement: null, accuracy: null };
    }
    this.#scorer ??= new Scorer(this.#graph, scoreInMemory, labels);
    return this.#scorer.score(fitted());
  }

  #remember(moves: readonly PlainMove[], measured: Measured): void {
    this.#state.measured.set(keyOf(moves), measured);
    this.#kept();
  }
}

function attempted<T>(change: () => T): T | null {
  try {
    return change();
  } catch (error) {
    if (error instanceof RivuletError) return null;
    throw error;
  }
}

/** Each move in words, of the network that it is made in. */
export function wordsOf(graph: Graph, moves: readonly PlainMove[]): readonly string[] {
  let network = graph;
  return moves.map((plain) => {
    const move = plain as Move;
    const words = describeMove(network, move);
    network = applyMove(network, move);
    return words;
  });
}

/** Moves for programs: what they are, and what the network is within the supernet (null where it is none of its). */
export function describeCandidate(space: SupernetSpace, moves: readonly PlainMove[]): string {
  const network = candidateChoice(space, (moves as readonly Move[]).reduce(applyMove, space.original), moves);
  return `${JSON.stringify({ moves, network }, null, 2)}\n`;
}

/** What results depend on; budget, seed and points do not: they choose among results. */
function subjectOf(sha: string, { fit, score, labels }: Roles, options: SearchModelOptions): string {
  const { board, core, sramBytes, flashBytes, maxSlowdown, maxOverhead, input, schedule, keepMacs, outputs } = options;
  const flags = { board, core, sramBytes, flashBytes, maxSlowdown, maxOverhead, input, schedule, keepMacs, outputs };
  const hash = sha256.create();
  hash.update(utf8ToBytes(JSON.stringify([sha, flags, options.command !== undefined, labels])));
  for (const sample of [...fit, ...score])
    for (const data of sample) hash.update(new Uint8Array(Float32Array.from(data).buffer));
  return bytesToHex(hash.digest());
}

function progressWords({ evaluated, fitted, front }: SearchProgress): string {
  const least = front.reduce<Candidate | null>(
    (a, b) => (a === null || b.planned.peakSramBytes < a.planned.peakSramBytes ? b : a),
    null,
  );
  const so =
    least === null ? '' : `, front of ${front.length} down to ${(least.planned.peakSramBytes / 1000).toFixed(1)} kB`;
  return `searching: ${evaluated} planned, ${fitted} fitted${so}`;
}

function nothingLegal(kinds: readonly string[] | undefined): RivuletError {
  return new RivuletError(ExitCode.unsupported, [
    {
      code: 'E182',
      severity: 'error',
      message:
        kinds === undefined
          ? 'no move is legal on this network: it has no kernels to shrink, blocks to drop or widths to cut that the moves know'
          : `no move of the kinds ${kinds.join(', ')} is legal on this network`,
      hint: kinds === undefined ? 'docs/redistribution.md lists the moves' : 'allow more kinds with --moves',
    },
  ]);
}

function nothingFits(
  candidates: readonly Candidate[],
  words: (moves: readonly PlainMove[]) => readonly string[],
  diagnostics: readonly Diagnostic[],
): RivuletError {
  const failed = diagnostics.filter((d) => d.severity === 'error');
  if (failed.length > 0) return new RivuletError(ExitCode.toolMissing, failed);
  const planned = candidates.filter((c) => c.planned.peakSramBytes > 0);
  const nearest = planned.reduce<Candidate | null>(
    (a, b) => (a === null || b.planned.missing < a.planned.missing ? b : a),
    null,
  );
  const { peakSramBytes = 0, flashBytes = 0, missing = 0 } = nearest?.planned ?? {};
  return new RivuletError(ExitCode.doesNotFit, [
    {
      code: 'E183',
      severity: 'error',
      message:
        nearest === null
          ? `none of ${candidates.length} networks is within the bounds of flash and MACs`
          : `none of ${candidates.length} plans fits: the nearest takes ${(peakSramBytes / 1000).toFixed(1)} kB of SRAM and ${(flashBytes / 1000).toFixed(1)} kB of flash, ${(100 * missing).toFixed(0)} % too much, after ${nearest.moves.length === 0 ? 'no move' : words(nearest.moves).join('; ')}`,
      hint: 'a larger --budget looks further; more --max-slowdown, or --input streamed, lets the planner take less SRAM',
    },
  ]);
}

const definedOf = <T extends object>(options: T): { [K in keyof T]?: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as never;

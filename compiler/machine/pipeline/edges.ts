/**
 * Cycles of a run from its executed blocks and the edges between them, both counted exactly. Each edge A -> B costs what a pipeline takes
 * for B behind A and A's most frequent predecessors, about forty instructions of them, so that waiting for operands, pairs and overlap
 * carry over from block to block.
 */

import type { Instruction } from './instruction.js';
import { isIndirect, loadsCounter, type Pipeline } from './pipeline.js';

/** A straight run of instructions as the emulator translated it. */
export interface Block {
  readonly first: number;
  readonly last: number;
}

/** How often block `to` was executed right behind block `from` (0: the run began there), during a step of the plan. */
export interface Edge {
  readonly step: number;
  readonly from: number;
  readonly to: number;
  readonly count: number;
}

export interface Trace {
  readonly blocks: ReadonlyMap<number, Block>;
  readonly edges: readonly Edge[];
}

export interface Modelled {
  readonly cycles: number;
  readonly byStep: ReadonlyMap<number, number>;
  /** By the function that the instructions stand in. */
  readonly bySymbol: ReadonlyMap<string, number>;
}

const contextInstructions = 40;
const contextBlocks = 12;

export function modelledCycles(
  program: ReadonlyMap<number, Instruction>,
  { blocks, edges }: Trace,
  pipeline: Pipeline,
): Modelled {
  const code = new Map([...blocks].map(([id, block]) => [id, instructionsOf(program, block)]));
  const known = [...edges].filter((e) => (code.get(e.to)?.length ?? 0) > 0);
  const merged = mergeSteps(known);
  const exits = exitsOf(merged, code);
  const predecessor = mostFrequentPredecessors(merged);
  const costs = new Map<string, number>();
  for (const { from, to } of merged) {
    const chain = code.has(from) ? [...contextOf(from, predecessor, code), to] : [to];
    costs.set(`${from} ${to}`, costOf(chain, exits.get(to) ?? [], code, pipeline));
  }
  const byStep = new Map<number, number>();
  const bySymbol = new Map<string, number>();
  let cycles = 0;
  const add = (step: number, symbol: string, n: number): void => {
    cycles += n;
    byStep.set(step, (byStep.get(step) ?? 0) + n);
    bySymbol.set(symbol, (bySymbol.get(symbol) ?? 0) + n);
  };
  for (const { step, from, to, count } of known)
    add(step, code.get(to)![0].symbol, count * costs.get(`${from} ${to}`)!);
  const guesses = pipeline.mispredicted;
  if (guesses !== undefined) {
    for (const { block, wrong, step } of wrongGuesses(known, code)) {
      const last = code.get(block)!.at(-1)!;
      add(step, last.symbol, wrong * (isIndirect(last) ? guesses.indirect : guesses.conditional));
    }
  }
  return { cycles, byStep, bySymbol };
}

function instructionsOf(program: ReadonlyMap<number, Instruction>, { first, last }: Block): readonly Instruction[] {
  const found: Instruction[] = [];
  for (let at = first; at <= last; ) {
    const i = program.get(at);
    if (i === undefined) break;
    found.push(i);
    at += i.size;
  }
  return found;
}

type Code = ReadonlyMap<number, readonly Instruction[]>;
type Counted = Pick<Edge, 'from' | 'to' | 'count'>;

function mergeSteps(edges: readonly Edge[]): readonly Counted[] {
  const merged = new Map<string, { from: number; to: number; count: number }>();
  for (const { from, to, count } of edges) {
    const key = `${from} ${to}`;
    const known = merged.get(key);
    if (known === undefined) merged.set(key, { from, to, count });
    else known.count += count;
  }
  return [...merged.values()];
}

/** Where a block goes on, and which share of its executions: the commonest place of those behind it and of those elsewhere. */
interface Exit {
  readonly target: Instruction | null;
  readonly taken: boolean;
  readonly share: number;
}

function exitsOf(edges: readonly Counted[], code: Code): ReadonlyMap<number, readonly Exit[]> {
  const bySource = new Map<number, Counted[]>();
  for (const edge of edges) bySource.set(edge.from, [...(bySource.get(edge.from) ?? []), edge]);
  const exits = new Map<number, readonly Exit[]>();
  for (const [id, ways] of bySource) {
    const own = code.get(id);
    if (own === undefined || own.length === 0) continue;
    const next = own.at(-1)!.address + own.at(-1)!.size;
    const total = ways.reduce((sum, w) => sum + w.count, 0);
    const kinds = [false, true].flatMap((taken): Exit[] => {
      const of = ways.filter((w) => (code.get(w.to)![0].address !== next) === taken);
      if (of.length === 0) return [];
      const commonest = of.reduce((a, b) => (b.count > a.count ? b : a));
      const share = of.reduce((sum, w) => sum + w.count, 0) / total;
      return [{ target: code.get(commonest.to)![0], taken, share }];
    });
    exits.set(id, kinds);
  }
  return exits;
}

function mostFrequentPredecessors(edges: readonly Counted[]): ReadonlyMap<number, number> {
  const best = new Map<number, Counted>();
  for (const edge of edges) {
    if (edge.from !== 0 && edge.count > (best.get(edge.to)?.count ?? 0)) best.set(edge.to, edge);
  }
  return new Map([...best].map(([id, edge]) => [id, edge.from]));
}

/** A block and what most often comes before it, in order of execution. */
function contextOf(id: number, predecessor: ReadonlyMap<number, number>, code: Code): readonly number[] {
  const chain = [id];
  let length = code.get(id)!.length;
  while (length < contextInstructions && chain.length < contextBlocks) {
    const before = predecessor.get(chain.at(-1)!);
    if (before === undefined) break;
    chain.push(before);
    length += code.get(before)?.length ?? 0;
  }
  return chain.reverse();
}

/** Of the last block of a chain, over the ways in which it ends. */
function costOf(chain: readonly number[], exits: readonly Exit[], code: Code, pipeline: Pipeline): number {
  pipeline.reset();
  for (let k = 0; k + 1 < chain.length; k++) {
    const target = code.get(chain[k + 1])?.[0] ?? null;
    feed(pipeline, code.get(chain[k]) ?? [], target);
  }
  const block = code.get(chain.at(-1)!)!;
  const ends: readonly Exit[] = exits.length > 0 ? exits : [{ target: null, taken: false, share: 1 }];
  const before = pipeline.now();
  let cost = 0;
  for (const [k, end] of ends.entries()) {
    if (k > 0) {
      pipeline.reset();
      for (let j = 0; j + 1 < chain.length; j++)
        feed(pipeline, code.get(chain[j]) ?? [], code.get(chain[j + 1])?.[0] ?? null);
    }
    feed(pipeline, block, end.target);
    cost += end.share * (pipeline.now() - before);
  }
  return cost;
}

function feed(pipeline: Pipeline, block: readonly Instruction[], target: Instruction | null): void {
  block.forEach((i, k) => {
    const ends = k === block.length - 1 && (i.kind === 'branch' || i.kind === 'loop' || loadsCounter(i));
    const taken = ends && target !== null && target.address !== i.address + i.size;
    pipeline.step(i, taken, ends ? target : null);
  });
}

/** A branch is guessed as it most often goes: how often it went otherwise, during each step. */
function wrongGuesses(
  edges: readonly Edge[],
  code: Code,
): readonly { readonly block: number; readonly step: number; readonly wrong: number }[] {
  const bySource = new Map<number, Edge[]>();
  for (const edge of edges) bySource.set(edge.from, [...(bySource.get(edge.from) ?? []), edge]);
  return [...bySource].flatMap(([block, ways]) => {
    const last = code.get(block)?.at(-1);
    if (last === undefined) return [];
    const isChoice = last.kind === 'branch' && (last.conditional || last.base === 'cbz' || last.base === 'cbnz');
    const isJump = (last.kind === 'branch' && isIndirect(last)) || loadsCounter(last);
    if (!isChoice && !isJump) return [];
    const total = ways.reduce((sum, w) => sum + w.count, 0);
    const places = new Map<number, number>();
    const behind = last.address + last.size;
    for (const { to, count } of ways) {
      const start = code.get(to)![0].address;
      const place = isChoice ? Number(start === behind) : start;
      places.set(place, (places.get(place) ?? 0) + count);
    }
    const wrong = total - Math.max(...places.values());
    return wrong === 0 ? [] : shareOut(block, ways, wrong / total);
  });
}

/** Wrong guesses of a block by step, in proportion to its executions. */
function shareOut(
  block: number,
  ways: readonly Edge[],
  share: number,
): readonly { readonly block: number; readonly step: number; readonly wrong: number }[] {
  const executions = new Map<number, number>();
  for (const { step, count } of ways) executions.set(step, (executions.get(step) ?? 0) + count);
  return [...executions].map(([step, count]) => ({ block, step, wrong: share * count }));
}

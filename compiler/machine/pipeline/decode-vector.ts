/** Floating-point and vector (MVE) instructions. */

import { type Draft, read, readAddress, reads, unitsIn } from './draft.js';
import type { TimingClass } from './instruction.js';
import { listed, unitsOf } from './operands.js';

export function decodeVector(draft: Draft, parts: readonly string[], vectors: boolean): void {
  const { base } = draft;
  const hasVector = /\bq\d/.test(draft.operands) || /^v(pst|pnot|ctp|pt)/.test(base);
  if (/^v(ldr|ld2|ld4)/.test(base) && hasVector) vectorAccess(draft, parts, vectors, 'vectorLoad');
  else if (/^v(str|st2|st4)/.test(base) && hasVector) vectorAccess(draft, parts, vectors, 'vectorStore');
  else if (base === 'vldr' || base === 'vstr') floatAccess(draft, parts, vectors);
  else if (/^v(ldm|ldmia|ldmdb|pop|stm|stmia|stmdb|push)$/.test(base)) floatMany(draft, parts, vectors);
  else if (base === 'vmrs' || base === 'vmsr') {
    draft.kind = 'floatMove';
    draft.reads = reads(parts.slice(1), 'plain', vectors);
    draft.writes = [...unitsIn(parts[0] ?? '', vectors)];
    if (/apsr/i.test(draft.operands)) draft.setsFlags = true;
  } else if (hasVector && vectors) vectorOperation(draft, parts);
  else floatOperation(draft, parts, vectors);
  markPredicated(draft);
}

function vectorAccess(
  draft: Draft,
  parts: readonly string[],
  vectors: boolean,
  kind: 'vectorLoad' | 'vectorStore',
): void {
  const several = parts[0].startsWith('{');
  const moved = several ? listed(parts[0]).flatMap((r) => unitsOf(r, vectors)) : unitsIn(parts[0], vectors);
  draft.kind = kind;
  draft.elementBytes = 16;
  if (kind === 'vectorLoad') {
    draft.writes.push(...moved);
    if (several) draft.reads.push(...moved.map((r) => read(r, 'plain')));
  } else draft.reads.push(...moved.map((r) => read(r, 'data')));
  readAddress(draft, parts);
  if (draft.indexRegister?.startsWith('q')) draft.kind = kind === 'vectorLoad' ? 'vectorGather' : 'vectorScatter';
}

function floatAccess(draft: Draft, parts: readonly string[], vectors: boolean): void {
  draft.kind = draft.base === 'vldr' ? 'floatLoad' : 'floatStore';
  draft.registers = parts[0].startsWith('d') ? 2 : 1;
  if (draft.kind === 'floatLoad') draft.writes.push(...unitsIn(parts[0], vectors));
  else draft.reads.push(...reads(parts.slice(0, 1), 'data', vectors));
  readAddress(draft, parts);
}

function floatMany(draft: Draft, parts: readonly string[], vectors: boolean): void {
  const names = listed(parts.at(-1)!);
  const moved = names.flatMap((r) => unitsOf(r, vectors));
  draft.registers = names.reduce((sum, r) => sum + (r.startsWith('d') ? 2 : 1), 0);
  draft.kind = /^v(ld|po)/.test(draft.base) ? 'floatLoadMany' : 'floatStoreMany';
  const base = parts.length > 1 ? unitsIn(parts[0], vectors)[0] : 'sp';
  draft.reads.push(read(base, 'address'));
  draft.writesBack.push(base);
  if (draft.kind === 'floatLoadMany') draft.writes.push(...moved);
  else draft.reads.push(...moved.map((r) => read(r, 'data')));
}

/** Operations that add to, or keep a part of, the register that they write. */
const accumulates =
  /^v(mla|mls|rmla|q?r?dmla|qdmla|fma|fms|sli|sri|addl?va|q?r?shrn|qmovn|movn|shrn|qshr|abava|maxv|minv|maxav|minav|maxnm|minnm)/;
const keeps = /^v(qmovn|movn|shrn|rshrn|qshrn|qrshrn|qrshrun|qmovun|shlc|mlas|qdmlash|qrdmlash)/;
const adds = /^v(mlava|mladava|mlaldava|addva|addlva|mlsdava|qdmlsdava)/;
const startsAnew = /^v(mlav|mladav|mlaldav|addv|addlv|mlsdav)/;

function vectorOperation(draft: Draft, parts: readonly string[]): void {
  const { base } = draft;
  const units = parts.map((part) => unitsIn(part, true));
  draft.kind = 'vector';
  if (/^v(pst|pnot)/.test(base)) draft.writes = ['vpr'];
  else if (/^v(ctp|cmp|pt)/.test(base)) {
    draft.reads = reads(parts, 'plain', true);
    draft.writes = ['vpr'];
  } else {
    const pairOfResults = units.length > 1 && /^v(mlaldav|addlv|rmlaldavh)/.test(base);
    const toTwoWords = base === 'vmov' && units.length >= 3 && (units[0][0]?.startsWith('r') ?? false);
    const results = pairOfResults || toTwoWords ? 2 : 1;
    draft.writes = units.slice(0, results).flat();
    const accumulator = units.slice(0, pairOfResults ? 2 : 1).flat();
    const adding =
      (accumulates.test(base) || keeps.test(base) || adds.test(base) || base.slice(3).includes('va')) &&
      !(startsAnew.test(base) && !adds.test(base));
    if (/^v(iwdup|idup|ddup|dwdup)/.test(base) && units.length > 1) draft.writesBack.push(...units[1]);
    if (adding || (base === 'vmov' && parts.length > 1 && parts[0].includes('[')))
      draft.reads.push(...accumulator.map((r) => read(r, 'accumulator')));
    draft.reads.push(
      ...units
        .slice(results)
        .flat()
        .map((r) => read(r, 'plain')),
    );
  }
}

function floatOperation(draft: Draft, parts: readonly string[], vectors: boolean): void {
  const { base, mnemonic } = draft;
  const units = parts.map((part) => unitsIn(part, vectors));
  const rest = units.slice(1).flat();
  draft.writes = [...(units[0] ?? [])];
  draft.reads = rest.map((r) => read(r, 'plain'));
  if (base === 'vmov') {
    const results = parts.length < 3 || /^d/.test(parts[0]) ? 1 : 2;
    draft.kind = 'floatMove';
    draft.writes = units.slice(0, results).flat();
    draft.reads = units
      .slice(results)
      .flat()
      .map((r) => read(r, 'plain'));
    draft.registers = parts.length >= 3 ? 2 : 1;
  } else if (base.startsWith('vcmp')) {
    draft.kind = 'floatCompare';
    draft.reads = units.flat().map((r) => read(r, 'plain'));
    draft.writes = ['fpscr'];
  } else if (/^v(div|sqrt)/.test(base)) draft.kind = 'floatDivide';
  else if (/^v(mla|mls|fma|fms|fnm|nml)/.test(base)) {
    draft.kind = 'floatMultiplyAdd';
    draft.reads = [...(units[0] ?? []).map((r) => read(r, 'accumulator')), ...draft.reads];
  } else draft.kind = /^v(cvt|rint)/.test(base) ? 'floatConvert' : 'float';
  const doubles: Readonly<Partial<Record<TimingClass, TimingClass>>> = {
    float: 'float64',
    floatMultiplyAdd: 'floatMultiplyAdd64',
    floatDivide: 'floatDivide64',
    floatConvert: 'floatConvert64',
  };
  if (mnemonic.includes('.f64')) draft.kind = doubles[draft.kind] ?? draft.kind;
}

/** Words of the instruction set that end in t without a predicate: top halves. */
const topHalves = /^v(shrn|movl|mull|qmovn|movn|shll|qshrn|qrshrn|rshrn|qdmull|qmovun|qrshrun|qshrun|cvt)t$|^vpst/;

function markPredicated(draft: Draft): void {
  if (!/\./.test(draft.mnemonic) || !/[te]$/.test(draft.base) || topHalves.test(draft.base)) return;
  if (!draft.kind.startsWith('vector')) return;
  draft.reads.push(read('vpr', 'plain'));
  if (draft.kind === 'vector')
    for (const r of draft.writes)
      if (!draft.reads.some((known) => known.register === r && known.use === 'accumulator'))
        draft.reads.push(read(r, 'accumulator'));
}

/** The pipe of the vector unit that an operation takes. */
export type VectorPipe = 'loadStore' | 'integer' | 'multiply' | 'system';

const multiplies =
  /^v(q?r?d?mul|mla|mls|q?r?dml|rmlal|rmls|qdml|cmul|fma|fms|addl?v|cmp|mulh|rmulh|qrdmulh|qdmulh|mull)/;

export function vectorPipe(base: string, mnemonic: string): VectorPipe {
  if (/^v(ctp|pst|pnot)/.test(base)) return 'system';
  if (base.startsWith('vpt')) return 'multiply';
  if (base.startsWith('vmull') && mnemonic.includes('.p')) return 'integer';
  if (multiplies.test(base)) return 'multiply';
  if (/\.f(16|32)/.test(mnemonic) && !/^v(mov|dup)/.test(base)) return 'multiply';
  return base.startsWith('vcvt') || base === 'vmov' ? 'multiply' : 'integer';
}

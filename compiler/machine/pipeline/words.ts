/** Mnemonics of Thumb by timing class. */

import type { TimingClass } from './instruction.js';

const words = (text: string): ReadonlySet<string> => new Set(text.split(' '));

export const conditions = words('eq ne cs hs cc lo mi pl vs vc hi ls ge lt gt le al');
export const loads = words('ldr ldrb ldrh ldrsb ldrsh ldrex');
export const stores = words('str strb strh strex');
export const branches = words('b bl bx blx cbz cbnz tbb tbh');
export const loops = words('le letp wls wlstp dls dlstp lctp');
export const manyLoads = words('ldm ldmia ldmdb pop');
export const manyStores = words('stm stmia stmdb push');
export const nothing = words('nop dmb dsb isb mrs msr bkpt svc udf cpsid cpsie pld wfi wfe sev yield sg');
export const compares = words('cmp cmn tst teq');

const byClass: Readonly<Partial<Record<TimingClass, ReadonlySet<string>>>> = {
  alu: words('add addw sub subw rsb adc sbc and orr orn eor bic mov movw movt mvn neg adr cmp cmn tst teq'),
  shift: words('lsl lsr asr ror rrx lsll lsrl asrl sqrshrl uqrshll sqrshr uqshl srshr urshr sqshl uqrshl'),
  bitfield: words('bfi bfc ubfx sbfx'),
  extend: words('sxtb sxth uxtb uxth sxtb16 uxtb16'),
  extendAdd: words('sxtab sxtah uxtab uxtah sxtab16 uxtab16'),
  pack: words('pkhbt pkhtb'),
  reverse: words('rev rev16 revsh rbit clz'),
  dsp: words(
    'sadd16 sadd8 ssub16 ssub8 uadd16 uadd8 usub16 usub8 qadd qsub qadd16 qadd8 qsub16 qsub8 qdadd qdsub ssat usat ssat16 usat16 ' +
      'sel shadd16 shadd8 shsub16 shsub8 uhadd8 uhadd16 uqadd8 uqadd16 uqsub8 uqsub16 usad8 sasx ssax uasx usax shasx',
  ),
  multiply: words('mul smulbb smulbt smultb smultt smulwb smulwt smuad smuadx smusd smusdx smmul smmulr'),
  multiplyAdd: words(
    'mla mls smlabb smlabt smlatb smlatt smlawb smlawt smlad smladx smlsd smlsdx smmla smmlar smmls smmlsr usada8',
  ),
  longMultiply: words('smull umull'),
  longMultiplyAdd: words('smlal umlal umaal smlald smlaldx smlalbb smlalbt smlaltb smlaltt smlsld'),
  divide: words('sdiv udiv'),
  select: words('csel csinc csinv csneg cset csetm cinc cinv cneg'),
};

const classOf = new Map<string, TimingClass>(
  Object.entries(byClass).flatMap(([kind, set]) => [...set].map((word) => [word, kind as TimingClass] as const)),
);

/** Of data-processing instructions; undefined for any other word. */
export const dataClass = (base: string): TimingClass | undefined => classOf.get(base);

const known = (word: string): boolean =>
  classOf.has(word) ||
  [loads, stores, branches, loops, manyLoads, manyStores, nothing].some((set) => set.has(word)) ||
  word === 'ldrd' ||
  word === 'strd';

/** Words that may end in an s of their own: they set the flags. */
const settable = (word: string): boolean => {
  const kind = classOf.get(word);
  return (
    kind === 'alu' ||
    kind === 'shift' ||
    kind === 'multiply' ||
    kind === 'longMultiply' ||
    /^(smlal|umlal|mla)$/.test(word)
  );
};

export interface Mnemonic {
  readonly base: string;
  readonly setsFlags: boolean;
  readonly condition: string | null;
}

/** Takes suffixes of width, of flags and of condition from a mnemonic. */
export function splitMnemonic(mnemonic: string): Mnemonic {
  const word = mnemonic.split('.')[0];
  if (/^it[te]*$/.test(word)) return { base: 'it', setsFlags: false, condition: null };
  if (word.startsWith('v') || known(word)) return { base: word, setsFlags: false, condition: null };
  if (word.endsWith('s') && settable(word.slice(0, -1)))
    return { base: word.slice(0, -1), setsFlags: true, condition: null };
  const condition = word.slice(-2);
  const rest = word.slice(0, -2);
  if (conditions.has(condition)) {
    if (known(rest)) return { base: rest, setsFlags: false, condition };
    if (rest.endsWith('s') && settable(rest.slice(0, -1)))
      return { base: rest.slice(0, -1), setsFlags: true, condition };
  }
  return { base: word, setsFlags: false, condition: null };
}

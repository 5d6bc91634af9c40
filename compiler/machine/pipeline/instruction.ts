/** An instruction as the pipeline models see it: what it reads and writes, and of which timing class it is. */

/** What the models time alike. Vector classes are those of MVE; `64` marks double precision. */
export type TimingClass =
  | 'alu'
  | 'shiftedAlu'
  | 'shift'
  | 'bitfield'
  | 'extend'
  | 'extendAdd'
  | 'pack'
  | 'reverse'
  | 'dsp'
  | 'multiply'
  | 'multiplyAdd'
  | 'longMultiply'
  | 'longMultiplyAdd'
  | 'divide'
  | 'select'
  | 'load'
  | 'store'
  | 'loadPair'
  | 'storePair'
  | 'loadMany'
  | 'storeMany'
  | 'branch'
  | 'loop'
  | 'ifThen'
  | 'none'
  | 'floatLoad'
  | 'floatStore'
  | 'floatLoadMany'
  | 'floatStoreMany'
  | 'floatMove'
  | 'floatCompare'
  | 'float'
  | 'floatMultiplyAdd'
  | 'floatDivide'
  | 'floatConvert'
  | 'float64'
  | 'floatMultiplyAdd64'
  | 'floatDivide64'
  | 'floatConvert64'
  | 'vector'
  | 'vectorLoad'
  | 'vectorStore'
  | 'vectorGather'
  | 'vectorScatter';

/** How an operand is used, which says when it must be there. */
export type Use =
  /** Of an address. */
  | 'address'
  /** Data of a store. */
  | 'data'
  /** The accumulator of a multiply-accumulate. */
  | 'accumulator'
  /** A factor of a product. */
  | 'factor'
  /** Through the shifter in front of the ALU. */
  | 'shifted'
  | 'plain';

export interface Read {
  readonly register: string;
  readonly use: Use;
}

export interface Instruction {
  readonly address: number;
  /** Bytes: 2 or 4. */
  readonly size: number;
  /** With its suffixes, e.g. vmlava.s8. */
  readonly mnemonic: string;
  /** Without suffixes and condition. */
  readonly base: string;
  readonly operands: string;
  readonly kind: TimingClass;
  readonly conditional: boolean;
  readonly reads: readonly Read[];
  readonly writes: readonly string[];
  /** Base registers that are written back. */
  readonly writesBack: readonly string[];
  readonly setsFlags: boolean;
  readonly readsFlags: boolean;
  /** Registers that a load or store of several moves; words that a floating-point move moves. */
  readonly registers: number;
  readonly baseRegister: string | null;
  readonly offset: number;
  readonly indexRegister: string | null;
  /** The base is changed: [r0], #4 or [r0, #4]!. */
  readonly changesBase: boolean;
  /** The base is changed after the access. */
  readonly postIndexed: boolean;
  /** Bytes of one element in memory. */
  readonly elementBytes: number;
  /** The function that it stands in. */
  readonly symbol: string;
}

/** What `decode` makes of a line's text, which many addresses share. */
export type DecodedText = Omit<Instruction, 'address' | 'size' | 'symbol'>;

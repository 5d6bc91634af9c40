/** What a package is made of: the one input of the code generator. */

import type { ConstantOutput } from '../ir/constant-output.js';
import type { Program } from '../program/program.js';

export interface PackageSource {
  /** Prefix of the C symbols: names.ts. */
  readonly net: string;
  readonly toolVersion: string;
  /** Name (untrusted text) and hash of the model's file. */
  readonly model: {
    readonly name: string;
    readonly sha256: string;
    /** Outputs of the file that no input changes. */
    readonly constantOutputs?: readonly ConstantOutput[];
  };
  readonly program: Program;
}

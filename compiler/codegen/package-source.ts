/** What a package is made of: the one input of the code generator. */

import type { Program } from '../program/program.js';

export interface PackageSource {
  /** Prefix of the C symbols: names.ts. */
  readonly net: string;
  readonly toolVersion: string;
  /** Name (untrusted text) and hash of the model's file. */
  readonly model: { readonly name: string; readonly sha256: string };
  readonly program: Program;
}

/** What an ecosystem's writer gets and gives. */

import type { View } from '../../assets/template.js';
import type { PackageSource } from '../package-source.js';

export type Files = ReadonlyMap<string, string>;

export interface Parts {
  readonly source: PackageSource;
  /** The package as it is without an ecosystem: paths and texts. */
  readonly files: Files;
  /** C files of the library among them, in the order of sources.txt. */
  readonly sources: readonly string[];
  /** Fields of the templates of C files. */
  readonly view: View;
}

/** A step from the folder to a build, as the README numbers it. */
export interface Step {
  readonly what: string;
  /** Commands, run in the package's folder; lines of another language where that is named. */
  readonly lines: readonly string[];
  readonly language?: string;
}

/** Version of a fresh package: what its files call it until somebody publishes it. */
export const packageVersion = '1.0.0';

/** Where a package says that it lives, until somebody publishes it: a name that is reserved for examples (RFC 2606). */
export const packageUrl = ({ net }: PackageSource): string => `https://example.org/${net}`;

/** One sentence, for fields of one line. */
export const sentence = ({ net, toolVersion, program }: PackageSource): string =>
  `Neural network ${net} as int8 C99 that needs ${program.footprint.arenaBytes} bytes of arena, made by rivulet ${toolVersion}.`;

/** The same files below a folder. */
export const under = (folder: string, files: Files): Files =>
  new Map([...files].map(([path, text]) => [`${folder}/${path}`, text]));

/** The files without those of build systems that the ecosystem does not use. */
export const without = (files: Files, paths: readonly string[]): Files =>
  new Map([...files].filter(([path]) => !paths.includes(path)));

/** What a C program includes and compiles: <net>.h, the C files, runtime/. */
export const libraryFiles = ({ files }: Parts): Files =>
  new Map([...files].filter(([path]) => path.startsWith('runtime/') || /^[^/]+\.[ch]$/.test(path)));

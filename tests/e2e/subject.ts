/** Compiled networks, ready for validation. */

import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { compile, type Compilation, type CompileOptions } from '../../compiler/index.js';
import type { Subject } from '../../compiler/validate/subject.js';

export function subjectOf(
  bytes: Uint8Array,
  options: CompileOptions = {},
  name = 'net',
): Subject & Pick<Compilation, 'document'> {
  const compiled = compile({ bytes, name }, options);
  return { ...compiled, files: compiled.emit() };
}

export const subjectOfFile = (path: string, options: CompileOptions = {}): Subject & Pick<Compilation, 'document'> =>
  subjectOf(readFileSync(path), options, basename(path).replace(/\.onnx$/, ''));

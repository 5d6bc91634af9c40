/** Stack and code of a kernel as arm-none-eabi-gcc -O3 makes it. */

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { CoreId } from '../../../compiler/machine/core.js';
import { coreOf } from '../../../compiler/machine/cores/index.js';
import type { Kernel } from '../../../compiler/machine/kernel.js';

const runtime = fileURLToPath(new URL('../../../runtime-c', import.meta.url));

export interface Footprint {
  readonly stackBytes: number;
  readonly codeBytes: number;
}

/** Stack of library functions that kernels call, an upper bound over cores (libgcc and newlib of GCC 12). */
const libraryStackBytes: Readonly<Record<string, number>> = {
  __aeabi_ldivmod: 104,
  __aeabi_uldivmod: 104,
  __aeabi_lmul: 24,
  __aeabi_idivmod: 16,
  __aeabi_idiv: 16,
  __aeabi_uidiv: 16,
  __aeabi_uidivmod: 16,
  __clzsi2: 8,
  __aeabi_i2f: 24,
  __aeabi_f2iz: 8,
  __aeabi_fadd: 32,
  __aeabi_fsub: 32,
  __aeabi_fmul: 40,
  __aeabi_fdiv: 40,
  __aeabi_fcmplt: 24,
  __aeabi_fcmpgt: 24,
  memcpy: 32,
  memmove: 32,
  memset: 32,
};

/** What the compiler does not know of a function in assembly: bytes that it takes, functions that it calls. */
export interface AssemblyStack {
  readonly bytes: number;
  readonly calls: readonly string[];
}

/**
 * Deepest stack below the caller, and .text with constants, of a kernel with all files it lists. `assembly` by name;
 * `unreached`: functions of shared files that this kernel has no use for, not even by a pointer.
 */
export function kernelFootprint(
  kernel: Kernel,
  core: CoreId,
  assembly: Readonly<Record<string, AssemblyStack>> = {},
  unreached: readonly string[] = [],
): Footprint {
  return compiled(kernel.files, core, (dir, objects) => {
    const compilers = parse(objects.map((f) => readFileSync(join(dir, f.replace(/\.o$/, '.ci')), 'utf8')).join('\n'));
    const graph = withAssembly(without(compilers, unreached), assembly);
    return { stackBytes: deepest(graph, kernel.id, []), codeBytes: sizeOf(dir, objects) };
  });
}

/** .text with constants of some files of runtime-c. */
export const textBytes = (files: readonly string[], core: CoreId): number => compiled(files, core, sizeOf);

function sizeOf(dir: string, objects: readonly string[]): number {
  const sizes = execFileSync('arm-none-eabi-size', objects, { cwd: dir, encoding: 'utf8' }).trim().split('\n').slice(1);
  return sizes.reduce((sum, line) => sum + Number(line.trim().split(/\s+/)[0]), 0);
}

/** What `measure` makes of the objects of C files, with GCC's call graphs beside them. */
function compiled<T>(
  files: readonly string[],
  core: CoreId,
  measure: (dir: string, objects: readonly string[]) => T,
): T {
  const dir = mkdtempSync(join(tmpdir(), 'rv-footprint-'));
  try {
    const sources = files.filter((f) => f.endsWith('.c'));
    const flags = [
      ...coreOf(core).compilerFlags,
      '-std=c99',
      '-O3',
      '-fcallgraph-info=su',
      `-I${join(runtime, 'include')}`,
      `-I${join(runtime, 'src')}`,
    ];
    execFileSync('arm-none-eabi-gcc', [...flags, '-c', ...sources.map((f) => join(runtime, f))], { cwd: dir });
    return measure(
      dir,
      sources.map((f) => basename(f).replace(/\.c$/, '.o')),
    );
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

const without = ({ own, calls }: CallGraph, names: readonly string[]): CallGraph => ({
  own: new Map([...own].filter(([title]) => !names.includes(title))),
  calls,
});

interface CallGraph {
  /** Own bytes by function; names of static functions are made unique by their file. */
  readonly own: ReadonlyMap<string, number>;
  readonly calls: ReadonlyMap<string, ReadonlySet<string>>;
}

/** GCC's VCG text of -fcallgraph-info=su. */
function parse(text: string): CallGraph {
  const own = new Map<string, number>();
  const calls = new Map<string, Set<string>>();
  for (const [, title, label] of text.matchAll(/^node: \{ title: "([^"]*)" label: "([^"]*)"/gm)) {
    const bytes = /(\d+) bytes \((\w+)/.exec(label);
    if (bytes === null) continue;
    if (bytes[2] !== 'static') throw new Error(`${title}: stack of ${label}`);
    own.set(title, Number(bytes[1]));
  }
  for (const [, from, to] of text.matchAll(/^edge: \{ sourcename: "([^"]*)" targetname: "([^"]*)"/gm)) {
    calls.set(from, (calls.get(from) ?? new Set()).add(to));
  }
  return { own, calls };
}

/** Static functions stand in the graph behind their file's name. */
function withAssembly({ own, calls }: CallGraph, assembly: Readonly<Record<string, AssemblyStack>>): CallGraph {
  const of = (title: string): AssemblyStack | undefined => assembly[title.slice(title.lastIndexOf(':') + 1)];
  return {
    own: new Map([...own].map(([title, bytes]) => [title, bytes + (of(title)?.bytes ?? 0)])),
    calls: new Map(
      [...own.keys()].map((title) => [title, new Set([...(calls.get(title) ?? []), ...(of(title)?.calls ?? [])])]),
    ),
  };
}

function deepest(graph: CallGraph, name: string, above: readonly string[]): number {
  if (above.includes(name)) throw new Error(`recursion through ${name}`);
  if (name === '__indirect_call') {
    // A pointer to a function of the same file, which nothing calls by name.
    const named = new Set([...graph.calls.values()].flatMap((targets) => [...targets]));
    const pointed = [...graph.own.keys()].filter((f) => !named.has(f) && !above.includes(f));
    return Math.max(0, ...pointed.map((f) => deepest(graph, f, [...above, name])));
  }
  const own = graph.own.get(name) ?? libraryStackBytes[name];
  if (own === undefined) throw new Error(`unknown function ${name}`);
  const below = [...(graph.calls.get(name) ?? [])].map((callee) => deepest(graph, callee, [...above, name]));
  return own + Math.max(0, ...below);
}

/**
 * C identifiers from untrusted names. The only name of a model that reaches C code is the network's own, as prefix of
 * every symbol and as file name; names of nodes and tensors stand in comments alone.
 */

import { ExitCode, printable, RivuletError } from '../diagnostics.js';

/** Long enough to tell networks apart, short enough for C99's 31 significant characters plus a suffix. */
const longestNet = 32;

/**
 * Names that cannot be a file `<net>.h` on an include path (they would shadow a system header) nor a CMake target.
 */
const reserved = new Set([
  'assert',
  'complex',
  'ctype',
  'errno',
  'fenv',
  'float',
  'inttypes',
  'iso646',
  'limits',
  'locale',
  'math',
  'setjmp',
  'signal',
  'stdalign',
  'stdarg',
  'stdatomic',
  'stdbool',
  'stddef',
  'stdint',
  'stdio',
  'stdlib',
  'stdnoreturn',
  'string',
  'strings',
  'tgmath',
  'threads',
  'time',
  'uchar',
  'wchar',
  'wctype',
  'memory',
  'new',
  'arm_acle',
  'arm_mve',
  'arm_neon',
  'unistd',
  'malloc',
  'features',
  'main',
  'sources',
  'runtime',
  'example',
  'all',
  'test',
  'install',
  'help',
  'clean',
  'package',
  'package_source',
  'edit_cache',
  'rebuild_cache',
  'list_install_components',
]);

const reservedPrefix = /^(rv_|cmake_|std)/;

/**
 * Prefix of a network's symbols made from its ONNX name or file name: lower case, [a-z][a-z0-9_]*, no double or
 * trailing underscores, at most 32 characters, never a system header's name or the runtime's prefix.
 */
export function netNameFrom(name: string): string {
  const words = name
    .normalize('NFKD')
    .replace(/\.onnx$/i, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '');
  const cut = words.slice(0, longestNet).replace(/_+$/, '');
  const started = /^[a-z]/.test(cut)
    ? cut
    : cut === ''
      ? 'network'
      : `net_${cut}`.slice(0, longestNet).replace(/_+$/, '');
  return isReserved(started) ? `net_${started}`.slice(0, longestNet).replace(/_+$/, '') : started;
}

/** Checks a name that the user chose with `--name`; E120 where it cannot be a prefix. */
export function checkNetName(name: string): string {
  if (/^[a-z][a-z0-9]*(_[a-z0-9]+)*$/.test(name) && name.length <= longestNet && !isReserved(name)) return name;
  throw new RivuletError(ExitCode.usage, [
    {
      code: 'E120',
      severity: 'error',
      message: `"${printable(name, 60)}" cannot be the prefix of C symbols`,
      hint: `use lower-case letters, digits and single underscores, at most ${longestNet}, starting with a letter, e.g. --name ${netNameFrom(name)}`,
    },
  ]);
}

const isReserved = (name: string): boolean => reserved.has(name) || reservedPrefix.test(name);

/** Prefix of a network's macros. */
export const macroName = (net: string): string => net.toUpperCase();

/**
 * Text of a model, safe inside a C comment: printable ASCII only, neither comment marks nor trigraphs, no backslash (a
 * line continuation at the end of a line), at most `limit` characters.
 */
export function commentText(text: string, limit = 72): string {
  const ascii = text
    .replace(/[^\x20-\x7e]/gu, '?')
    .replace(/\\/g, '/')
    .replace(/\*(?=\/)/g, '* ')
    .replace(/\/(?=\*)/g, '/ ')
    .replace(/\?(?=\?)/g, '? ');
  return ascii.length <= limit ? ascii : `${ascii.slice(0, limit - 3)}...`;
}

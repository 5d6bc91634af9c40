/**
 * rv_names.h of a package: the linker sees every name of the runtime under the network's own prefix, so that packages stand side by
 * side in any build, whatever versions they are of.
 */

/** A definition that other files see, at the start of a line: its type, its name, a parenthesis or an initialiser. */
const definition = /^(?!static\b|typedef\b|extern\b)[A-Za-z_][^;={}()#]*?\b(rv_\w+)(?:\(|(?:\[\w*\])* = )/gm;

/** Functions and constants of the runtime's C files that other files see; sorted. */
export function runtimeSymbols(files: ReadonlyMap<string, string>): readonly string[] {
  const names = new Set<string>();
  for (const [name, text] of files)
    if (name.endsWith('.c')) for (const [, found] of text.matchAll(definition)) names.add(found);
  return [...names].sort();
}

/** Text of the header. */
export function runtimeNamesHeader(net: string, symbols: readonly string[]): string {
  return `/**
 * @file rv_names.h
 * @brief Names of the runtime for the linker. They begin with the network's own prefix, so
 * that packages stand side by side in any build. Networks of one version of rivulet can share one
 * copy: compile everything with -DRV_SHARED_RUNTIME, and each runtime file once.
 */
#ifndef RV_NAMES_H
#define RV_NAMES_H

#ifndef RV_SHARED_RUNTIME
${symbols.map((name) => `#define ${name} ${net}_${name}`).join('\n')}
#endif

#endif
`;
}

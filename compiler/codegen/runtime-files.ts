/** Which files of runtime-c a package needs. */

import { assetExists, readAsset } from '../assets/assets.js';

/**
 * The given files and every header they include, by name within the package's one runtime folder, sorted. Headers
 * that generated code includes are always there.
 */
export function runtimeFiles(paths: readonly string[]): ReadonlyMap<string, string> {
  const files = new Map<string, string>();
  const add = (path: string): void => {
    const name = baseName(path);
    if (files.has(name)) return;
    const text = readAsset(`runtime-c/${path}`);
    files.set(name, text);
    for (const [, header] of text.matchAll(/^\s*#\s*include\s+"([^"]+)"/gm)) {
      const beside = path.replace(/[^/]*$/, header);
      add(assetExists(`runtime-c/${beside}`) ? beside : `include/${header}`);
    }
  };
  for (const header of ['rv_types.h', 'rv_kernels.h']) add(`include/${header}`);
  paths.forEach(add);
  return new Map([...files].sort(([a], [b]) => (a < b ? -1 : 1)));
}

export const baseName = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

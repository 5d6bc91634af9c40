/** The package for an ecosystem: the same C, with the few files that its tools want. */

import { emitPackage, commonView } from '../package.js';
import type { PackageSource } from '../package-source.js';
import { arduinoPackage } from './arduino.js';
import { cmakePackage } from './cmake.js';
import { cmsisPackPackage } from './cmsis-pack.js';
import { espIdfPackage } from './esp-idf.js';
import type { PackageKind } from './kinds.js';
import type { Files, Parts } from './parts.js';
import { platformioPackage } from './platformio.js';
import { zephyrPackage } from './zephyr.js';

const writers: Readonly<Record<PackageKind, (parts: Parts) => Files>> = {
  cmake: cmakePackage,
  arduino: arduinoPackage,
  platformio: platformioPackage,
  zephyr: zephyrPackage,
  'esp-idf': espIdfPackage,
  'cmsis-pack': cmsisPackPackage,
};

/** Files by path within the folder; `kind` null: those that any build system can take. */
export function emitPackageFor(source: PackageSource, kind: PackageKind | null): Files {
  const files = emitPackage(source);
  if (kind === null) return files;
  const sources = files.get('sources.txt')!.trimEnd().split('\n');
  return writers[kind]({ source, files, sources, view: commonView(source) });
}

/** Compiler flags of each core, for arm-none-eabi-gcc and clang. */

import type { Core } from './core.js';

export const coreFlags: Readonly<Record<Core, readonly string[]>> = {
  'cortex-m0': ['-mcpu=cortex-m0', '-mthumb'],
  'cortex-m0plus': ['-mcpu=cortex-m0plus', '-mthumb'],
  'cortex-m3': ['-mcpu=cortex-m3', '-mthumb'],
  'cortex-m4': ['-mcpu=cortex-m4', '-mthumb', '-mfpu=fpv4-sp-d16', '-mfloat-abi=hard'],
  'cortex-m7': ['-mcpu=cortex-m7', '-mthumb', '-mfpu=fpv5-d16', '-mfloat-abi=hard'],
  'cortex-m33': ['-mcpu=cortex-m33', '-mthumb', '-mfpu=fpv5-sp-d16', '-mfloat-abi=hard'],
  'cortex-m55': ['-mcpu=cortex-m55', '-mthumb', '-mfloat-abi=hard'],
};

/** rv_validate_net.h: binds validate_main.c to the names of one generated network. */

import { macroName } from '../codegen/names.js';

export interface AdapterInput {
  /** Prefix of the network's symbols. */
  readonly net: string;
  readonly inputs: readonly { readonly dtype: 'int8' | 'int32' }[];
  readonly outputs: readonly { readonly dtype: 'int8' | 'int32' }[];
  readonly steps: number;
}

/** Text of the header. */
export function adapterHeader({ net, inputs, outputs, steps }: AdapterInput): string {
  const macro = macroName(net);
  const suffix = (list: readonly unknown[], i: number): string => (list.length > 1 ? `_${i}` : '');
  const table = (list: AdapterInput['inputs'], role: string): string => list.map((io, i) => {
    const name = `${macro}_${role}${suffix(list, i)}`;
    const bytes = io.dtype === 'int32' ? 4 : 1;
    return `{${name}_HEIGHT, ${name}_WIDTH, ${name}_CHANNELS * ${bytes}, ${name}_ROW_PITCH * ${bytes}, ${name}_PIXEL_PITCH * ${bytes}}`;
  }).join(', ');
  const accessor = (list: readonly unknown[], role: string): string => list
    .map((_, i) => `  if (index == ${i}) {\n    return ${net}_${role}${suffix(list, i)}(arena);\n  }`).join('\n');
  return `/* Made by rivulet validate. */
#ifndef RV_VALIDATE_NET_H
#define RV_VALIDATE_NET_H

#include "${net}.h"

#define RV_NET_ARENA_BYTES ${macro}_ARENA_BYTES
#define RV_NET_ARENA_ALIGN ${macro}_ARENA_ALIGN
#define RV_NET_INIT ${net}_init
#define RV_NET_RUN ${net}_run
#define RV_NET_HOOK ${net}_hook
#define RV_NET_STEPS ${steps}
#define RV_NET_INPUTS {${table(inputs, 'INPUT')}}
#define RV_NET_OUTPUTS {${table(outputs, 'OUTPUT')}}

static inline void *rv_net_input(void *arena, int index) {
${accessor(inputs, 'input')}
  return NULL;
}

static inline const void *rv_net_output(const void *arena, int index) {
${accessor(outputs, 'output')}
  return NULL;
}

#endif
`;
}

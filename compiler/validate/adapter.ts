/** rv_validate_net.h: binds validate_main.c to the names of one generated network. */

import { macroName } from '../codegen/names.js';
import { type Int8Value, numberBytes } from '../ir/int8-graph.js';

export interface AdapterInput {
  /** Prefix of the network's symbols. */
  readonly net: string;
  readonly inputs: readonly { readonly dtype: Int8Value['dtype'] }[];
  readonly outputs: readonly { readonly dtype: Int8Value['dtype'] }[];
  readonly steps: number;
  /** Position of the input that is pushed row by row; null where the arena holds them all. */
  readonly streamedInput: number | null;
}

/** Text of the header. */
export function adapterHeader({ net, inputs, outputs, steps, streamedInput }: AdapterInput): string {
  const macro = macroName(net);
  const suffix = (list: readonly unknown[], i: number): string => (list.length > 1 ? `_${i}` : '');
  const io = (list: AdapterInput['inputs'], role: string, i: number): string => {
    const name = `${macro}_${role}${suffix(list, i)}`;
    const bytes = numberBytes(list[i].dtype);
    if (role === 'INPUT' && i === streamedInput)
      return `{${name}_HEIGHT, ${name}_WIDTH, ${name}_CHANNELS, ${name}_WIDTH * ${name}_CHANNELS, ${name}_CHANNELS}`;
    return `{${name}_HEIGHT, ${name}_WIDTH, ${name}_CHANNELS * ${bytes}, ${name}_ROW_PITCH * ${bytes}, ${name}_PIXEL_PITCH * ${bytes}}`;
  };
  const table = (list: AdapterInput['inputs'], role: string): string =>
    list.map((_, i) => io(list, role, i)).join(', ');
  const accessor = (list: readonly unknown[], role: string): string =>
    list
      .map((_, i) =>
        role === 'input' && i === streamedInput
          ? ''
          : `  if (index == ${i}) {\n    return ${net}_${role}${suffix(list, i)}(arena);\n  }\n`,
      )
      .join('');
  const running =
    streamedInput === null
      ? [`#define RV_NET_RUN ${net}_run`]
      : [
          `#define RV_NET_BEGIN ${net}_begin`,
          `#define RV_NET_PUSH_ROWS ${net}_push_rows`,
          `#define RV_NET_STREAMED ${streamedInput}`,
          `#define RV_NET_STREAMED_BYTES ${macro}_INPUT${suffix(inputs, streamedInput)}_SIZE`,
        ];
  return `/* Made by rivulet validate. */
#ifndef RV_VALIDATE_NET_H
#define RV_VALIDATE_NET_H

#include "${net}.h"

#define RV_NET_ARENA_BYTES ${macro}_ARENA_BYTES
#define RV_NET_ARENA_ALIGN ${macro}_ARENA_ALIGN
#define RV_NET_INIT ${net}_init
${running.join('\n')}
#define RV_NET_HOOK ${net}_hook
#define RV_NET_STEPS ${steps}
#define RV_NET_INPUTS {${table(inputs, 'INPUT')}}
#define RV_NET_OUTPUTS {${table(outputs, 'OUTPUT')}}

static inline void *rv_net_input(void *arena, int index) {
  (void)arena;
  (void)index;
${accessor(inputs, 'input')}  return NULL;
}

static inline const void *rv_net_output(const void *arena, int index) {
  (void)arena;
  (void)index;
${accessor(outputs, 'output')}  return NULL;
}

#endif
`;
}

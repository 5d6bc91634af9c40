import { expect, it } from 'vitest';
import { emitPackage } from '../../../compiler/codegen/package.js';
import { hasTool } from '../../tools.js';
import { inFolder, run, writeFiles } from './compile.js';
import { fixtureFacts } from './fixture.js';

it.skipIf(!hasTool('gcc'))('quantises floats and pixels as ONNX does: nearest, ties to even, saturated', () => {
  const main = `#include <math.h>
#include <stdio.h>
#include "tiny.h"
static tiny_arena arena;
static float values[TINY_INPUT_SIZE], back[TINY_OUTPUT_SIZE];
static uint8_t pixels[TINY_INPUT_SIZE];
static int expected(float real, float scale, int zeroPoint) {
  double q = (double)rintf(real / scale) + zeroPoint;
  return q < -128 ? -128 : q > 127 ? 127 : (int)q;
}
int main(void) {
  int i, wrong = 0;
  for (i = -400000; i <= 400000; i++) {
    const float real = (float)i * 0.0009765625f;
    if (tiny_quantise(real, 0.5f, 3) != expected(real, 0.5f, 3)) wrong++;
    if (tiny_quantise(real, 0.05f, -3) != expected(real, 0.05f, -3)) wrong++;
  }
  if (tiny_quantise(1e30f, 0.05f, 0) != 127 || tiny_quantise(-1e30f, 0.05f, 0) != -128 || tiny_quantise(NAN, 0.05f, 0) != -128) wrong++;
  for (i = 0; i < TINY_INPUT_SIZE; i++) { values[i] = (float)i * 0.07f - 6.0f; pixels[i] = (uint8_t)(i * 7); }
  tiny_input_from_floats(&arena, values);
  for (i = 0; i < TINY_INPUT_SIZE; i++) if (tiny_input(&arena)[i] != expected(values[i], TINY_INPUT_SCALE, TINY_INPUT_ZERO_POINT)) wrong++;
  tiny_input_from_pixels(&arena, pixels, 1.0f / 127.5f, -1.0f);
  for (i = 0; i < TINY_INPUT_SIZE; i++) {
    if (tiny_input(&arena)[i] != expected((float)pixels[i] * (1.0f / 127.5f) + -1.0f, TINY_INPUT_SCALE, TINY_INPUT_ZERO_POINT)) wrong++;
  }
  tiny_run(&arena);
  tiny_output_to_floats(&arena, back);
  for (i = 0; i < TINY_OUTPUT_SIZE; i++) if (tiny_quantise(back[i], TINY_OUTPUT_SCALE, TINY_OUTPUT_ZERO_POINT) != tiny_output(&arena)[i]) wrong++;
  printf("%d\\n", wrong);
  return 0;
}
`;
  inFolder((folder) => {
    const files = emitPackage(fixtureFacts());
    writeFiles(folder, new Map([...files, ['main.c', main]]));
    run(folder, 'gcc', [
      '-std=c99',
      '-O2',
      '-ffp-contract=off',
      'main.c',
      ...files.get('sources.txt')!.trim().split('\n'),
      '-o',
      'main',
      '-lm',
    ]);
    expect(String(run(folder, `${folder}/main`, []))).toBe('0\n');
  });
});

it.skipIf(!hasTool('gcc'))('calls the hook before and after every kernel call with the rows it computes', () => {
  const main = `#include <stdio.h>
#include "tiny.h"
static tiny_arena arena;
void tiny_hook(int32_t step, int32_t phase, const rv_view *output, const rv_window *window, int32_t pixelBytes) {
  if (phase == 1) printf("%d:%d+%d/%d*%d ", (int)step, (int)window->y, (int)window->rows, (int)output->height, (int)pixelBytes);
}
int main(void) { tiny_init(&arena); tiny_run(&arena); return 0; }
`;
  inFolder((folder) => {
    const files = emitPackage(fixtureFacts());
    writeFiles(folder, new Map([...files, ['main.c', main]]));
    run(folder, 'gcc', [
      '-std=c99',
      '-DTINY_HOOK',
      'main.c',
      ...files.get('sources.txt')!.trim().split('\n'),
      '-o',
      'main',
    ]);
    expect(String(run(folder, `${folder}/main`, []))).toBe(
      '0:0+3/4*8 0:3+1/4*8 1:0+4/4*8 2:2+2/4*8 2:0+2/4*8 3:0+1/1*8 4:0+1/1*10 ',
    );
  });
});

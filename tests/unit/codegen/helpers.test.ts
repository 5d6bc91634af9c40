import { expect, it } from 'vitest';
import { emitPackage } from '../../../compiler/codegen/package.js';
import { normalise } from '../../../compiler/data/pixels.js';
import { compile } from '../../../compiler/index.js';
import { valueOf } from '../../../compiler/ir/int8-graph.js';
import { quantise } from '../../../compiler/validate/border.js';
import { NetworkBuilder } from '../../models/index.js';
import { hasTool } from '../../tools.js';
import { inFolder, run, sourcesOf, strictFlags, writeFiles } from './compile.js';
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

it.skipIf(!hasTool('gcc'))('turns pixels of a camera into codes by a table: a mean a channel, RGB565, grey', () => {
  const colour = compile({ bytes: tinyColour(3), name: 'colour' }, { input: 'streamed', objective: 'sram' });
  const grey = compile({ bytes: tinyColour(1), name: 'grey' });
  const main = `#include <stdio.h>
#include "c/colour.h"
#include "g/grey.h"
static const float mean[] = {0.485f, 0.456f, 0.406f}, deviation[] = {0.229f, 0.224f, 0.225f};
static const float none[] = {0.0f}, one[] = {1.0f};
static colour_input_table colours;
static grey_input_table greys;
static grey_arena arena;
int main(void) {
  static const uint16_t five[] = {0xffff, 0x0000, 0xf800, 0x07e0, 0x001f, 0x1234};
  static const uint8_t three[] = {1, 2, 3, 250, 128, 7};
  int8_t row[18];
  int i;
  colour_input_table_init(&colours, 255.0f, mean, deviation);
  grey_input_table_init(&greys, 1.0f, none, one);
  colour_input_pixels_from_rgb565(row, five, 6, &colours);
  for (i = 0; i < 18; i++) printf("%d ", row[i]);
  colour_input_pixels_from_rgb(row, three, 2, &colours);
  for (i = 0; i < 6; i++) printf("%d ", row[i]);
  colour_input_pixels_from_grey(row, three, 2, &colours);
  for (i = 0; i < 6; i++) printf("%d ", row[i]);
  grey_init(&arena);
  grey_input_pixels_from_rgb(grey_input(&arena), three, 2, &greys);
  grey_input_pixels_from_grey(grey_input(&arena) + 2, three, 2, &greys);
  grey_input_pixels_from_rgb565(grey_input(&arena) + 4, five, 6, &greys);
  for (i = 0; i < 10; i++) printf("%d ", grey_input(&arena)[i]);
  return 0;
}
`;
  const { scale, zeroPoint } = valueOf(colour.graph, colour.graph.inputs[0].value).quant!;
  const [mean, deviation] = [
    [0.485, 0.456, 0.406],
    [0.229, 0.224, 0.225],
  ];
  const five = [0xffff, 0, 0xf800, 0x07e0, 0x001f, 0x1234].map((p) => [
    // The high bits again below, so that 31 and 63 become 255.
    ((p >> 11) << 3) | (p >> 13),
    (((p >> 5) & 63) << 2) | ((p >> 9) & 3),
    ((p & 31) << 3) | ((p >> 2) & 7),
  ]);
  const three = [
    [1, 2, 3],
    [250, 128, 7],
  ];
  const image = { width: 1, height: 1, channels: 3, layout: 'nhwc' } as const;
  const codes = (pixels: readonly (readonly number[])[]): readonly number[] =>
    pixels.flatMap((p) =>
      Array.from(normalise(p, image, { mean, std: deviation }), (x) => quantise(x, { scale, zeroPoint })),
    );
  const luma = ([r, g, b]: readonly number[]): number => (r * 19595 + g * 38470 + b * 7471 + 32768) >> 16;
  const greyQuant = valueOf(grey.graph, grey.graph.inputs[0].value).quant!;
  const greys = [...three.map(luma), 1, 2, ...five.map(luma)].map((p) => quantise(p, greyQuant));
  inFolder((folder) => {
    writeFiles(
      folder,
      new Map([
        ...[...colour.emit()].map(([path, text]): [string, string] => [`c/${path}`, text]),
        ...[...grey.emit()].map(([path, text]): [string, string] => [`g/${path}`, text]),
        ['main.c', main],
      ]),
    );
    run(folder, 'gcc', [
      ...strictFlags,
      '-O2',
      '-ffp-contract=off',
      'main.c',
      ...sourcesOf(grey.emit()).map((path) => `g/${path}`),
      '-o',
      'main',
    ]);
    const printed = String(run(folder, `${folder}/main`, []))
      .trim()
      .split(' ')
      .map(Number);
    expect(printed).toEqual([
      ...codes(five),
      ...codes(three),
      ...codes([
        [1, 1, 1],
        [2, 2, 2],
      ]),
      ...greys,
    ]);
  });
});

/** An image of 4 x 6 in floats. */
function tinyColour(channels: number): Uint8Array {
  const net = new NetworkBuilder({ name: 'tiny', seed: 4 });
  net.output(net.conv(net.input('x', [channels, 4, 6]), { out: 2, kernel: 3, pad: 1 }), 'y');
  return net.build();
}

/** @file rv_conv2d_1x1_partial_s8_mve.c Pointwise convolution in slices of input channels, MVE. */
#include "rv_dot_mve.h"
#include "rv_kernels_mve.h"

/** Blocks of 16 channels that are computed at once: what rv_dot_slice_s8_mve takes. */
enum { MOST_BLOCKS = 3 };

/** Sums of `pixels` pixels, in pairs or alone, begin at the biases. */
static void begin(const int32_t *biases, int32_t words, int32_t pixels, int32_t together,
                  int32_t *sums) {
  for (int32_t i = 0; i < pixels; i += together) {
    for (const int32_t *b = biases; b != biases + words; b += 4) {
      int32_t t = together;
      do {
        sums[0] = b[0];
        sums[1] = b[1];
        sums[2] = b[2];
        sums[3] = b[3];
        sums += 4;
      } while (--t > 0);
    }
  }
}

/** The run's pixels, from the slice's first channel on, a part of the channels after the other. */
RV_HOT static void parts(const rv_conv_partial_params *p, rv_dot_run *run, const uint8_t *weights,
                         int32_t *sums) {
  const int32_t channels = p->conv.outChannels;
  const int32_t depth = p->conv.inChannels;
  const int32_t blocks = (depth + 15) / 16;
  const int32_t count = (blocks + MOST_BLOCKS - 1) / MOST_BLOCKS;
  int32_t first = 0;
  for (int32_t i = 0; i < count; i++) {
    const int32_t end = (blocks * (i + 1)) / count;
    const int32_t results = (i == count - 1) ? p->last : 0;
    run->weights = weights;
    run->blocks = end - first;
    run->lastBlock = rv_min(16, depth - (16 * (end - 1)));
    const ptrdiff_t quadBytes =
        ((ptrdiff_t)64 * run->blocks) + (((results != 0) && (run->requant == NULL)) ? 16 : 0);
    run->end16 = weights + ((channels / 16) * 4 * quadBytes);
    rv_dot_slice_s8_mve(run, channels, sums, results);
    weights += (rv_slice_words(channels) / 4) * quadBytes;
    run->in[0] += (ptrdiff_t)16 * run->blocks;
    run->in[1] += (ptrdiff_t)16 * run->blocks;
    first = end;
  }
}

/*
 * Pixels are computed two at a time: one above the other, so that an odd width costs nothing, and
 * side by side in the last of an odd number of rows. The order does not depend on the views: all
 * slices of a window find their sums.
 */
void rv_conv2d_1x1_partial_s8_mve(const rv_conv_partial_params *p, const rv_view *in,
                                  const rv_view *out, const rv_window *w, void *scratch) {
  const rv_conv_params *c = &p->conv;
  const ptrdiff_t inStep = (ptrdiff_t)c->strideW * in->pixelPitch;
  const ptrdiff_t outStep = out->pixelPitch;
  const int32_t words = rv_slice_words(c->outChannels);
  const uint8_t *weights = (const uint8_t *)c->weights;
  int32_t *sums = (int32_t *)scratch;
  rv_dot_run run;
  (void)rv_dot_prepare(&run, weights, c->inChannels, 0, c->outChannels, &c->requant);
  if (p->first != 0) {
    const int32_t pairs = ((w->rows / 2) * w->cols) + ((w->rows % 2) * (w->cols / 2));
    const int32_t pixels = w->rows * w->cols;
    const int32_t *biases = (const int32_t *)c->weights;
    begin(biases, words, 2 * pairs, 2, sums);
    begin(biases, words, pixels - (2 * pairs), 1, sums + ((ptrdiff_t)2 * pairs * words));
    weights += 4 * words;
  }
  int32_t y = w->y;
  run.single = 0;
  run.pairs = w->cols;
  for (; y + 1 < w->y + w->rows; y += 2) {
    run.in[0] = rv_pixel(in, y * c->strideH, w->x * c->strideW);
    run.in[1] = rv_pixel(in, (y + 1) * c->strideH, w->x * c->strideW);
    run.out[0] = rv_pixel(out, y, w->x);
    run.out[1] = rv_pixel(out, y + 1, w->x);
    run.inStep = inStep;
    run.outStep = outStep - run.advance;
    parts(p, &run, weights, sums);
    sums += (ptrdiff_t)2 * words * w->cols;
  }
  if (y < w->y + w->rows) {
    run.in[0] = rv_pixel(in, y * c->strideH, w->x * c->strideW);
    run.in[1] = run.in[0] + inStep;
    run.out[0] = rv_pixel(out, y, w->x);
    run.out[1] = run.out[0] + outStep;
    run.inStep = 2 * inStep;
    run.outStep = (2 * outStep) - run.advance;
    run.pairs = w->cols / 2;
    run.single = w->cols % 2;
    parts(p, &run, weights, sums);
  }
}

/**
 * @file rv_min_max_s8.c Elementwise minimum or maximum of two tensors of one quantisation, plain C.
 */
#include "rv_broadcast.h"

static void min_max_run(int isMax, const int8_t *a, int32_t stepA, const int8_t *b, int32_t stepB,
                        int8_t *out, int32_t n) {
  for (const int8_t *end = out + n; out != end; out++) {
    const int8_t u = *a;
    const int8_t v = *b;
    *out = ((u > v) == (isMax != 0)) ? u : v;
    a += stepA;
    b += stepB;
  }
}

void rv_min_max_s8(const rv_min_max_params *p, const rv_view *a, const rv_view *b,
                   const rv_view *out, const rv_window *w, void *scratch) {
  (void)scratch;
  const rv_runs runs = rv_row_runs(a, p->broadcastA, b, p->broadcastB, out, p->channels, w->cols);
  const int32_t pitchA = rv_operand_pitch(a, p->broadcastA);
  const int32_t pitchB = rv_operand_pitch(b, p->broadcastB);
  for (int32_t y = w->y; y < w->y + w->rows; y++) {
    const int8_t *fromA = rv_operand(a, p->broadcastA, y, w->x);
    const int8_t *fromB = rv_operand(b, p->broadcastB, y, w->x);
    int8_t *to = rv_pixel(out, y, w->x);
    for (int32_t i = 0; i < runs.runs; i++) {
      min_max_run(p->isMax, fromA + ((ptrdiff_t)i * pitchA), rv_operand_step(p->broadcastA),
                  fromB + ((ptrdiff_t)i * pitchB), rv_operand_step(p->broadcastB),
                  to + ((ptrdiff_t)i * out->pixelPitch), runs.length);
    }
  }
}

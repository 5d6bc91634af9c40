/** @file rv_add_s8.c Elementwise weighted sum of two tensors (Add, Sub), plain C. */
#include "rv_broadcast.h"
#include "rv_requantise.h"

/** One element in any rounding. */
RV_NOINLINE static int8_t add_any(const rv_add_params *p, int32_t a, int32_t b) {
  if (p->rounding == RV_ROUND_EXACT) {
    const rv_add_exact *x = p->exact;
    const int64_t sum = (a * x->numeratorA) + (b * x->numeratorB) + x->numeratorC;
    return rv_clamp_wide(rv_divide_half_even(sum, x->denominator), p->zeroPoint, p->clampMin,
                         p->clampMax);
  }
  const int32_t t = (a * p->multiplierA) + (b * p->multiplierB) + p->addend;
  const int32_t half = ((int32_t)1 << p->shift) >> 1;
  const int32_t tie = (p->rounding == RV_ROUND_EVEN) ? ((t >> p->shift) & 1) - 1 : 0;
  const int32_t q = (t + (half + tie)) >> p->shift;
  return (int8_t)rv_clamp(q + p->zeroPoint, p->clampMin, p->clampMax);
}

/** RV_ROUND_FIXED, with the constants in registers. */
static void add_fixed(const rv_add_params *p, const int8_t *a, const int8_t *b, int8_t *out,
                      int32_t n) {
  const int32_t multiplierA = p->multiplierA;
  const int32_t multiplierB = p->multiplierB;
  const int32_t addend = p->addend + (((int32_t)1 << p->shift) >> 1);
  const int32_t shift = p->shift;
  const int32_t zeroPoint = p->zeroPoint;
  const int32_t low = p->clampMin;
  const int32_t high = p->clampMax;
  const int full = (low == -128) && (high == 127);
  for (const int8_t *end = out + n; out != end;) {
    const int32_t t = (*a++ * multiplierA) + (*b++ * multiplierB) + addend;
    const int32_t q = rv_saturate((t >> shift) + zeroPoint);
    *out++ = (int8_t)(full ? q : rv_clamp(q, low, high));
  }
}

static void add_run(const rv_add_params *p, const int8_t *a, int32_t stepA, const int8_t *b,
                    int32_t stepB, int8_t *out, int32_t n) {
  if ((p->rounding == RV_ROUND_FIXED) && (stepA == 1) && (stepB == 1)) {
    add_fixed(p, a, b, out, n);
    return;
  }
  for (const int8_t *end = out + n; out != end;) {
    *out++ = add_any(p, *a, *b);
    a += stepA;
    b += stepB;
  }
}

void rv_add_s8(const rv_add_params *p, const rv_view *a, const rv_view *b, const rv_view *out,
               const rv_window *w, void *scratch) {
  (void)scratch;
  const rv_runs runs = rv_row_runs(a, p->broadcastA, b, p->broadcastB, out, p->channels, w->cols);
  const int32_t pitchA = rv_operand_pitch(a, p->broadcastA);
  const int32_t pitchB = rv_operand_pitch(b, p->broadcastB);
  for (int32_t y = w->y; y < w->y + w->rows; y++) {
    const int8_t *fromA = rv_operand(a, p->broadcastA, y, w->x);
    const int8_t *fromB = rv_operand(b, p->broadcastB, y, w->x);
    int8_t *to = rv_pixel(out, y, w->x);
    for (int32_t i = 0; i < runs.runs; i++) {
      add_run(p, fromA + ((ptrdiff_t)i * pitchA), rv_operand_step(p->broadcastA),
              fromB + ((ptrdiff_t)i * pitchB), rv_operand_step(p->broadcastB),
              to + ((ptrdiff_t)i * out->pixelPitch), runs.length);
    }
  }
}

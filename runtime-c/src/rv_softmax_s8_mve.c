/** @file rv_softmax_s8_mve.c Softmax over the channels of each pixel by a table of exponentials,
 * MVE. */
#include "rv_kernels_mve.h"
#include "rv_requantise_mve.h"
#include "rv_softmax.h"

#if defined(__ARM_FEATURE_MVE)

#include <arm_mve.h>

static int32_t highest_of(const int8_t *in, int32_t n) {
  int8_t highest = -128;
  for (int32_t c = 0; c < n; c += 16) {
    const mve_pred16_t lanes = vctp8q((uint32_t)(n - c));
    highest = vmaxvq_p_s8(highest, vldrbq_z_s8(in + c, lanes), lanes);
  }
  return highest;
}

/** Exponentials of four channels; 0 in lanes that are not there. */
static inline uint32x4_t exponentials(const uint32_t *table, int32x4_t highest, const int8_t *in,
                                      mve_pred16_t lanes) {
  const int32x4_t distance = vsubq_s32(highest, vldrbq_z_s32(in, lanes));
  return vldrwq_gather_shifted_offset_z_u32(table, vreinterpretq_u32_s32(distance), lanes);
}

static void softmax_pixel(const rv_softmax_params *p, rv_rounder k, const int8_t *in, int8_t *out) {
  const int32_t n = p->channels;
  const int32x4_t highest = vdupq_n_s32(highest_of(in, n));
  uint32_t sum = 0u;
  for (int32_t c = 0; c < n; c += 4) {
    sum = vaddvaq_u32(sum, exponentials(p->table, highest, in + c, vctp32q((uint32_t)(n - c))));
  }
  const rv_inverse i = rv_inverse_of(sum);
  const uint32x4_t inverse = vdupq_n_u32(i.inverse);
  /* By value: stores of int8_t may alias any structure in memory. */
  const rv_requant requant = p->requant;
  const uint32_t *table = p->table;
  for (int32_t c = 0; c < n; c += 4) {
    const mve_pred16_t lanes = vctp32q((uint32_t)(n - c));
    const uint32x4_t e = vshlq_r_u32(exponentials(table, highest, in + c, lanes), (int32_t)i.shift);
    const int32x4_t share = vreinterpretq_s32_u32(vmulhq_u32(e, inverse));
    vstrbq_p_s32(out + c, rv_requantise_same(&requant, k, share), lanes);
  }
}

#else

static void softmax_pixel(const rv_softmax_params *p, rv_rounder k, const int8_t *in, int8_t *out) {
  const int32_t n = p->channels;
  int32_t highest = -128;
  for (int32_t c = 0; c < n; c++) {
    highest = rv_max(highest, in[c]);
  }
  uint32_t sum = 0u;
  for (int32_t c = 0; c < n; c++) {
    sum += p->table[highest - in[c]];
  }
  const rv_inverse i = rv_inverse_of(sum);
  for (int32_t c = 0; c < n; c++) {
    const uint64_t e = p->table[highest - in[c]] << i.shift;
    out[c] = rv_requantise_scalar((int32_t)((e * i.inverse) >> 32), &p->requant, k);
  }
}

#endif

void rv_softmax_s8_mve(const rv_softmax_params *p, const rv_view *in, const rv_view *out,
                       const rv_window *w, void *scratch) {
  (void)scratch;
  const rv_rounder k = rv_scalar_rounder(&p->requant);
  for (int32_t y = w->y; y < w->y + w->rows; y++) {
    for (int32_t x = w->x; x < w->x + w->cols; x++) {
      softmax_pixel(p, k, rv_pixel(in, y, x), rv_pixel(out, y, x));
    }
  }
}

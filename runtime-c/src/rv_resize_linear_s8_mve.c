/** @file rv_resize_linear_s8_mve.c Bilinear resize with integer weights, MVE: four channels at
 * once. */
#include "rv_kernels_mve.h"
#include "rv_resize_linear.h"

#if defined(__ARM_FEATURE_MVE)

#include <arm_mve.h>

/** q with the codes in doubt decided: those of channels c + i for the bits 4 * i of `lanes`. */
RV_NOINLINE static int32x4_t decided(const rv_resize_params *p, rv_neighbours *n, int32x4_t q,
                                     int32_t c, uint32_t lanes) {
  int32_t four[4];
  vst1q_s32(four, q);
  for (int32_t i = 0; i < 4; i++) {
    if (((lanes >> (4 * i)) & 1u) != 0u) {
      four[i] = rv_resize_float32(p, n, c + i);
    }
  }
  return vld1q_s32(four);
}

static void resize_pixel(const rv_resize_params *p, rv_neighbours *n, int8_t *out) {
  const rv_rounder k = rv_scalar_rounder(&p->requant);
  const uint32_t fraction = ((uint32_t)1 << k.shift) - 1u;
  const uint32_t doubtful = 2u * p->doubt;
  const int32_t truncation = rv_truncation(p);
  /* The weights add up to the denominators' product. */
  const int32_t offset = p->inputZeroPoint * p->rowDenominator * p->columnDenominator;
  for (int32_t c = 0; c < p->channels; c += 4) {
    const mve_pred16_t lanes = vctp32q((uint32_t)(p->channels - c));
    int32x4_t acc = vdupq_n_s32(-offset);
    acc = vmlaq_n_s32(acc, vldrbq_z_s32(n->pixel[0] + c, lanes), n->weight[0]);
    acc = vmlaq_n_s32(acc, vldrbq_z_s32(n->pixel[1] + c, lanes), n->weight[1]);
    acc = vmlaq_n_s32(acc, vldrbq_z_s32(n->pixel[2] + c, lanes), n->weight[2]);
    acc = vmlaq_n_s32(acc, vldrbq_z_s32(n->pixel[3] + c, lanes), n->weight[3]);
    if (p->truncates) {
      const mve_pred16_t negative = vcmpltq_n_s32(acc, 0);
      acc = vaddq_s32(acc, acc);
      acc = vaddq_s32(acc, vpselq_s32(vdupq_n_s32(-truncation), vdupq_n_s32(truncation), negative));
    }
    int32x4_t sum =
        vmulhq_s32(vshlq_r_s32(acc, p->requant.leftShift), vdupq_n_s32(p->requant.multiplier));
    sum = vaddq_n_s32(sum, k.addend);
    int32x4_t q = vshlq_r_s32(sum, -k.shift);
    q = vminq_s32(vmaxq_s32(q, vdupq_n_s32(k.clampMin)), vdupq_n_s32(k.clampMax));
    const uint32x4_t above =
        vandq_u32(vaddq_n_u32(vreinterpretq_u32_s32(sum), p->doubt), vdupq_n_u32(fraction));
    const uint32_t doubt = (uint32_t)vcmphiq_m_u32(vdupq_n_u32(doubtful), above, lanes);
    if (doubt != 0u) {
      q = decided(p, n, q, c, doubt);
    }
    vstrbq_p_s32(out + c, q, lanes);
  }
}

#else

static void resize_pixel(const rv_resize_params *p, rv_neighbours *n, int8_t *out) {
  const rv_rounder k = rv_scalar_rounder(&p->requant);
  const int32_t offset = p->inputZeroPoint * p->rowDenominator * p->columnDenominator;
  for (int32_t first = 0; first < p->channels; first += 4) {
    int8_t four[4];
    const int32_t channels = rv_min(4, p->channels - first);
    for (int32_t c = 0; c < channels; c++) {
      int32_t acc = -offset;
      for (int32_t i = 0; i < 4; i++) {
        acc += n->pixel[i][first + c] * n->weight[i];
      }
      if (p->truncates) {
        acc = (2 * acc) + ((acc < 0) ? -rv_truncation(p) : rv_truncation(p));
      }
      const int32_t sum = rv_multiply_high(acc * k.leftScale, p->requant.multiplier) + k.addend;
      four[c] = rv_in_doubt(sum, k.shift, p->doubt)
                    ? rv_resize_float32(p, n, first + c)
                    : (int8_t)rv_clamp(sum >> k.shift, k.clampMin, k.clampMax);
    }
    for (int32_t c = 0; c < channels; c++) {
      out[first + c] = four[c];
    }
  }
}

#endif

void rv_resize_linear_s8_mve(const rv_resize_params *p, const rv_view *in, const rv_view *out,
                             const rv_window *w, void *scratch) {
  (void)scratch;
  for (int32_t y = w->y; y < w->y + w->rows; y++) {
    const int8_t *top = rv_out_row(in, p->rows0[y]);
    const int8_t *bottom = rv_out_row(in, p->rows1[y]);
    for (int32_t x = w->x; x < w->x + w->cols; x++) {
      rv_neighbours n = rv_neighbours_of(p, in, top, bottom, y, x);
      resize_pixel(p, &n, rv_pixel(out, y, x));
    }
  }
}

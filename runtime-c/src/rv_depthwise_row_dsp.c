/** @file rv_depthwise_row_dsp.c An output row of the depthwise kernels for the DSP extension, in C.
 */
#include "rv_depthwise_dsp.h"

#if !RV_DSP

/** Tap kx of a row's words. */
static int32_t tap(const rv_depthwise_kernel *k, const uint32_t *row, int32_t kx) {
  if (kx < k->size - 1) {
    return ((kx & 1) == 0) ? rv_low(row[kx / 2]) : rv_high(row[kx / 2]);
  }
  return (k->stride == 1) ? rv_high(row[k->rowWords - 1]) : rv_low(row[k->rowWords - 1]);
}

void rv_depthwise_row_c(const rv_depthwise_row *r) {
  const rv_depthwise_kernel *k = r->kernel;
  const int32_t full = (int32_t)(r->outEnd - r->out) / (4 * r->pitch);
  const int32_t first = r->skipBefore / (4 * k->rowWords);
  for (int32_t x = 0; x < (4 * full) + r->rest; x++) {
    const uint32_t *record = r->table;
    for (int32_t c = 0; c < r->channels; c++) {
      uint32_t sum = record[k->biasAt];
      for (int32_t i = 0; i < r->rows; i++) {
        const int32_t at = (first + i) * k->rowWords;
        const uint32_t *words = record + at + ((at >= k->biasAt) ? 1 : 0);
        for (int32_t kx = 0; kx < k->size; kx++) {
          const int32_t column = (x * k->stride) + kx;
          const ptrdiff_t quad = (ptrdiff_t)(column / 4) * k->size;
          sum += (uint32_t)(r->x[((quad + i) * RV_DW_SLOT) + (c * RV_DW_CHANNEL) + (column % 4)] *
                            tap(k, words, kx));
        }
      }
      const int32_t multiplier = (int32_t)record[(k->rowWords * k->size) + 1];
      int32_t acc[4] = {0, 0, 0, (int32_t)sum};
      if (r->rounding->fast != 0) {
        acc[3] = rv_requantise_fixed(acc[3], multiplier, r->rounding->rounder);
      } else {
        rv_depthwise_round(acc, r->rounding, 3);
      }
      r->out[((ptrdiff_t)x * r->pitch) + c] = (int8_t)acc[3];
      record += (k->rowWords * k->size) + 2;
    }
  }
}

#endif

/** @file rv_average_pool_s8_dsp.c Mean over a window for the DSP extension: four channels a word.
 */
#include "rv_dsp.h"
#include "rv_kernels_dsp.h"
#include "rv_pool_window.h"

enum { MOST_BYTES = 255 /* that an int16 holds the sum of */ };

/** sums[i] += channel i of all taps, four channels. */
static inline void sum_words(const rv_taps *taps, int32_t channel, int32_t sums[RV_POOL_BLOCK]) {
  int32_t slot = taps->slot;
  int32_t room = MOST_BYTES;
  uint32_t even = 0;
  uint32_t odd = 0;
  for (int32_t rows = taps->rows; rows > 0; rows--) {
    const int8_t *tap = taps->column + ((ptrdiff_t)slot * taps->rowPitch) + channel;
    for (int32_t left = taps->columns; left > 0;) {
      const int32_t some = rv_min(left, room);
      for (int32_t i = some; i > 0; i--) {
        const uint32_t x = rv_load32(tap);
        even = rv_add_even_bytes(even, x);
        odd = rv_add_odd_bytes(odd, x);
        tap += taps->columnStep;
      }
      left -= some;
      room -= some;
      if (room == 0) {
        sums[0] += rv_low(even);
        sums[1] += rv_low(odd);
        sums[2] += rv_high(even);
        sums[3] += rv_high(odd);
        even = 0;
        odd = 0;
        room = MOST_BYTES;
      }
    }
    slot += taps->slotStep;
    slot -= (slot >= taps->slotEnd) ? taps->slotEnd : 0;
  }
  sums[0] += rv_low(even);
  sums[1] += rv_low(odd);
  sums[2] += rv_high(even);
  sums[3] += rv_high(odd);
}

#define RV_SUM_BLOCK(taps, channel, sums) sum_words((taps), (channel), (sums))
#include "rv_average_pool.h"

void rv_average_pool_s8_dsp(const rv_average_pool_params *p, const rv_view *in, const rv_view *out,
                            const rv_window *w, void *scratch) {
  (void)scratch;
  for (int32_t y = w->y; y < w->y + w->rows; y++) {
    const int32_t top = (y * p->strideH) - p->padTop;
    const rv_span rows = rv_taps_between(top, p->kernelH, p->dilationH, 0, in->height);
    for (int32_t x = w->x; x < w->x + w->cols; x++) {
      const int32_t left = (x * p->strideW) - p->padLeft;
      const rv_span columns = rv_taps_between(left, p->kernelW, p->dilationW, 0, in->width);
      rv_taps taps = {NULL, 0, 0, 0, 0, 0, 0, 0};
      if ((rows.count > 0) && (columns.count > 0)) {
        taps = rv_taps_of(in, rows, p->dilationH, columns, p->dilationW);
      }
      rv_average_pool_pixel(p, &taps, rv_mean_requant(p, in, rows, top, columns, left),
                            rv_pixel(out, y, x));
    }
  }
}

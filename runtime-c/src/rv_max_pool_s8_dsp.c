/** @file rv_max_pool_s8_dsp.c Maximum over a window for the DSP extension: four channels a word. */
#include "rv_dsp.h"
#include "rv_kernels_dsp.h"
#include "rv_pool_window.h"

/** The larger of each pair of bytes. */
static inline uint32_t max_bytes(uint32_t a, uint32_t b) {
#if RV_DSP
  uint32_t difference;
  uint32_t larger;
  __asm("ssub8 %0, %2, %3\n\tsel %1, %2, %3"
        : "=&r"(difference), "=r"(larger)
        : "r"(a), "r"(b)
        : "cc");
  return larger;
#else
  uint32_t larger = 0;
  for (int32_t i = 0; i < 32; i += 8) {
    const uint32_t x = (a >> i) & 0xFFu;
    const uint32_t y = (b >> i) & 0xFFu;
    larger |= (((int8_t)x >= (int8_t)y) ? x : y) << i;
  }
  return larger;
#endif
}

static inline uint32_t min_bytes(uint32_t a, uint32_t b) {
  return ~max_bytes(~a, ~b);
}

/** Clamps in every byte; `free`: no value lies beyond them. */
typedef struct {
  uint32_t low;
  uint32_t high;
  int32_t free;
} limits;

/** Maximum of n <= 4 channels over all taps; bytes beyond n mean nothing. */
static inline uint32_t max_of_taps(const rv_taps *taps, int32_t channel, int32_t n) {
  uint32_t best = 0x80808080u;
  int32_t slot = taps->slot;
  for (int32_t rows = taps->rows; rows > 0; rows--) {
    const int8_t *tap = taps->column + ((ptrdiff_t)slot * taps->rowPitch) + channel;
    for (int32_t columns = taps->columns; columns > 0; columns--) {
      best = max_bytes(best, (n == 4) ? rv_load32(tap) : rv_load_tail(tap, n));
      tap += taps->columnStep;
    }
    slot += taps->slotStep;
    slot -= (slot >= taps->slotEnd) ? taps->slotEnd : 0;
  }
  return best;
}

static inline uint32_t limited(uint32_t x, const limits *l) {
  return (l->free != 0) ? x : min_bytes(max_bytes(x, l->low), l->high);
}

static void max_pool_pixel(const rv_max_pool_params *p, const rv_taps *taps, const limits *l,
                           int8_t *out) {
  int32_t c = 0;
  if ((taps->rows == 2) && (taps->columns == 2)) {
    const int32_t next = taps->slot + taps->slotStep;
    const int32_t second = (next >= taps->slotEnd) ? next - taps->slotEnd : next;
    const int8_t *row0 = taps->column + ((ptrdiff_t)taps->slot * taps->rowPitch);
    const int8_t *row1 = taps->column + ((ptrdiff_t)second * taps->rowPitch);
    for (; c + 4 <= p->channels; c += 4) {
      const uint32_t x0 = max_bytes(rv_load32(row0 + c), rv_load32(row0 + c + taps->columnStep));
      const uint32_t x1 = max_bytes(rv_load32(row1 + c), rv_load32(row1 + c + taps->columnStep));
      rv_store32(out + c, limited(max_bytes(x0, x1), l));
    }
  }
  for (; c + 4 <= p->channels; c += 4) {
    rv_store32(out + c, limited(max_of_taps(taps, c, 4), l));
  }
  if (c < p->channels) {
    uint32_t best = limited(max_of_taps(taps, c, p->channels - c), l);
    for (; c < p->channels; c++) {
      out[c] = (int8_t)(best & 0xFFu);
      best >>= 8;
    }
  }
}

void rv_max_pool_s8_dsp(const rv_max_pool_params *p, const rv_view *in, const rv_view *out,
                        const rv_window *w, void *scratch) {
  (void)scratch;
  const limits l = {(uint8_t)p->clampMin * 0x01010101u, (uint8_t)p->clampMax * 0x01010101u,
                    (p->clampMin == -128) && (p->clampMax == 127)};
  for (int32_t y = w->y; y < w->y + w->rows; y++) {
    const rv_span rows =
        rv_taps_between((y * p->strideH) - p->padTop, p->kernelH, p->dilationH, 0, in->height);
    int8_t *to = rv_pixel(out, y, w->x);
    for (int32_t x = w->x; x < w->x + w->cols; x++) {
      const rv_span columns =
          rv_taps_between((x * p->strideW) - p->padLeft, p->kernelW, p->dilationW, 0, in->width);
      rv_taps taps = {NULL, 0, 0, 0, 0, 0, 0, 0};
      if ((rows.count > 0) && (columns.count > 0)) {
        taps = rv_taps_of(in, rows, p->dilationH, columns, p->dilationW);
      }
      max_pool_pixel(p, &taps, &l, to);
      to += out->pixelPitch;
    }
  }
}

/** @file rv_log_softmax_s8.c LogSoftmax over the channels of each pixel, plain C. */
#include "rv_kernels.h"
#include "rv_requantise.h"

enum { LOG_BITS = 26 };

/** log2(x) with LOG_BITS fraction bits, x >= 1: a bit for each squaring of its mantissa. */
static uint32_t log2_fixed(uint32_t x) {
  const uint32_t leading = rv_clz(x);
  uint32_t log = 31u - leading;
  uint32_t mantissa = x << leading;
  for (int32_t k = 0; k < LOG_BITS; k++) {
    const uint64_t square = ((uint64_t)mantissa * mantissa) >> 31;
    const uint32_t bit = (uint32_t)(square >> 32);
    log = (log << 1) | bit;
    mantissa = (uint32_t)(square >> bit);
  }
  return log;
}

/** ln of the pixel's sum, in the fixed point of the outputs. */
static uint32_t log_of_sum(const rv_log_softmax_params *p, uint32_t sum) {
  const uint32_t log = log2_fixed(sum) - ((uint32_t)p->tableBits << LOG_BITS);
  const uint64_t half = (uint64_t)1 << (p->logShift - 1u);
  const uint64_t scaled = ((uint64_t)log * p->logMultiplier + half) >> p->logShift;
  return (scaled < p->logLimit) ? (uint32_t)scaled : p->logLimit;
}

static void log_softmax_pixel(const rv_log_softmax_params *p, const int8_t *in, int8_t *out) {
  int32_t highest = -128;
  for (int32_t c = 0; c < p->channels; c++) {
    highest = rv_max(highest, in[c]);
  }
  uint32_t sum = 0u;
  for (int32_t c = 0; c < p->channels; c++) {
    sum += p->table[highest - in[c]];
  }
  const uint32_t log = log_of_sum(p, sum);
  const uint32_t below = ((uint32_t)1 << (p->shift - 1u)) - 1u;
  for (int32_t c = 0; c < p->channels; c++) {
    const uint32_t t = (uint32_t)rv_min(highest - in[c], p->farthest) * p->stepMultiplier + log;
    const uint32_t steps = (t + below + ((t >> p->shift) & 1u)) >> p->shift;
    out[c] = (int8_t)rv_max(p->zeroPoint - (int32_t)steps, -128);
  }
}

void rv_log_softmax_s8(const rv_log_softmax_params *p, const rv_view *in, const rv_view *out,
                       const rv_window *w, void *scratch) {
  (void)scratch;
  for (int32_t y = w->y; y < w->y + w->rows; y++) {
    for (int32_t x = w->x; x < w->x + w->cols; x++) {
      log_softmax_pixel(p, rv_pixel(in, y, x), rv_pixel(out, y, x));
    }
  }
}

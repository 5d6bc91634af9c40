/**
 * @file rv_broadcast.h
 * @brief Private: how the elementwise kernels of two operands walk their rows.
 */
#ifndef RV_BROADCAST_ROWS
#define RV_BROADCAST_ROWS

#include "rv_kernels.h"

/** An operand's first pixel of the window's row y; an axis of extent 1 repeats its only element. */
static inline const int8_t *rv_operand(const rv_view *v, uint8_t broadcast, int32_t y, int32_t x) {
  return rv_pixel(v, ((broadcast & RV_BROADCAST_H) != 0) ? 0 : y,
                  ((broadcast & RV_BROADCAST_W) != 0) ? 0 : x);
}

/** Bytes from pixel to pixel. */
static inline int32_t rv_operand_pitch(const rv_view *v, uint8_t broadcast) {
  return ((broadcast & RV_BROADCAST_W) != 0) ? 0 : v->pixelPitch;
}

/** Bytes from channel to channel. */
static inline int32_t rv_operand_step(uint8_t broadcast) {
  return ((broadcast & RV_BROADCAST_C) != 0) ? 0 : 1;
}

/**
 * How a row of `cols` pixels falls into runs of elements with a constant step: one run where pixels
 * follow each other without a gap in all three tensors, else one for each pixel.
 */
typedef struct {
  int32_t runs;
  int32_t length;
} rv_runs;

static inline rv_runs rv_row_runs(const rv_view *a, uint8_t broadcastA, const rv_view *b,
                                  uint8_t broadcastB, const rv_view *out, int32_t channels,
                                  int32_t cols) {
  const int32_t pitchA = rv_operand_pitch(a, broadcastA);
  const int32_t pitchB = rv_operand_pitch(b, broadcastB);
  rv_runs runs = {cols, channels};
  if ((pitchA == rv_operand_step(broadcastA) * channels) &&
      (pitchB == rv_operand_step(broadcastB) * channels) && (out->pixelPitch == channels)) {
    runs.runs = 1;
    runs.length = cols * channels;
  }
  return runs;
}

#endif /* RV_BROADCAST_ROWS */

/**
 * @file rv_kernels_float.h
 * @brief The kernel of float tails: float32 arithmetic with the same bits on every target.
 *
 * Every operation is one of IEEE 754's, or exp in integers, and goes through memory before the next
 * one: nothing for a compiler to fuse. -ffast-math gives other bits.
 */
#ifndef RV_KERNELS_FLOAT_H
#define RV_KERNELS_FLOAT_H

#include "rv_kernels.h"

#ifdef __cplusplus
extern "C" {
#endif

enum {
  RV_FLOAT_LOAD_S8 = 0,  /**< r[to + i] = (in[a + i] - zeroPoint) * scale */
  RV_FLOAT_LOAD_F32 = 1, /**< r[to + i] = the float32 at byte 4 * (a + i) of the pixel */
  RV_FLOAT_CONSTANT = 2, /**< r[to + i] = constants[offset + y * rowStep + x * pixelStep + i] */
  RV_FLOAT_COPY = 3,     /**< r[to + i] = r[a + i * stepA], and so the others */
  RV_FLOAT_ABS = 4,
  RV_FLOAT_EXP = 5, /**< 0 below -87.336, e^88.722 above */
  RV_FLOAT_ADD = 6, /**< ... + r[b + i * stepB] */
  RV_FLOAT_SUB = 7,
  RV_FLOAT_MUL = 8,
  RV_FLOAT_DIV = 9,
  RV_FLOAT_MIN = 10,        /**< b < a ? b : a */
  RV_FLOAT_MAX = 11,        /**< a < b ? b : a */
  RV_FLOAT_REDUCE_SUM = 12, /**< r[to] = r[a] + r[a + 1] + ... of `count` */
  RV_FLOAT_REDUCE_MAX = 13
};

/** @brief One operation on registers r of a pixel. */
typedef struct {
  int32_t offset, rowStep, pixelStep; /**< In constants. */
  uint32_t scale;                     /**< Bits of a float32. */
  uint16_t to, count, a, b;
  uint8_t stepA, stepB;
  uint8_t kind;  /**< RV_FLOAT_* */
  uint8_t input; /**< Of a load. */
  int8_t zeroPoint;
} rv_float_step;

/** @brief A program that is run for each pixel. */
typedef struct {
  const rv_float_step *steps;
  const uint32_t *constants; /**< Bits of float32; NULL where no step reads any. */
  uint16_t stepCount;
  uint16_t result; /**< The first register of the output. */
  uint16_t count;  /**< Numbers of an output pixel. */
} rv_float_pixels_params;

/**
 * @brief float32 arithmetic on each pixel.
 *
 * @param p        the program
 * @param in       its inputs, with the rows and columns of the output, int8 or float32
 * @param out      [..][..][count] float32, of any alignment; NaN is 0x7FC00000
 * @param w        part of the output to compute
 * @param scratch  4 bytes for each register, aligned to 4
 */
RV_HOT void rv_float_pixels(const rv_float_pixels_params *p, const rv_view *in, const rv_view *out,
                            const rv_window *w, void *scratch);

#ifdef __cplusplus
}
#endif

#endif /* RV_KERNELS_FLOAT_H */

/**
 * @file rv_depthwise_mve.h
 * @brief Private to the MVE depthwise convolutions.
 *
 * Eight channels at a time are turned into planes in the scratch buffer, in which the taps of an
 * output are contiguous bytes: position (column x, row y) of a plane is x * slots + y, with slots
 * >= the rows that a batch of output rows reads. Rows are counted on for the whole call and never
 * rotate: what row y + slots overwrites, in the column before, is row y, which no one reads any
 * more. So an input row is staged once, before an output row may replace it in place. Tap (ky, kx)
 * of a packed filter is byte kx * dilationW * slots + ky * dilationH of 16 * blocks, all others are
 * zero.
 *
 * Two kernels compute from such planes:
 *
 *   rv_depthwise_conv2d_s8_mve       any filter and rounding; slots = the filter's height, or so
 * many more that two output rows are computed together. Two pixels of four channels at once, one
 *                                    above the other or side by side. Stream, for each group of
 * eight channels: for the even and for the odd ones int32 bias[4] and int8 weights[4][16 * blocks];
 * then int32 multiplier[2][4], left out on the general path of requantisation.
 *   rv_depthwise_conv2d_wide_s8_mve  3x3, 5x5, 7x7 on wide images, fast requantisation. Eight
 * outputs of a channel at once, in 1, 2 or 4 rows. Stream, for each channel: int8 weights[16 *
 * blocks], int32 bias * 2^leftShift (modulo 2^32), int32 multiplier.
 */
#ifndef RV_DEPTHWISE_MVE_H
#define RV_DEPTHWISE_MVE_H

#include "rv_kernels_mve.h"

#if defined(__ARM_FEATURE_MVE)
#define RV_MVE 1
#else
#define RV_MVE 0
#endif

/** Channels whose planes stand in the scratch buffer together. */
#define RV_DEPTHWISE_GROUP 8
/** Bytes read behind the taps of the last output: lanes without weight, and rows that a mask drops.
 */
#define RV_DEPTHWISE_OVERREAD 24

/** Geometry of a call's planes. Columns: `left` of padding, `inside` from the image, `right` of
 * padding. */
typedef struct {
  const rv_depthwise_mve_params *p;
  const rv_view *in;
  int8_t *planes;
  int32_t planePitch;
  int32_t columns, left, inside, right;
  int32_t x;          /**< Input column of the first one inside. */
  int32_t first;      /**< Input row of the first one staged, perhaps above the image. */
  int32_t kernelRows; /**< Rows of a dilated filter. */
  int32_t channel;    /**< First channel of the group, */
  int32_t channels;   /**< and how many it has. */
  int32_t staged;     /**< Rows staged so far (rv_depthwise_stage). */
  uint16_t offsets[4][RV_DEPTHWISE_GROUP]; /**< Of the group's channels, in four columns. */
} rv_depthwise_planes;

/** Everything of a call but the group. `evenFirst`: planes of channels 0, 2, 4, 6, then of 1, 3,
 * 5, 7. */
RV_HOT void rv_depthwise_planes_init(rv_depthwise_planes *s, const rv_depthwise_mve_params *p,
                                     const rv_view *in, const rv_window *w, int evenFirst,
                                     int8_t *scratch);

/** Stages the group's rows (channel, channels, staged are the caller's to set) up to the `end`th.
 */
RV_HOT void rv_depthwise_stage(rv_depthwise_planes *s, int32_t end);

/** How pairs of pixels walk along a row (of two rows, or of one). */
typedef struct {
  ptrdiff_t second;   /**< From a pixel's taps to the other's. */
  ptrdiff_t pairStep; /**< From behind the last channel's taps to the next pair of pixels. */
  ptrdiff_t
      delta; /**< From a pixel's result to the other's; in two rows, the assembler knows it. */
  ptrdiff_t outStep;  /**< From a pair's results to the next one's. */
  int32_t odd;        /**< 1: one more pixel, computed together with the one before. */
  ptrdiff_t rowBytes; /**< Of the results of all pairs. */
  int32_t body;       /**< RV_DW_* of the code for a pair. */
} rv_depthwise_walk;

/** Rows of one group, for rv_depthwise_group_mve; its assembler knows the order of the fields. */
typedef struct {
  const int8_t
      *row; /**< Next image row to stage: its first pixel inside, the group's first channel. */
  ptrdiff_t rowPitch;
  const int8_t *rowEnd;  /**< Where the rows of a ring wrap, NULL for a linear view, */
  const int8_t *rowWrap; /**< and where they go on. */
  int32_t top;           /**< Rows of padding to stage first, */
  int32_t rowsInside;    /**< then image rows, then padding again. */
  ptrdiff_t pixelPitch;
  int32_t left, fours, rest,
      right;       /**< Columns of a row: padding, 4 * fours + rest pixels, padding; */
  int32_t columns; /**< all of them. */
  int32_t slots;
  int8_t *to;   /**< Planes, first row. */
  int32_t zero; /**< Value of padding. */
  const uint16_t *offsets;
  int32_t strideH;   /**< Rows to stage for an output row; also from its taps to the next one's. */
  int32_t extraRows; /**< So many more for the first one. */
  int32_t batch;     /**< Output rows computed together at most, 1 or 2. */
  int32_t rows;
  const uint8_t *stream; /**< Of the group. */
  const int8_t *x;       /**< Taps of the first output row. */
  ptrdiff_t planeStep;   /**< From the end of a channel's taps to the next channel's. */
  int8_t *out;
  ptrdiff_t outRowPitch;
  const int8_t *outEnd; /**< As rowEnd and rowWrap, for the first pixel of a row. */
  int8_t *outWrap;
  rv_depthwise_walk two; /**< Pixels of two rows, one above the other; */
  rv_depthwise_walk one; /**< of one row, side by side. */
  int32_t channels;      /**< 1..8 */
  int32_t blocks;
  int32_t addend, shift;             /**< As for rv_dot_run; */
  int32_t leftShift;                 /**< of the accumulators, before. */
  const rv_channel_requant *requant; /**< NULL for the fast requantisation. */
  int32_t channel;                   /**< First channel's number in `requant`. */
  void (*general)(void *frame, int8_t *out, int8_t *second);
} rv_depthwise_group;

/** By 16 taps: one, two, four, any number; one with the other pixel's 1, 2 or 4 bytes on. */
enum {
  RV_DW_BLOCK1 = 0,
  RV_DW_BLOCK2,
  RV_DW_BLOCK4,
  RV_DW_BLOCKS,
  RV_DW_NEAR1,
  RV_DW_NEAR2,
  RV_DW_NEAR4
};

/** MVE only. */
RV_HOT void rv_depthwise_group_mve(const rv_depthwise_group *group);

/**
 * Some output rows of a group of channels, for the wide kernel. A block is eight outputs, of 1, 2
 * or 4 rows, column by column; output k stands in halfword lane 2k (k < 4) or 2k - 7 of the result.
 * The assembler knows the order of these fields.
 */
typedef struct {
  const uint8_t *stream;
  const uint8_t *end;
  const int8_t *x; /**< First tap of the first output, first channel. */
  int8_t *out;     /**< First output. */
  int32_t planePitch;
  int32_t outStep;      /**< Bytes from a block's results to the next one's. */
  int32_t full;         /**< Whole blocks. */
  int32_t partial;      /**< Outputs in one more block, 0 for none. */
  uint32_t fullMask;    /**< VPR for the stores of whole blocks, */
  uint32_t partialMask; /**< and of the last. */
  int32_t addend;       /**< As for rv_dot_run. */
  int32_t shift;
  int32_t leftScale;   /**< 2^leftShift, for filters of at most 32 taps. */
  int32_t blocks;      /**< Of 16 weights. */
  int32_t body;        /**< RV_DEPTHWISE_BODY(kernel, rows) */
  uint16_t offsets[8]; /**< Of the results, by lane. */
} rv_depthwise_rows;

/** Kernels with blocks of their own: square, by size and stride; and how many rows a block has. */
enum {
  RV_DW_ANY = 0,
  RV_DW_3S1 = 1,
  RV_DW_3S2 = 2,
  RV_DW_5S1 = 3,
  RV_DW_5S2 = 4,
  RV_DW_7S1 = 5,
  RV_DW_7S2 = 6
};
#define RV_DEPTHWISE_BODY(kernel, log2Rows) ((3 * ((kernel)-1)) + (log2Rows))

/** MVE only. */
RV_HOT void rv_depthwise_rows_mve(const rv_depthwise_rows *rows);

#endif /* RV_DEPTHWISE_MVE_H */

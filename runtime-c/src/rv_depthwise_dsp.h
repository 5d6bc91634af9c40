/**
 * @file rv_depthwise_dsp.h
 * @brief Private to the depthwise kernels for the DSP extension.
 *
 * Four channels at a time, rows [0, size) of the window are staged in scratch as int16 less the
 * input zero point, so that padding is zero, in quads of columns: [quad][row][channel][4 columns].
 * For the next output row, rows move down by the stride. Output columns are computed in groups of
 * four, the rest in a group of four or two.
 */
#ifndef RV_DEPTHWISE_DSP_H
#define RV_DEPTHWISE_DSP_H

#include "rv_dsp.h"
#include "rv_kernels_dsp.h"

enum {
  RV_DW_GROUP = 4,          /**< Channels staged together. */
  RV_DW_SLOT_BYTES = 32,    /**< A quad of columns of one row. */
  RV_DW_SLOT = 16,          /**< The same in int16. */
  RV_DW_CHANNEL = 4,        /**< int16 of one channel in it. */
  RV_DW_MAX_LEFT_SHIFT = 8, /**< An int8 tap times 2^8 is an int16. */
};

/** How accumulators of a depthwise convolution become int8. */
typedef struct {
  rv_dsp_clamps clamps; /**< First: known to assembly. */
  const rv_channel_requant *requant;
  rv_rounder rounder;
  int32_t fast;    /**< 1: fixed rounding, left shift within the taps. */
  int32_t channel; /**< Of the next accumulators; from `end` it goes back to `first`. */
  int32_t first;
  int32_t end;
} rv_depthwise_rounding;

/** A kernel's constants. Sizes below it take its code, with zero weights in the missing taps. */
typedef struct rv_depthwise_kernel rv_depthwise_kernel;

/** One output row of up to four channels. The order of the fields is known to assembly. */
typedef struct {
  int8_t *out;                /**< 0 */
  int32_t pitch;              /**< 4: bytes from an output pixel to the next */
  int32_t fourth;             /**< 8: 3 * pitch */
  const int8_t *outEnd;       /**< 12: end of the full groups */
  int32_t addend;             /**< 16 */
  rv_dsp_requantise four;     /**< 20: of r6..r9 */
  const uint32_t *table;      /**< 24: a record for each channel, see rv_depthwise_kernel */
  const uint32_t *tableEnd;   /**< 28: end of the last channel's record */
  rv_depthwise_rounding *rounding; /**< 32 */
  int32_t xStep; /**< 36: bytes to the next group's columns, from the channel after the last */
  int32_t outStep;            /**< 40: bytes to the next group's output, likewise */
  int32_t rest;               /**< 44: columns after the full groups, 0..3 */
  rv_dsp_requantise two;      /**< 48: of r8, r9 */
  int32_t second;             /**< 52: pitch, or 0 where rest is 1 */
  const int16_t *x;           /**< 56: staged columns, first row inside the image */
  int32_t rows;               /**< 60: window rows inside the image */
  int32_t skipBefore;         /**< 64: bytes of a record's rows above them */
  int32_t skipAfter;          /**< 68: and below */
  int32_t nextChannel;        /**< 72: bytes from the end of their rows to the next channel */
  const rv_depthwise_kernel *kernel;
  int32_t channels;
} rv_depthwise_row;

/**
 * A channel's packed record: int32 bias (no zero point folded in; times 2^leftShift and with the
 * multiplier where rv_depthwise_rounding.fast), int32 multiplier, then int8 taps of `rows` rows, to
 * a multiple of 4 bytes; rows is kernelH, or 3 for size 3. Size 3: w0, w1, w2, 0 a row. Size 5: w0,
 * w1, w2, w3 a row, then each row's w4. Size 7: w0, w1, w2, w3, w6, w5, w4, w5 a row.
 *
 * Its record in scratch: `rowWords` words for each row, with the bias before word `biasAt`, then
 * the multiplier. With taps w0, w1 ...: stride 1 has the pairs (w0, w1), (w2, w3) ..., then (w1,
 * w2), (w3, w4) ...; stride 2 has (w0, w1), (w2, w3) ..., (last, 0).
 */
struct rv_depthwise_kernel {
  int32_t size;       /**< 3, 5 or 7 */
  int32_t stride;     /**< 1 or 2, of columns */
  int32_t rowWords;
  int32_t biasAt;
  int32_t quadsAhead; /**< Quads that a group of outputs reads after its own. */
  int32_t skipsRows;  /**< 1: rows outside the image are left out; 0: they are staged as zeros, and
                         `size` rows are computed. */
  /** Makes records from packed ones of `rows` rows, for `channels` channels; returns the end of the
   * packed ones. */
  const uint32_t *(*expand)(const uint32_t *packed, uint32_t *record, int32_t channels,
                            int32_t rows);
  void (*row)(const rv_depthwise_row *r);
};

/** (low of a, low of b) */
static inline uint32_t rv_low_low(uint32_t a, uint32_t b) {
#if RV_DSP
  uint32_t pair;
  __asm("pkhbt %0, %1, %2, lsl #16" : "=r"(pair) : "r"(a), "r"(b));
  return pair;
#else
  return (a & 0xFFFFu) | (b << 16);
#endif
}

/** (high of a, high of b) */
static inline uint32_t rv_high_high(uint32_t a, uint32_t b) {
#if RV_DSP
  uint32_t pair;
  __asm("pkhtb %0, %1, %2, asr #16" : "=r"(pair) : "r"(b), "r"(a));
  return pair;
#else
  return (a >> 16) | (b & 0xFFFF0000u);
#endif
}

/** (low of a, high of b) */
static inline uint32_t rv_low_high(uint32_t a, uint32_t b) {
#if RV_DSP
  uint32_t pair;
  __asm("pkhbt %0, %1, %2" : "=r"(pair) : "r"(a), "r"(b));
  return pair;
#else
  return (a & 0xFFFFu) | (b & 0xFFFF0000u);
#endif
}

/** (high of a, low of b) */
static inline uint32_t rv_high_low(uint32_t a, uint32_t b) {
  return rv_high_high(a, b << 16);
}

/** What staging a row needs. The order of the fields is known to assembly. */
typedef struct {
  const int8_t *from; /**< First pixel inside the image, at the group's first channel. */
  int32_t pitch;
  int16_t *to;         /**< First quad that holds a pixel. */
  uint32_t offset;     /**< Minus the zero point, twice. */
  int32_t quadBytes;   /**< From a quad to the next. */
  const int16_t *end;  /**< After the quads that end with a pixel. */
  uint32_t zeroPoints; /**< A pixel of zero points. */
  int32_t lead;        /**< Padding in the first quad, 0..3. */
  int32_t tail;        /**< Pixels in the last, where that does not end with one, 1..3; or 0. */
} rv_depthwise_stage;

/** Stages a row. */
void rv_depthwise_stage_pixels(const rv_depthwise_stage *s);

/** Moves `rows` (1..6) staged rows of each quad down by `by` bytes. */
void rv_depthwise_move_rows(int16_t *staged, int32_t quads, int32_t quadBytes, int32_t by,
                            int32_t rows);

/** The routines of r's accumulators. */
void rv_depthwise_set_requantise(rv_depthwise_row *r, rv_depthwise_rounding *rounding);

/** acc[first..3] of one channel become int8. */
void rv_depthwise_round(int32_t *acc, rv_depthwise_rounding *rounding, int32_t first);

/** The whole convolution. */
void rv_depthwise_dsp(const rv_conv_params *p, const rv_view *in, const rv_view *out,
                      const rv_window *w, void *scratch, const rv_depthwise_kernel *kernel);

#if !RV_DSP
/** rv_depthwise_kernel.row of every kernel in C. */
void rv_depthwise_row_c(const rv_depthwise_row *r);
#endif

/* Assembly that the row kernels share. r0 walks the staged columns, r1 the table, r6..r9 are
 * accumulators. */
#define RV_DW_PROLOGUE        \
  ".syntax unified\n"         \
  "push {r4-r11, lr}\n"       \
  "sub sp, #84\n"             \
  "ldm r0!, {r1-r8}\n"        \
  "stm sp, {r1-r8}\n"         \
  "add r12, sp, #32\n"        \
  "ldm r0!, {r1-r8}\n"        \
  "stm r12!, {r1-r8}\n"       \
  "ldm r0, {r1-r3}\n"         \
  "stm r12, {r1-r3}\n"

/* To the full groups at 1, or where there are none to the rest at 5. */
#define RV_DW_BEGIN           \
  "ldr r0, [sp, #56]\n"       \
  "ldr r1, [sp, #24]\n"       \
  "ldr r10, [sp]\n"           \
  "ldr r11, [sp, #12]\n"      \
  "cmp r10, r11\n"            \
  "beq 5f\n"

/* r1 at the multiplier: four outputs stored; the fourth's place is the first's in a rest of three.
 */
#define RV_DW_STORE_FOUR         \
  "ldr r10, [r1], #4\n"          \
  "ldrd r11, lr, [sp, #16]\n"    \
  "blx lr\n"                     \
  "ldrd r10, r11, [sp]\n"        \
  "ldr lr, [sp, #8]\n"           \
  "strb r9, [r10, lr]\n"         \
  "strb r8, [r10, r11, lsl #1]\n" \
  "strb r7, [r10, r11]\n"        \
  "strb r6, [r10], #1\n"         \
  "str r10, [sp]\n"

/* Two outputs, or one. */
#define RV_DW_STORE_TWO          \
  "ldr r10, [r1], #4\n"          \
  "ldr r11, [sp, #16]\n"         \
  "ldr lr, [sp, #48]\n"          \
  "blx lr\n"                     \
  "ldr r10, [sp]\n"              \
  "ldr lr, [sp, #52]\n"          \
  "strb r9, [r10, lr]\n"         \
  "strb r8, [r10], #1\n"         \
  "str r10, [sp]\n"

/* Next channel, or on. */
#define RV_DW_NEXT_CHANNEL(loop) \
  "ldr r11, [sp, #28]\n"         \
  "cmp r1, r11\n"                \
  "bne " loop "b\n"

/* Next group at 1; then a rest of three as one more group, a rest of two or one at 6, or the end
 * at 7. */
#define RV_DW_NEXT_GROUP         \
  "ldrd r11, lr, [sp, #36]\n"    \
  "add r0, r11\n"                \
  "add r10, lr\n"                \
  "str r10, [sp]\n"              \
  "ldr r1, [sp, #24]\n"          \
  "ldr r11, [sp, #12]\n"         \
  "cmp r10, r11\n"               \
  "bne 1b\n"                     \
  "5:\n"                         \
  "ldr r11, [sp, #44]\n"         \
  "cmp r11, #0\n"                \
  "beq 7f\n"                     \
  "cmp r11, #3\n"                \
  "bne 6f\n"                     \
  "ldr r11, [sp, #4]\n"          \
  "add r11, r10, r11, lsl #2\n"  \
  "str r11, [sp, #12]\n"         \
  "movs r11, #0\n"               \
  "str r11, [sp, #44]\n"         \
  "str r11, [sp, #8]\n"          \
  "b 1b\n"

#define RV_DW_EPILOGUE    \
  "7:\n"                  \
  "add sp, #84\n"         \
  "pop {r4-r11, pc}\n"

/*
 * Kernels that leave rows out: a channel's rows run from the address at 76 (groups of four) or 80
 * (two), the last one ending at labels 3 and 4; `four` and `two` are their bytes.
 */
#define RV_DW_ENTRIES(four, two)  \
  "ldr r4, [sp, #60]\n"           \
  "movs r5, #" #four "\n"         \
  "adr.w r6, 3f\n"                \
  "mls r6, r4, r5, r6\n"          \
  "adds r6, r6, #1\n"             \
  "movs r5, #" #two "\n"          \
  "adr.w r7, 4f\n"                \
  "mls r7, r4, r5, r7\n"          \
  "adds r7, r7, #1\n"             \
  "strd r6, r7, [sp, #76]\n"

#define RV_DW_FIRST_FOUR          \
  "ldr r6, [r1], #4\n"            \
  "ldr lr, [sp, #64]\n"           \
  "add r1, lr\n"                  \
  "mov r7, r6\n"                  \
  "mov r8, r6\n"                  \
  "mov r9, r6\n"                  \
  "ldr pc, [sp, #76]\n"

#define RV_DW_FIRST_TWO           \
  "ldr r8, [r1], #4\n"            \
  "ldr lr, [sp, #64]\n"           \
  "add r1, lr\n"                  \
  "mov r9, r8\n"                  \
  "ldr pc, [sp, #80]\n"

#define RV_DW_AFTER_ROWS          \
  "ldr lr, [sp, #68]\n"           \
  "add r1, lr\n"

#define RV_DW_NEXT_COLUMN         \
  "ldr r11, [sp, #72]\n"          \
  "add r0, r11\n"

#endif /* RV_DEPTHWISE_DSP_H */

/**
 * @file rv_depthwise_dsp.h
 * @brief Private to the depthwise kernels for the DSP extension.
 *
 * Four channels at a time, rows [0, size) of the window are staged in scratch as int16 less the
 * input zero point, so that padding is zero, in quads of columns: [quad][row][channel][4 columns].
 * For the next output row, rows move down by the stride. Output columns are computed in groups of
 * four, a rest of three like them, a rest of two or one by code of its own.
 *
 * All rows of a group of channels are walked in assembly: the frame of a kernel's walk is a
 * rv_depthwise_walk at sp, which C fills once a call (rv_depthwise_begin) and once a group
 * (rv_depthwise_begin_group).
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
  RV_DW_APART = 4,          /**< rv_depthwise_walk.lead where rv_depthwise_stage_apart stages. */
};

/** A kernel's constants. Sizes below it take its code, with zero weights in the missing taps. */
typedef struct rv_depthwise_kernel rv_depthwise_kernel;

/** A call's arguments. */
typedef struct {
  const rv_conv_params *p;
  const rv_view *in;
  const rv_view *out;
  const rv_window *w;
  void *scratch;
  const rv_depthwise_kernel *kernel;
} rv_depthwise_call;

/** Rows of a view one after the other, over the end of a ring. */
typedef struct {
  int8_t *at;
  int32_t pitch;
  int8_t *end;  /**< Of the ring; NULL where there is none. */
  int8_t *wrap; /**< First row of the ring. */
} rv_depthwise_cursor;

/** Rounds accumulators of a channel: r9, before it r8, before them r6 and r7. */
typedef struct {
  int32_t addend;
  rv_dsp_requantise code;
} rv_depthwise_rounding;

/** A call on its way through its groups of channels. Assembly knows the fields before `call`. */
typedef struct {
  int32_t nextChannel;             /**< 0: bytes from behind a channel's rows to the next channel */
  int8_t *out;                     /**< 4 */
  int32_t pitch;                   /**< 8: bytes from an output pixel to the next */
  int32_t fourth;                  /**< 12: 3 * pitch */
  const uint32_t *tableEnd;        /**< 16: end of the last channel's record */
  const int8_t *outEnd;            /**< 20: end of the row's full groups */
  rv_depthwise_rounding rounds[3]; /**< 24, 32, 40: of four, two, one accumulators */
  const int16_t *x;                /**< 48: staged columns, first row inside the image */
  const uint32_t *table;           /**< 52: a record for each channel, see rv_depthwise_kernel */
  int32_t xStep;      /**< 56: bytes to the next group's columns, from the channel after the last */
  int32_t outStep;    /**< 60: bytes to the next group's output, likewise */
  int32_t rest;       /**< 64: columns after the full groups, 0..3 */
  int32_t skipBefore; /**< 68: bytes of a record's rows above the image */
  int32_t skipAfter;  /**< 72: and below */
  uintptr_t entries[3]; /**< 76: code of as many rows as are inside, for four, two, one outputs */
  uintptr_t ends[3];    /**< 88: where these end */
  int32_t rowsLeft;     /**< 100 */
  int32_t full;         /**< 104: bytes that the full groups of an output row take */
  rv_depthwise_cursor target; /**< 108 */
  int32_t top;         /**< 124: input row of the next window's first; may be outside the image */
  int32_t next;        /**< 128: input row to stage next; those below it are staged */
  int16_t *staged;     /**< 132 */
  int32_t kernelRows;  /**< 136 */
  int32_t strideH;     /**< 140, at most kernelRows */
  int32_t quads;       /**< 144 */
  int32_t moveBytes;   /**< 148: strideH slots */
  int32_t quadBytes;   /**< 152: from a quad of columns to the next */
  int32_t height;      /**< 156: of the input */
  int32_t pixelPitch;  /**< 160: of the input */
  int32_t toOffset;    /**< 164: bytes from a slot's first quad to the first that holds a pixel */
  int32_t endOffset;   /**< 168: and to behind the quads that end with a pixel */
  int32_t lead;        /**< 172: padding in the first quad with a pixel; RV_DW_APART */
  int32_t tail;        /**< 176: pixels in the last, where it does not end with one, 1..3; or 0 */
  uint32_t offset;     /**< 180: minus the input zero point, twice */
  uint32_t zeroPoints; /**< 184: a pixel of zero points */
  rv_depthwise_cursor source; /**< 188: at row `next`, or the first one inside the image */
  int32_t padding;            /**< 204: lead, where rv_depthwise_stage_apart stages */
  int32_t skipsRows;          /**< 208: as the kernel's */
  int32_t firstInside;        /**< 212: least `top` after a window that begins inside the image */
  int32_t isBorder;      /**< 216: 1: rv_depthwise_set_rows has to be called for the next row */
  int32_t row;           /**< 220: input row to stage now, */
  int16_t *slot;         /**< 224: and its slot */
  uint32_t temporary[3]; /**< 228 */
  rv_depthwise_rounding inner[2]; /**< 240: rounding before the clamps, of four and two */
  int32_t clampMin;               /**< 256 */
  int32_t clampMax;               /**< 260 */
  void *back;                     /**< 264 */
  int32_t shift;                  /**< 268 */
  uint32_t evens;    /**< 272: bit 0: ties of the next channel go to even, then the others' */
  uint32_t lastEven; /**< 276: bit of the group's last channel */

  const rv_depthwise_call *call;
  const uint32_t *packed; /**< Of the next group. */
  int32_t channel;        /**< First of the group, */
  int32_t channels;       /**< and how many it has; before the first group 0. */
  int32_t roundChannel;   /**< Channel of the accumulators that rv_depthwise_round gets next. */
  int32_t columns;        /**< Columns inside the image. */
  int32_t firstTop;       /**< `top` of the first window, */
  int8_t *firstSource;    /**< and where the cursors start, at channel 0. */
  int8_t *firstTarget;
} rv_depthwise_walk;

/**
 * A channel's packed record: int32 bias (no zero point folded in; times 2^leftShift and with the
 * multiplier where rv_depthwise_is_fast), int32 multiplier, then int8 taps of `rows` rows, to
 * a multiple of 4 bytes; rows is kernelH, or 3 for size 3. Size 3: w0, w1, w2, 0 a row. Size 5: w0,
 * w1, w2, w3 a row, then each row's w4. Size 7: w0, w1, w2, w3, w6, w5, w4, w5 a row.
 *
 * Its record in scratch: `rowWords` words for each row, with the bias before word `biasAt`, then
 * the multiplier. With taps w0, w1 ...: stride 1 has the pairs (w0, w1), (w2, w3) ..., then (w1,
 * w2), (w3, w4) ...; stride 2 has (w0, w1), (w2, w3) ..., (last, 0).
 */
struct rv_depthwise_kernel {
  int32_t size;   /**< 3, 5 or 7 */
  int32_t stride; /**< 1 or 2, of columns */
  int32_t rowWords;
  int32_t biasAt;
  int32_t skipsRows;   /**< 1: rows outside the image are left out; 0: they are staged as zeros, and
                          `size` rows are computed. */
  uint8_t rowBytes[3]; /**< Code of a row of four, two, one outputs, where rows are left out. */
  /** Makes records from packed ones of `rows` rows, for `channels` channels; returns the end of the
   * packed ones. */
  const uint32_t *(*expand)(const uint32_t *packed, uint32_t *record, int32_t channels,
                            int32_t rows);
};

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

/** 1: rounded in assembly, the left shift within the taps, the multiplier in the packed record. */
static inline int32_t rv_depthwise_is_fast(const rv_channel_requant *r) {
  return (r->rounding != RV_ROUND_EXACT) && (r->leftShift <= RV_DW_MAX_LEFT_SHIFT);
}

/** Everything that all groups have in common. */
void rv_depthwise_begin(rv_depthwise_walk *k, const rv_depthwise_call *call);

/** The next group of channels; returns how many it has, 0 after the last group. */
int32_t rv_depthwise_begin_group(rv_depthwise_walk *k);

/** The window before `top`: which of its rows are inside the image. For kernels that leave rows
 * out. */
void rv_depthwise_set_rows(rv_depthwise_walk *k);

/** Stages a row into a slot: fewer than four channels, or an image narrower than a quad. */
void rv_depthwise_stage_apart(const rv_depthwise_walk *k, const int8_t *from, int16_t *slot);

/** The routines of k's accumulators, for the whole call, and what they need of a group. */
void rv_depthwise_begin_rounding(rv_depthwise_walk *k);
void rv_depthwise_round_group(rv_depthwise_walk *k);

/** acc[first..3] of one channel become int8. */
void rv_depthwise_round(int32_t *acc, rv_depthwise_walk *k, int32_t first);

/** The whole convolution; in assembly each kernel has its own. */
void rv_depthwise_walk_c(const rv_depthwise_call *call);

#if RV_DSP

/** Known to assembly alone: the next output row's window is staged, its registers are set. */
void rv_depthwise_next_row(void);

/* A member stands where the assembly expects it. */
#define RV_DW_AT(name, member, at) \
  typedef char rv_dw_at_##name[(offsetof(rv_depthwise_walk, member) == (at)) ? 1 : -1]
RV_DW_AT(rounds, rounds, 24);
RV_DW_AT(rest, rest, 64);
RV_DW_AT(ends, ends, 88);
RV_DW_AT(target, target, 108);
RV_DW_AT(quads, quads, 144);
RV_DW_AT(zeroPoints, zeroPoints, 184);
RV_DW_AT(source, source, 188);
RV_DW_AT(row, row, 220);
RV_DW_AT(inner, inner, 240);
RV_DW_AT(lastEven, lastEven, 276);

/* With nine registers a multiple of eight. */
#define RV_DW_FRAME "316"
typedef char rv_dw_frame[(sizeof(rv_depthwise_walk) == 316) ? 1 : -1];

/*
 * Assembly that the kernels share. r0 walks the staged columns, r1 the table, r6..r9 are
 * accumulators.
 *
 * A kernel's code: RV_DW_PROLOGUE, where rows are left out RV_DW_ENDS, RV_DW_ROWS, four outputs of
 * a channel at 1, RV_DW_NEXT_GROUP, two at 6, RV_DW_NEXT_TWO, one at 4, RV_DW_EPILOGUE.
 */
#define RV_DW_PROLOGUE    \
  ".syntax unified\n"     \
  "push {r4-r11, lr}\n"   \
  "sub sp, #" RV_DW_FRAME \
  "\n"                    \
  "mov r1, r0\n"          \
  "mov r0, sp\n"          \
  "bl rv_depthwise_begin\n"

/* The rows of four, two and one outputs end at labels 31, 32 and 33. */
#define RV_DW_ENDS    \
  "adr.w r0, 31f\n"   \
  "adr.w r1, 32f\n"   \
  "adr.w r2, 33f\n"   \
  "add r3, sp, #88\n" \
  "stm r3, {r0-r2}\n"

/* A group of channels at 8, an output row at 9: to the full groups at 1, or to the rest at 5. */
#define RV_DW_ROWS                \
  "8: mov r0, sp\n"               \
  "bl rv_depthwise_begin_group\n" \
  "cmp r0, #0\n"                  \
  "beq 7f\n"                      \
  "9: bl rv_depthwise_next_row\n" \
  "ldrd r0, r1, [sp, #48]\n"      \
  "cmp r10, r11\n"                \
  "beq 5f\n"

/* r1 at the multiplier: `count` outputs rounded; then r5 nextChannel, r10 out, r11 pitch, r12
 * fourth, lr tableEnd. */
#define RV_DW_ROUND(at)     \
  "ldr r10, [r1], #4\n"     \
  "ldrd r11, lr, [sp, #" at \
  "]\n"                     \
  "blx lr\n"                \
  "ldm sp, {r5, r10, r11, r12, lr}\n"

/* The fourth's place is the first's in a rest of three. */
#define RV_DW_STORE_FOUR          \
  RV_DW_ROUND("24")               \
  "strb r9, [r10, r12]\n"         \
  "strb r8, [r10, r11, lsl #1]\n" \
  "strb r7, [r10, r11]\n"         \
  "strb r6, [r10], #1\n"          \
  "str r10, [sp, #4]\n"

#define RV_DW_STORE_TWO   \
  RV_DW_ROUND("32")       \
  "strb r9, [r10, r11]\n" \
  "strb r8, [r10], #1\n"  \
  "str r10, [sp, #4]\n"

#define RV_DW_STORE_ONE  \
  RV_DW_ROUND("40")      \
  "strb r9, [r10], #1\n" \
  "str r10, [sp, #4]\n"

/* Next channel, or on. */
#define RV_DW_NEXT_CHANNEL(loop) \
  "cmp r1, lr\n"                 \
  "bne " loop "b\n"

/* Next group at 1; then a rest of three as one more group, of two at 6, of one at 4. */
#define RV_DW_NEXT_GROUP        \
  "ldrd r11, lr, [sp, #56]\n"   \
  "add r0, r11\n"               \
  "add r10, lr\n"               \
  "str r10, [sp, #4]\n"         \
  "ldr r1, [sp, #52]\n"         \
  "ldr r11, [sp, #20]\n"        \
  "cmp r10, r11\n"              \
  "bne 1b\n"                    \
  "5: ldr r11, [sp, #64]\n"     \
  "cmp r11, #1\n"               \
  "beq 4f\n"                    \
  "blt 3f\n"                    \
  "cmp r11, #3\n"               \
  "bne 6f\n"                    \
  "ldr r12, [sp, #8]\n"         \
  "add r12, r10, r12, lsl #2\n" \
  "str r12, [sp, #20]\n"        \
  "rsbs r11, r11, #0\n"         \
  "str r11, [sp, #64]\n"        \
  "movs r11, #0\n"              \
  "str r11, [sp, #12]\n"        \
  "b 1b\n"                      \
  "3: cmp r11, #0\n"            \
  "beq 2f\n"                    \
  "rsbs r11, r11, #0\n"         \
  "str r11, [sp, #64]\n"        \
  "ldr r11, [sp, #8]\n"         \
  "add r11, r11, r11, lsl #1\n" \
  "str r11, [sp, #12]\n"        \
  "b 2f\n"

#define RV_DW_NEXT_TWO "b 2f\n"

#define RV_DW_EPILOGUE       \
  "2: ldr r11, [sp, #100]\n" \
  "subs r11, #1\n"           \
  "str r11, [sp, #100]\n"    \
  "bne 9b\n"                 \
  "b 8b\n"                   \
  "7: add sp, #" RV_DW_FRAME \
  "\n"                       \
  "pop {r4-r11, pc}\n"

/* The code of kernels that leave rows out. */
#define RV_DW_FIRST_FOUR \
  "ldr r6, [r1], #4\n"   \
  "ldr lr, [sp, #68]\n"  \
  "add r1, lr\n"         \
  "mov r7, r6\n"         \
  "mov r8, r6\n"         \
  "mov r9, r6\n"         \
  "ldr pc, [sp, #76]\n"

#define RV_DW_FIRST_TWO \
  "ldr r8, [r1], #4\n"  \
  "ldr lr, [sp, #68]\n" \
  "add r1, lr\n"        \
  "mov r9, r8\n"        \
  "ldr pc, [sp, #80]\n"

#define RV_DW_FIRST_ONE \
  "ldr r9, [r1], #4\n"  \
  "ldr lr, [sp, #68]\n" \
  "add r1, lr\n"        \
  "ldr pc, [sp, #84]\n"

#define RV_DW_AFTER_ROWS \
  "ldr lr, [sp, #72]\n"  \
  "add r1, lr\n"

#define RV_DW_NEXT_COLUMN "add r0, r5\n"

/** A kernel that leaves rows out, of its macros ROW_FOUR, ROW_TWO, ROW_ONE. */
#define RV_DW_SKIPPING_WALK(size)                                                        \
  RV_DW_PROLOGUE                                                                         \
  RV_DW_ENDS                                                                             \
  RV_DW_ROWS                                                                             \
  "1:\n" RV_DW_FIRST_FOUR ".rept " #size "\n" ROW_FOUR                                   \
  ".endr\n"                                                                              \
  "31:\n" RV_DW_AFTER_ROWS RV_DW_STORE_FOUR RV_DW_NEXT_COLUMN RV_DW_NEXT_CHANNEL("1")    \
      RV_DW_NEXT_GROUP                                                                   \
      "6:\n" RV_DW_FIRST_TWO ".rept " #size "\n" ROW_TWO                                 \
      ".endr\n"                                                                          \
      "32:\n" RV_DW_AFTER_ROWS RV_DW_STORE_TWO RV_DW_NEXT_COLUMN RV_DW_NEXT_CHANNEL("6") \
          RV_DW_NEXT_TWO                                                                 \
      "4:\n" RV_DW_FIRST_ONE ".rept " #size "\n" ROW_ONE                                 \
      ".endr\n"                                                                          \
      "33:\n" RV_DW_AFTER_ROWS RV_DW_STORE_ONE RV_DW_NEXT_COLUMN RV_DW_NEXT_CHANNEL("4") \
          RV_DW_EPILOGUE

#endif

#endif /* RV_DEPTHWISE_DSP_H */

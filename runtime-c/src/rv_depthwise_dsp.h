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

/** A call on its way through its groups of channels. Assembly knows the fields before `call`. */
typedef struct {
  int32_t addend;             /**< 0: before the shift */
  int32_t isSlow;             /**< 4: 1: accumulators are rounded by codes[] */
  int32_t shift;              /**< 8 */
  const uint32_t *tableEnd;   /**< 12: end of the last channel's record */
  int32_t skipAfter;          /**< 16: bytes of a record's rows below the image */
  int32_t nextChannel;        /**< 20: bytes from behind a channel's rows to the next channel */
  uint8_t *byte;              /**< 24: of bytes[], the next channel's in its first output */
  int8_t *out;                /**< 28: first output of the group of columns */
  int32_t pitch;              /**< 32: bytes from an output pixel to the next */
  const int8_t *outEnd;       /**< 36: end of the row's groups of four, */
  const int8_t *cutEnd;       /**< 40: of which the one that ends here has three; or NULL */
  rv_dsp_requantise codes[2]; /**< 44: for four accumulators, for the last two */
  uint32_t cut;               /**< 52: all ones where cutEnd is outEnd, 0 where it is NULL */
  int32_t xStep;              /**< 56: bytes to the next group's columns, behind its channels */
  const int16_t *x;           /**< 60: staged columns, first row inside the image; of a ring the
                                   oldest row */
  int32_t rest;               /**< 64: columns after the groups, 0..2 */
  int32_t skipBefore;         /**< 68: bytes of a record's rows above the image */
  const uint32_t *table;      /**< 72: a record for each channel, see rv_depthwise_kernel */
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
  int32_t isBorder; /**< 216: 1: rv_depthwise_set_rows has to be called for the next row */
  int32_t row;      /**< 220: input row to stage now */
  /** 224: while a row is staged its slot and addresses; while outputs are computed the bytes of a
   * group of columns, a word for each column. */
  uint32_t temporary[4];
  rv_dsp_requantise inner; /**< 240: rounding before the clamps */
  int32_t clampMin;        /**< 244 */
  int32_t clampMax;        /**< 248 */
  void *back;              /**< 252 */
  int32_t channels;        /**< 256: of the group; before the first group 0 */
  uint32_t evens;          /**< 260: bit 0: ties of the next channel go to even, then the others' */
  uint32_t lastEven;       /**< 264: bit of the group's last channel */

  const rv_depthwise_call *call;
  const uint32_t *packed; /**< Of the next group. */
  int32_t channel;        /**< First of the group. */
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
  int32_t hasFive;     /**< 1: has code for five columns, four and a rest of one. */
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
RV_HOT void rv_depthwise_begin(rv_depthwise_walk *k, const rv_depthwise_call *call);

/** The next group of channels; returns how many it has, 0 after the last group. */
RV_HOT int32_t rv_depthwise_begin_group(rv_depthwise_walk *k);

/** The window before `top`: which of its rows are inside the image. For kernels that leave rows
 * out. */
RV_HOT void rv_depthwise_set_rows(rv_depthwise_walk *k);

/** Stages a row into a slot: fewer than four channels, or an image narrower than a quad. */
RV_HOT void rv_depthwise_stage_apart(const rv_depthwise_walk *k, const int8_t *from, int16_t *slot);

/** The routines of k's accumulators, for the whole call, and what they need of a group. */
RV_HOT void rv_depthwise_begin_rounding(rv_depthwise_walk *k);
RV_HOT void rv_depthwise_round_group(rv_depthwise_walk *k);

/** Writes the bytes of `columns` columns of fewer than four channels. */
void rv_depthwise_store_few(rv_depthwise_walk *k, int32_t columns);

/** acc[first..3] of one channel become int8. */
RV_HOT void rv_depthwise_round(int32_t *acc, rv_depthwise_walk *k, int32_t first);

/** The whole convolution; in assembly each kernel has its own. */
RV_HOT void rv_depthwise_walk_c(const rv_depthwise_call *call);

#if RV_DSP

/** Known to assembly alone: the next output row's window is staged, its registers are set. */
RV_HOT void rv_depthwise_next_row(void);

/* A member stands where the assembly expects it. */
#define RV_DW_AT(name, member, at) \
  typedef char rv_dw_at_##name[(offsetof(rv_depthwise_walk, member) == (at)) ? 1 : -1]
RV_DW_AT(codes, codes, 44);
RV_DW_AT(rest, rest, 64);
RV_DW_AT(ends, ends, 88);
RV_DW_AT(target, target, 108);
RV_DW_AT(quads, quads, 144);
RV_DW_AT(zeroPoints, zeroPoints, 184);
RV_DW_AT(source, source, 188);
RV_DW_AT(temporary, temporary, 224);
RV_DW_AT(inner, inner, 240);
RV_DW_AT(channels, channels, 256);
RV_DW_AT(lastEven, lastEven, 264);

/* With nine registers a multiple of eight. */
#define RV_DW_FRAME "300"
typedef char rv_dw_frame[(sizeof(rv_depthwise_walk) == 300) ? 1 : -1];

/*
 * Assembly that the kernels share. r0 walks the staged columns, r1 the table, r6..r9 are
 * accumulators.
 *
 * A kernel's code: RV_DW_PROLOGUE, where rows are left out RV_DW_ENDS, RV_DW_ROWS, four outputs of
 * a channel at 1, two at 6, one at 4, RV_DW_EPILOGUE. Bytes of a group of columns are collected in
 * the frame, a word for each column, and written when its last channel is done.
 */
#define RV_DW_PROLOGUE    \
  ".syntax unified\n"     \
  "push {r4-r11, lr}\n"   \
  "sub sp, #" RV_DW_FRAME \
  "\n"                    \
  "mov r1, r0\n"          \
  "mov r0, sp\n"          \
  "bl " RV_SYMBOL(rv_depthwise_begin) "\n"

/* The rows of four, two and one outputs end at labels 31, 32 and 33. */
#define RV_DW_ENDS    \
  "adr.w r0, 31f\n"   \
  "adr.w r1, 32f\n"   \
  "adr.w r2, 33f\n"   \
  "add r3, sp, #88\n" \
  "stm r3, {r0-r2}\n"

/* A group of channels at 8, an output row at 9: to the groups of four at 1, or to the rest at 5.
 * `begin` sets the registers that walk through the row. */
#define RV_DW_ROWS(begin) \
  "8: mov r0, sp\n"               \
  "bl " RV_SYMBOL(rv_depthwise_begin_group) "\n" \
  "cmp r0, #0\n"                  \
  "beq 7f\n"                      \
  "9: bl " RV_SYMBOL(rv_depthwise_next_row) "\n" \
  "ldr r1, [sp, #72]\n" begin     \
  "cmp r10, r11\n"                \
  "beq 5f\n"

/* Accumulator r becomes int8: r10 multiplier, r2 addend, r4 shift. */
#define RV_DW_PRODUCT(r) "smmla " r ", " r ", r10, r2\n"
#define RV_DW_SHIFT(r) "asr " r ", " r ", r4\n"
#define RV_DW_SATURATE(r) "ssat " r ", #8, " r "\n"

/* Four, two or one of them, or by way of label 43 if r3 is not 0; then 44. */
#define RV_DW_ROUND_FOUR                                                                           \
  "cbnz r3, 43f\n" RV_DW_PRODUCT("r6") RV_DW_PRODUCT("r7") RV_DW_PRODUCT("r8") RV_DW_PRODUCT("r9") \
      RV_DW_SHIFT("r6") RV_DW_SHIFT("r7") RV_DW_SHIFT("r8") RV_DW_SHIFT("r9") RV_DW_SATURATE("r6") \
          RV_DW_SATURATE("r7") RV_DW_SATURATE("r8") RV_DW_SATURATE("r9") "44:\n"
#define RV_DW_ROUND_TWO                                                                        \
  "cbnz r3, 43f\n" RV_DW_PRODUCT("r8") RV_DW_PRODUCT("r9") RV_DW_SHIFT("r8") RV_DW_SHIFT("r9") \
      RV_DW_SATURATE("r8") RV_DW_SATURATE("r9") "44:\n"
#define RV_DW_ROUND_ONE \
  "cbnz r3, 43f\n" RV_DW_PRODUCT("r9") RV_DW_SHIFT("r9") RV_DW_SATURATE("r9") "44:\n"

/* Of the bytes at `at`, a channel's. */
#define RV_DW_STORE_FOUR(at) \
  "strb r7, [" at            \
  ", #4]\n"                  \
  "strb r8, [" at            \
  ", #8]\n"                  \
  "strb r9, [" at            \
  ", #12]\n"                 \
  "strb r6, [" at "], #1\n"
#define RV_DW_STORE_TWO(at) \
  "strb r9, [" at           \
  ", #4]\n"                 \
  "strb r8, [" at "], #1\n"
#define RV_DW_STORE_ONE(at) "strb r9, [" at "], #1\n"

/* Rows [first, end) of the window of which the group of columns is written: four columns, then the
 * next group at 1. `save` and `restore` keep the walking registers in r5..r8, `advance` moves them
 * to the next group by r3. */
#define RV_DW_WRITE_FOUR(save, restore, advance, five)          \
  "ldr r4, [sp, #256]\n"                                        \
  "ldrd r10, r11, [sp, #28]\n"                                  \
  "cmp r4, #4\n"                                                \
  "bne 47f\n"                                                   \
  "ldrd r2, r3, [sp, #224]\n"                                   \
  "ldrd r6, r7, [sp, #232]\n"                                   \
  "str r2, [r10]\n"                                             \
  "str r3, [r10, r11]\n"                                        \
  "str r6, [r10, r11, lsl #1]\n"                                \
  "add r6, r11, r11, lsl #1\n"                                  \
  "add r4, r10, r11, lsl #2\n"                                  \
  "ldrd r2, r3, [sp, #36]\n"                                    \
  "cmp r4, r3\n"                                                \
  "it ne\n"                                                     \
  "strne r7, [r10, r6]\n"                                       \
  "str r4, [sp, #28]\n"                                         \
  "46:\n"                                                       \
  "ldr r1, [sp, #72]\n"                                         \
  "ldr r3, [sp, #56]\n" advance                                 \
  "cmp r4, r2\n"                                                \
  "bne 1b\n"                                                    \
  "5: ldr r4, [sp, #64]\n"                                      \
  "cmp r4, #1\n"                                                \
  "beq 4f\n"                                                    \
  "blt 2f\n" five                                               \
  "b 6f\n"                                                      \
  "47:\n" save                                                  \
  "mov r0, sp\n"                                                \
  "movs r1, #4\n"                                               \
  "bl " RV_SYMBOL(rv_depthwise_store_few) "\n" restore          \
                                          "ldr r4, [sp, #28]\n" \
                                          "ldr r2, [sp, #36]\n" \
                                          "b 46b\n"

/* The last two columns of a row, or the last one; then the next row. */
#define RV_DW_WRITE_TWO        \
  "ldr r4, [sp, #256]\n"       \
  "ldrd r10, r11, [sp, #28]\n" \
  "movs r1, #2\n"              \
  "cmp r4, #4\n"               \
  "bne 3f\n"                   \
  "ldrd r2, r3, [sp, #224]\n"  \
  "str r2, [r10]\n"            \
  "str r3, [r10, r11]\n"       \
  "b 2f\n"
#define RV_DW_WRITE_ONE  \
  "ldr r4, [sp, #256]\n" \
  "movs r1, #1\n"        \
  "cmp r4, #4\n"         \
  "bne 3f\n"             \
  "ldr r10, [sp, #28]\n" \
  "ldr r2, [sp, #224]\n" \
  "str r2, [r10]\n"

#define RV_DW_EPILOGUE \
  "2: ldr r11, [sp, #100]\n"    \
  "subs r11, #1\n"              \
  "str r11, [sp, #100]\n"       \
  "bne 9b\n"                    \
  "b 8b\n"                      \
  "3: mov r0, sp\n"             \
  "bl " RV_SYMBOL(rv_depthwise_store_few) "\n" \
  "b 2b\n"                      \
  "7: add sp, #" RV_DW_FRAME    \
  "\n"                          \
  "pop {r4-r11, pc}\n"

/*
 * 3x3 kernels: all three rows are computed, those outside the image are staged as zeros. Rows are
 * in a ring of slots: r0, lr and r12 walk the window's, r5 the bytes. A channel ends with its
 * multiplier, which r1 is at.
 */
#define RV_DW_RING_BEGIN      \
  "ldr r0, [sp, #60]\n"       \
  "ldrd r2, r3, [sp, #132]\n" \
  "add r3, r2, r3, lsl #5\n"  \
  "add lr, r0, #32\n"         \
  "cmp lr, r3\n"              \
  "it eq\n"                   \
  "moveq lr, r2\n"            \
  "add r12, lr, #32\n"        \
  "cmp r12, r3\n"             \
  "it eq\n"                   \
  "moveq r12, r2\n"           \
  "add r5, sp, #224\n"

/* r11 is the table's end. */
#define RV_DW_RING_TAIL \
  "ldr r10, [r1], #4\n" \
  "ldm sp, {r2, r3, r4, r11}\n"
#define RV_DW_RING_NEXT(loop) \
  "cmp r1, r11\n"             \
  "bne " loop                 \
  "b\n"                       \
  "b 45f\n"

/* Rounding by a routine, code at `code`; the rows' registers wait where kernels that leave rows out
 * have addresses. */
#define RV_DW_RING_SLOW(code) \
  "43:\n"                     \
  "strd r12, lr, [sp, #76]\n" \
  "str r5, [sp, #84]\n"       \
  "mov r11, r2\n"             \
  "ldr lr, [sp, #" code       \
  "]\n"                       \
  "blx lr\n"                  \
  "ldrd r12, lr, [sp, #76]\n" \
  "ldr r5, [sp, #84]\n"       \
  "ldr r11, [sp, #12]\n"      \
  "b 44b\n"                   \
  "45:\n"

#define RV_DW_RING_WRITE_FOUR(five)                         \
  RV_DW_WRITE_FOUR("mov r6, r0\nmov r7, lr\nmov r8, r12\n", \
                   "mov r0, r6\nmov lr, r7\nmov r12, r8\n", \
                   "add r0, r3\nadd lr, r3\nadd r12, r3\nadd r5, sp, #224\n", five)

/** A 3x3 kernel, of its macros CHANNEL_FOUR, CHANNEL_TWO, CHANNEL_ONE up to RV_DW_RING_TAIL; `five`
 * goes to `fiveBlock` where the rest of a row is five columns. */
#define RV_DW_RING_WALK(five, fiveBlock)                                                       \
  RV_DW_PROLOGUE                                                                               \
  RV_DW_ROWS(RV_DW_RING_BEGIN)                                                                 \
  "1:\n" CHANNEL_FOUR RV_DW_ROUND_FOUR RV_DW_STORE_FOUR("r5") RV_DW_RING_NEXT("1")             \
      RV_DW_RING_SLOW("44")                                                                    \
          RV_DW_RING_WRITE_FOUR(five) "6:\n" CHANNEL_TWO RV_DW_ROUND_TWO RV_DW_STORE_TWO("r5") \
              RV_DW_RING_NEXT("6") RV_DW_RING_SLOW("48") RV_DW_WRITE_TWO fiveBlock             \
      "4:\n" CHANNEL_ONE RV_DW_ROUND_ONE RV_DW_STORE_ONE("r5") RV_DW_RING_NEXT("4")            \
          RV_DW_RING_SLOW("48") RV_DW_WRITE_ONE RV_DW_EPILOGUE

/* The code of kernels that leave rows out. */
#define RV_DW_BEGIN     \
  "ldr r0, [sp, #60]\n" \
  "add r2, sp, #224\n"  \
  "str r2, [sp, #24]\n"

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

/* r5 is the table's end, lr at the channel's byte. */
#define RV_DW_TAIL                           \
  "ldm sp, {r2, r3, r4, r5, r10, r11, lr}\n" \
  "add r1, r10\n"                            \
  "add r0, r11\n"                            \
  "ldr r10, [r1], #4\n"
#define RV_DW_NEXT(loop) \
  "str lr, [sp, #24]\n"  \
  "cmp r1, r5\n"         \
  "bne " loop            \
  "b\n"                  \
  "b 45f\n"
#define RV_DW_SLOW(code) \
  "43:\n"                \
  "mov r11, r2\n"        \
  "ldr lr, [sp, #" code  \
  "]\n"                  \
  "blx lr\n"             \
  "ldr r5, [sp, #12]\n"  \
  "ldr lr, [sp, #24]\n"  \
  "b 44b\n"              \
  "45:\n"

/** A kernel that leaves rows out, of its macros ROW_FOUR, ROW_TWO, ROW_ONE. */
#define RV_DW_SKIPPING_WALK(size)                                                               \
  RV_DW_PROLOGUE                                                                                \
  RV_DW_ENDS                                                                                    \
  RV_DW_ROWS(RV_DW_BEGIN)                                                                       \
  "1:\n" RV_DW_FIRST_FOUR ".rept " #size "\n" ROW_FOUR                                          \
  ".endr\n"                                                                                     \
  "31:\n" RV_DW_TAIL RV_DW_ROUND_FOUR RV_DW_STORE_FOUR("lr") RV_DW_NEXT("1") RV_DW_SLOW("44")   \
      RV_DW_WRITE_FOUR("mov r8, r0\n", "mov r0, r8\n",                                          \
                       "add r0, r3\nadd r3, sp, #224\nstr r3, [sp, #24]\n",                     \
                       "") "6:\n" RV_DW_FIRST_TWO ".rept " #size "\n" ROW_TWO                   \
                           ".endr\n"                                                            \
                           "32:\n" RV_DW_TAIL RV_DW_ROUND_TWO RV_DW_STORE_TWO("lr")             \
                               RV_DW_NEXT("6") RV_DW_SLOW("48") RV_DW_WRITE_TWO                 \
      "4:\n" RV_DW_FIRST_ONE ".rept " #size "\n" ROW_ONE                                        \
      ".endr\n"                                                                                 \
      "33:\n" RV_DW_TAIL RV_DW_ROUND_ONE RV_DW_STORE_ONE("lr") RV_DW_NEXT("4") RV_DW_SLOW("48") \
          RV_DW_WRITE_ONE RV_DW_EPILOGUE

#endif

#endif /* RV_DEPTHWISE_DSP_H */

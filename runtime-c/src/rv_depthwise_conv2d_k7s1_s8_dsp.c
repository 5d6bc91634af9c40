/** @file rv_depthwise_conv2d_k7s1_s8_dsp.c Depthwise kernels up to 7x7, column stride 1. */
#include "rv_depthwise_dsp.h"

#if RV_DSP

/** 14 instructions a row. */
RV_NAKED static const uint32_t *expand(const uint32_t *packed RV_UNUSED, uint32_t *record RV_UNUSED,
                                       int32_t channels RV_UNUSED, int32_t rows RV_UNUSED) {
  __asm volatile(
      ".syntax unified\n"
      "push {r4-r11, lr}\n"
      "sub sp, #12\n"
      "str r3, [sp]\n"
      "1: ldm r0!, {r4, r5}\n"
      "add r6, r1, #176\n" /* the next record */
      "str r6, [sp, #4]\n"
      "str r5, [r6, #-4]\n"
      "str r4, [r1], #4\n"
      "2: ldm r0!, {r10, r12}\n"
      "sxtb16 r11, r10, ror #8\n"
      "sxtb16 r10, r10\n"
      "sxtb16 lr, r12, ror #8\n"
      "sxtb16 r12, r12\n"
      "pkhbt r4, r10, r11, lsl #16\n"
      "pkhtb r5, r11, r10, asr #16\n"
      "pkhtb r6, lr, r12, asr #16\n"
      "pkhbt r7, r11, r10\n"
      "pkhtb r8, r12, r11, asr #16\n"
      "pkhbt r9, lr, r12, lsl #16\n"
      "stm r1!, {r4-r9}\n"
      "subs r3, #1\n"
      "bne 2b\n"
      "ldrd r3, r1, [sp]\n"
      "subs r2, #1\n"
      "bne 1b\n"
      "add sp, #12\n"
      "pop {r4-r11, pc}\n");
}

/* A window row: r2 (w0, w1), r3 (w2, w3), r4 (w4, w5), r5 (w1, w2), r10 (w3, w4), r11 (w5, w6). 80
 * bytes. */
#define ROW_FOUR                              \
  "ldmia.w r1!, {r2, r3, r4, r5, r10, r11}\n" \
  "ldrd r12, lr, [r0], #32\n"                 \
  "smlad r6, r12, r2, r6\n"                   \
  "smlatb r7, r12, r2, r7\n"                  \
  "smlad r6, lr, r3, r6\n"                    \
  "smlad r7, lr, r5, r7\n"                    \
  "smlad r8, lr, r2, r8\n"                    \
  "smlatb r9, lr, r2, r9\n"                   \
  "ldrd r12, lr, [r0, #192]\n"                \
  "smlad r6, r12, r4, r6\n"                   \
  "smlad r7, r12, r10, r7\n"                  \
  "smlad r8, r12, r3, r8\n"                   \
  "smlad r9, r12, r5, r9\n"                   \
  "smlabt r6, lr, r11, r6\n"                  \
  "smlad r7, lr, r11, r7\n"                   \
  "smlad r8, lr, r4, r8\n"                    \
  "smlad r9, lr, r10, r9\n"                   \
  "ldr r12, [r0, #416]\n"                     \
  "smlabt r8, r12, r11, r8\n"                 \
  "smlad r9, r12, r11, r9\n"
/* 44 bytes. */
#define ROW_TWO                               \
  "ldmia.w r1!, {r2, r3, r4, r5, r10, r11}\n" \
  "ldrd r12, lr, [r0], #32\n"                 \
  "smlad r8, r12, r2, r8\n"                   \
  "smlatb r9, r12, r2, r9\n"                  \
  "smlad r8, lr, r3, r8\n"                    \
  "smlad r9, lr, r5, r9\n"                    \
  "ldrd r12, lr, [r0, #192]\n"                \
  "smlad r8, r12, r4, r8\n"                   \
  "smlad r9, r12, r10, r9\n"                  \
  "smlabt r8, lr, r11, r8\n"                  \
  "smlad r9, lr, r11, r9\n"

/* 28 bytes. */
#define ROW_ONE                               \
  "ldmia.w r1!, {r2, r3, r4, r5, r10, r11}\n" \
  "ldrd r12, lr, [r0], #32\n"                 \
  "smlad r9, r12, r2, r9\n"                   \
  "smlad r9, lr, r3, r9\n"                    \
  "ldrd r12, lr, [r0, #192]\n"                \
  "smlad r9, r12, r4, r9\n"                   \
  "smlabt r9, lr, r11, r9\n"

/** Four outputs: 20 instructions for a window row. */
RV_NAKED static void walk(const rv_depthwise_call *call RV_UNUSED) {
  __asm volatile(RV_DW_SKIPPING_WALK(7));
}

#else
#define walk rv_depthwise_walk_c

/** rv_depthwise_kernel.expand: bias, rows, multiplier. */
static const uint32_t *expand(const uint32_t *packed, uint32_t *record, int32_t channels,
                              int32_t rows) {
  for (; channels > 0; channels--) {
    uint32_t *to = record + 1;
    record[0] = packed[0];
    record[43] = packed[1];
    packed += 2;
    for (int32_t i = rows; i > 0; i--) {
      const uint32_t even = rv_even_bytes(packed[0]);
      const uint32_t odd = rv_odd_bytes(packed[0]);
      const uint32_t even2 = rv_even_bytes(packed[1]);
      const uint32_t odd2 = rv_odd_bytes(packed[1]);
      to[0] = rv_low_low(even, odd);
      to[1] = rv_high_high(even, odd);
      to[2] = rv_high_high(even2, odd2);
      to[3] = rv_low_high(odd, even);
      to[4] = rv_high_high(odd, even2);
      to[5] = rv_low_low(odd2, even2);
      packed += 2;
      to += 6;
    }
    record += 44;
  }
  return packed;
}
#endif

static const rv_depthwise_kernel kernel = {7, 1, 6, 0, 1, 0, {80, 44, 28}, expand};

void rv_depthwise_conv2d_k7s1_s8_dsp(const rv_conv_params *p, const rv_view *in, const rv_view *out,
                                     const rv_window *w, void *scratch) {
  const rv_depthwise_call call = {p, in, out, w, scratch, &kernel};
  walk(&call);
}

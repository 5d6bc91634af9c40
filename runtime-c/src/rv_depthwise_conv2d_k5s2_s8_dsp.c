/** @file rv_depthwise_conv2d_k5s2_s8_dsp.c Depthwise kernels up to 5x5, column stride 2. */
#include "rv_depthwise_dsp.h"

#if RV_DSP

/** 10 instructions a row. */
RV_NAKED static const uint32_t *expand(const uint32_t *packed RV_UNUSED, uint32_t *record RV_UNUSED,
                                       int32_t channels RV_UNUSED, int32_t rows RV_UNUSED) {
  __asm volatile(
      ".syntax unified\n"
      "push {r4-r11, lr}\n"
      "sub sp, #12\n"
      "str r3, [sp]\n"
      "1: ldm r0!, {r4, r5}\n"
      "add r6, r1, #68\n" /* the next record */
      "str r6, [sp, #4]\n"
      "str r5, [r6, #-4]\n"
      "str r4, [r1], #4\n"
      "add lr, r0, r3, lsl #2\n"
      "2: ldr r10, [r0], #4\n"
      "ldrsb r12, [lr], #1\n"
      "sxtb16 r11, r10, ror #8\n"
      "sxtb16 r10, r10\n"
      "pkhbt r4, r10, r11, lsl #16\n"
      "pkhtb r5, r11, r10, asr #16\n"
      "uxth r6, r12\n"
      "stm r1!, {r4-r6}\n"
      "subs r3, #1\n"
      "bne 2b\n"
      "add r0, lr, #3\n"
      "bic r0, r0, #3\n"
      "ldrd r3, r1, [sp]\n"
      "subs r2, #1\n"
      "bne 1b\n"
      "add sp, #12\n"
      "pop {r4-r11, pc}\n");
}

/* A window row: r2 (w0, w1), r3 (w2, w3), r4 (w4, 0). 62 bytes. */
#define ROW_FOUR                \
  "ldmia r1!, {r2-r4}\n"        \
  "ldrd r10, r11, [r0], #32\n"  \
  "ldrd r12, lr, [r0, #128]\n"  \
  "smlad r6, r10, r2, r6\n"     \
  "smlad r6, r11, r3, r6\n"     \
  "smlad r6, r12, r4, r6\n"     \
  "smlad r7, r11, r2, r7\n"     \
  "smlad r7, r12, r3, r7\n"     \
  "smlad r7, lr, r4, r7\n"      \
  "ldrd r10, r11, [r0, #288]\n" \
  "smlad r8, r12, r2, r8\n"     \
  "smlad r8, lr, r3, r8\n"      \
  "smlad r8, r10, r4, r8\n"     \
  "smlad r9, lr, r2, r9\n"      \
  "smlad r9, r10, r3, r9\n"     \
  "smlad r9, r11, r4, r9\n"
/* 34 bytes. */
#define ROW_TWO                \
  "ldmia r1!, {r2-r4}\n"       \
  "ldrd r10, r11, [r0], #32\n" \
  "ldrd r12, lr, [r0, #128]\n" \
  "smlad r8, r10, r2, r8\n"    \
  "smlad r8, r11, r3, r8\n"    \
  "smlad r8, r12, r4, r8\n"    \
  "smlad r9, r11, r2, r9\n"    \
  "smlad r9, r12, r3, r9\n"    \
  "smlad r9, lr, r4, r9\n"

/* 22 bytes. */
#define ROW_ONE                \
  "ldmia r1!, {r2-r4}\n"       \
  "ldrd r10, r11, [r0], #32\n" \
  "ldr r12, [r0, #128]\n"      \
  "smlad r9, r10, r2, r9\n"    \
  "smlad r9, r11, r3, r9\n"    \
  "smlad r9, r12, r4, r9\n"

/** Four outputs: 16 instructions for a window row. */
RV_NAKED static void walk(const rv_depthwise_call *call RV_UNUSED) {
  __asm volatile(RV_DW_SKIPPING_WALK(5));
}

#else
#define walk rv_depthwise_walk_c

/** rv_depthwise_kernel.expand: bias, rows, multiplier. */
static const uint32_t *expand(const uint32_t *packed, uint32_t *record, int32_t channels,
                              int32_t rows) {
  for (; channels > 0; channels--) {
    const int8_t *last = (const int8_t *)(packed + 2 + rows);
    uint32_t *to = record + 1;
    record[0] = packed[0];
    record[16] = packed[1];
    packed += 2;
    for (int32_t i = 0; i < rows; i++) {
      const uint32_t even = rv_even_bytes(packed[i]);
      const uint32_t odd = rv_odd_bytes(packed[i]);
      to[0] = rv_low_low(even, odd);
      to[1] = rv_high_high(even, odd);
      to[2] = (uint32_t)(int32_t)last[i] & 0xFFFFu;
      to += 3;
    }
    packed += rows + ((rows + 3) / 4);
    record += 17;
  }
  return packed;
}
#endif

static const rv_depthwise_kernel kernel = {5, 2, 3, 0, 1, 0, {62, 34, 22}, expand};

void rv_depthwise_conv2d_k5s2_s8_dsp(const rv_conv_params *p, const rv_view *in, const rv_view *out,
                                     const rv_window *w, void *scratch) {
  const rv_depthwise_call call = {p, in, out, w, scratch, &kernel};
  walk(&call);
}

/** @file rv_depthwise_conv2d_k5s2_s8_dsp.c Depthwise kernels up to 5x5, column stride 2. */
#include "rv_depthwise_dsp.h"

/** Bias, rows, multiplier. */
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

#if RV_DSP

/* A window row: r2 (w0, w1), r3 (w2, w3), r4 (w4, 0). 62 bytes. */
#define ROW_FOUR                 \
  "ldmia r1!, {r2-r4}\n"         \
  "ldrd r10, r11, [r0], #32\n"   \
  "ldrd r12, lr, [r0, #128]\n"   \
  "smlad r6, r10, r2, r6\n"      \
  "smlad r6, r11, r3, r6\n"      \
  "smlad r6, r12, r4, r6\n"      \
  "smlad r7, r11, r2, r7\n"      \
  "smlad r7, r12, r3, r7\n"      \
  "smlad r7, lr, r4, r7\n"       \
  "ldrd r10, r11, [r0, #288]\n"  \
  "smlad r8, r12, r2, r8\n"      \
  "smlad r8, lr, r3, r8\n"       \
  "smlad r8, r10, r4, r8\n"      \
  "smlad r9, lr, r2, r9\n"       \
  "smlad r9, r10, r3, r9\n"      \
  "smlad r9, r11, r4, r9\n"
/* 34 bytes. */
#define ROW_TWO                 \
  "ldmia r1!, {r2-r4}\n"        \
  "ldrd r10, r11, [r0], #32\n"  \
  "ldrd r12, lr, [r0, #128]\n"  \
  "smlad r8, r10, r2, r8\n"     \
  "smlad r8, r11, r3, r8\n"     \
  "smlad r8, r12, r4, r8\n"     \
  "smlad r9, r11, r2, r9\n"     \
  "smlad r9, r12, r3, r9\n"     \
  "smlad r9, lr, r4, r9\n"

/** Four outputs: 16 instructions for a window row. */
RV_NAKED static void row(const rv_depthwise_row *r RV_UNUSED) {
  __asm volatile(
      RV_DW_PROLOGUE
      RV_DW_ENTRIES(62, 34)
      RV_DW_BEGIN
      "1:\n"
      RV_DW_FIRST_FOUR
      ".rept 5\n" ROW_FOUR ".endr\n"
      "3:\n"
      RV_DW_AFTER_ROWS
      RV_DW_STORE_FOUR
      RV_DW_NEXT_COLUMN
      RV_DW_NEXT_CHANNEL("1")
      RV_DW_NEXT_GROUP
      "6:\n"
      RV_DW_FIRST_TWO
      ".rept 5\n" ROW_TWO ".endr\n"
      "4:\n"
      RV_DW_AFTER_ROWS
      RV_DW_STORE_TWO
      RV_DW_NEXT_COLUMN
      RV_DW_NEXT_CHANNEL("6")
      RV_DW_EPILOGUE);
}

#else
#define row rv_depthwise_row_c
#endif

static const rv_depthwise_kernel kernel = {5, 2, 3, 0, 1, 1, expand, row};

void rv_depthwise_conv2d_k5s2_s8_dsp(const rv_conv_params *p, const rv_view *in, const rv_view *out,
                                     const rv_window *w, void *scratch) {
  rv_depthwise_dsp(p, in, out, w, scratch, &kernel);
}

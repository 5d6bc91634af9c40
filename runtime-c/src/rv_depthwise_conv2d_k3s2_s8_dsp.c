/** @file rv_depthwise_conv2d_k3s2_s8_dsp.c Depthwise kernels up to 3x3, column stride 2. */
#include "rv_depthwise_dsp.h"

/** Rows 0 and 1, bias, row 2, multiplier. */
static const uint32_t *expand(const uint32_t *packed, uint32_t *record, int32_t channels,
                              int32_t rows) {
  (void)rows;
  for (; channels > 0; channels--) {
    record[4] = packed[0];
    record[7] = packed[1];
    for (int32_t i = 0; i < 3; i++) {
      const uint32_t even = rv_even_bytes(packed[2 + i]);
      const uint32_t odd = rv_odd_bytes(packed[2 + i]);
      record[(i == 2) ? 5 : 2 * i] = rv_low_low(even, odd);
      record[(i == 2) ? 6 : (2 * i) + 1] = even >> 16;
    }
    packed += 5;
    record += 8;
  }
  return packed;
}

#if RV_DSP

/* Row in registers a = (w0, w1), b = (w2, 0), `at` bytes into the quad; sums start from s0..s3. */
#define ROW_FOUR(at, next, after, a, b, s0, s1, s2, s3)   \
  "ldrd r10, r11, [r0, #" #at "]\n"                       \
  "smlad r6, r10, " a ", " s0 "\n"                        \
  "smlad r7, r11, " a ", " s1 "\n"                        \
  "smlad r6, r11, " b ", r6\n"                            \
  "ldrd r10, r11, [r0, #" #next "]\n"                     \
  "smlad r7, r10, " b ", r7\n"                            \
  "smlad r8, r10, " a ", " s2 "\n"                        \
  "smlad r9, r11, " a ", " s3 "\n"                        \
  "ldr r10, [r0, #" #after "]\n"                          \
  "smlad r8, r11, " b ", r8\n"                            \
  "smlad r9, r10, " b ", r9\n"
#define ROW_TWO(at, next, a, b, s0, s1)                   \
  "ldrd r10, r11, [r0, #" #at "]\n"                       \
  "smlad r8, r10, " a ", " s0 "\n"                        \
  "smlad r9, r11, " a ", " s1 "\n"                        \
  "ldr r10, [r0, #" #next "]\n"                           \
  "smlad r8, r11, " b ", r8\n"                            \
  "smlad r9, r10, " b ", r9\n"

/* A record: r2 and r3 row 0, r4 and r5 row 1, r9 bias, r12 and lr row 2. */
#define RECORD "ldmia r1!, {r2, r3, r4, r5, r9, r12, lr}\n"

/** Four outputs: 57 instructions. */
RV_NAKED static void row(const rv_depthwise_row *r RV_UNUSED) {
  __asm volatile(
      RV_DW_PROLOGUE
      RV_DW_BEGIN
      "1:\n"
      RECORD
      ROW_FOUR(0, 96, 192, "r2", "r3", "r9", "r9", "r9", "r9")
      ROW_FOUR(32, 128, 224, "r4", "r5", "r6", "r7", "r8", "r9")
      ROW_FOUR(64, 160, 256, "r12", "lr", "r6", "r7", "r8", "r9")
      RV_DW_STORE_FOUR
      "adds r0, #8\n"
      RV_DW_NEXT_CHANNEL("1")
      RV_DW_NEXT_GROUP
      "6:\n"
      RECORD
      ROW_TWO(0, 96, "r2", "r3", "r9", "r9")
      ROW_TWO(32, 128, "r4", "r5", "r8", "r9")
      ROW_TWO(64, 160, "r12", "lr", "r8", "r9")
      RV_DW_STORE_TWO
      "adds r0, #8\n"
      RV_DW_NEXT_CHANNEL("6")
      RV_DW_EPILOGUE);
}

#else
#define row rv_depthwise_row_c
#endif

static const rv_depthwise_kernel kernel = {3, 2, 2, 4, 1, 0, expand, row};

void rv_depthwise_conv2d_k3s2_s8_dsp(const rv_conv_params *p, const rv_view *in, const rv_view *out,
                                     const rv_window *w, void *scratch) {
  rv_depthwise_dsp(p, in, out, w, scratch, &kernel);
}

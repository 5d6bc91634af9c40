/** @file rv_depthwise_conv2d_k3s2_s8_dsp.c Depthwise kernels up to 3x3, column stride 2. */
#include "rv_depthwise_dsp.h"

#if RV_DSP

/** 17 instructions a channel. */
RV_NAKED static const uint32_t *expand(const uint32_t *packed RV_UNUSED, uint32_t *record RV_UNUSED,
                                       int32_t channels RV_UNUSED, int32_t rows RV_UNUSED) {
  /* Into a the pair (w0, w1), into b (w2, 0). */
#define EXPAND(w, a, b)    \
  "sxtb16 " b ", " w       \
  ", ror #8\n"             \
  "sxtb16 " w ", " w       \
  "\n"                     \
  "pkhbt " a ", " w ", " b \
  ", lsl #16\n"            \
  "lsr " b ", " w ", #16\n"
  __asm volatile(
      ".syntax unified\n"
      "push {r4-r11, lr}\n"
      "1: ldm r0!, {r8, r11, r12}\n"
      "ldm r0!, {r3, lr}\n"
      EXPAND("r12", "r4", "r5")
      EXPAND("r3", "r6", "r7")
      EXPAND("lr", "r9", "r10")
      "stm r1!, {r4-r11}\n"
      "subs r2, #1\n"
      "bne 1b\n"
      "pop {r4-r11, pc}\n");
}

/* Row in registers a = (w0, w1), b = (w2, 0), `at` in the quad (r0 then
 * goes to the next channel); sums start from s0..s3. */
#define ROW_FOUR(at, next, after, a, b, s0, s1, s2, s3) \
  "ldrd r10, r11, " at                                  \
  "\n"                                                  \
  "smlad r6, r10, " a ", " s0                           \
  "\n"                                                  \
  "smlad r7, r11, " a ", " s1                           \
  "\n"                                                  \
  "smlad r6, r11, " b                                   \
  ", r6\n"                                              \
  "ldrd r10, r11, [r0, #" #next                         \
  "]\n"                                                 \
  "smlad r7, r10, " b                                   \
  ", r7\n"                                              \
  "smlad r8, r10, " a ", " s2                           \
  "\n"                                                  \
  "smlad r9, r11, " a ", " s3                           \
  "\n"                                                  \
  "ldr r10, [r0, #" #after                              \
  "]\n"                                                 \
  "smlad r8, r11, " b                                   \
  ", r8\n"                                              \
  "smlad r9, r10, " b ", r9\n"
#define ROW_TWO(at, next, a, b, s0, s1) \
  "ldrd r10, r11, " at                  \
  "\n"                                  \
  "smlad r8, r10, " a ", " s0           \
  "\n"                                  \
  "smlad r9, r11, " a ", " s1           \
  "\n"                                  \
  "ldr r10, [r0, #" #next               \
  "]\n"                                 \
  "smlad r8, r11, " b                   \
  ", r8\n"                              \
  "smlad r9, r10, " b ", r9\n"
#define ROW_ONE(at, a, b, s) \
  "ldrd r10, r11, " at       \
  "\n"                       \
  "smlad r9, r10, " a ", " s \
  "\n"                       \
  "smlad r9, r11, " b ", r9\n"

/* A record: r2 and r3 row 0, r4 and r5 row 1, r9 bias, r12 and lr row 2. */
#define RECORD "ldmia r1!, {r2, r3, r4, r5, r9, r12, lr}\n"

/** Four outputs: 54 instructions. */
RV_NAKED static void walk(const rv_depthwise_call *call RV_UNUSED) {
  __asm volatile(RV_DW_PROLOGUE RV_DW_ROWS
                 "1:\n" RECORD ROW_FOUR("[r0], #8", 88, 184, "r2", "r3", "r9", "r9", "r9", "r9")
                     ROW_FOUR("[r0, #24]", 120, 216, "r4", "r5", "r6", "r7", "r8", "r9")
                         ROW_FOUR("[r0, #56]", 152, 248, "r12", "lr", "r6", "r7", "r8", "r9")
                             RV_DW_STORE_FOUR RV_DW_NEXT_CHANNEL("1") RV_DW_NEXT_GROUP
                 "6:\n" RECORD ROW_TWO("[r0], #8", 88, "r2", "r3", "r9", "r9")
                     ROW_TWO("[r0, #24]", 120, "r4", "r5", "r8", "r9")
                         ROW_TWO("[r0, #56]", 152, "r12", "lr", "r8", "r9")
                             RV_DW_STORE_TWO RV_DW_NEXT_CHANNEL("6") RV_DW_NEXT_TWO
                 "4:\n" RECORD ROW_ONE("[r0], #8", "r2", "r3", "r9")
                     ROW_ONE("[r0, #24]", "r4", "r5", "r9") ROW_ONE("[r0, #56]", "r12", "lr", "r9")
                         RV_DW_STORE_ONE RV_DW_NEXT_CHANNEL("4") RV_DW_EPILOGUE);
}

#else
#define walk rv_depthwise_walk_c

/** rv_depthwise_kernel.expand: rows 0 and 1, bias, row 2, multiplier. */
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
#endif

static const rv_depthwise_kernel kernel = {3, 2, 2, 4, 0, {0, 0, 0}, expand};

void rv_depthwise_conv2d_k3s2_s8_dsp(const rv_conv_params *p, const rv_view *in, const rv_view *out,
                                     const rv_window *w, void *scratch) {
  const rv_depthwise_call call = {p, in, out, w, scratch, &kernel};
  walk(&call);
}

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
      "1: ldm r0!, {r6, r11, r12}\n"
      "ldm r0!, {r3, lr}\n"
      EXPAND("r12", "r4", "r5")
      EXPAND("r3", "r7", "r8")
      EXPAND("lr", "r9", "r10")
      "stm r1!, {r4-r11}\n"
      "subs r2, #1\n"
      "bne 1b\n"
      "pop {r4-r11, pc}\n");
}

#if RV_M7
/* A window row: pairs of columns in r10, r11, r2, r10, r11, r3 (w0, w1), r4 (w2, 0); beside the
 * products stand the loads of `row`'s last pairs and of the next row. Sums start from s0..s3. */
#define ROW_FOUR(row, s0, s1, s2, s3, next0, nextW, next1, lastW)     \
  "smlad r6, r10, r3, " s0                                            \
  "\n"                                                                \
  "ldr r2, [" row                                                     \
  ", #96]\n"                                                          \
  "smlad r7, r11, r3, " s1                                            \
  "\n"                                                                \
  "ldr r10, [" row                                                    \
  ", #100]\n"                                                         \
  "smlad r6, r11, r4, r6\n"                                           \
  "ldr r11, [" row                                                    \
  ", #192]\n"                                                         \
  "smlad r7, r2, r4, r7\n"                                            \
  "add " row                                                          \
  ", #8\n"                                                            \
  "smlad r8, r2, r3, " s2                                             \
  "\n"                                                                \
  "smlad r9, r10, r3, " s3 "\n" nextW "smlad r8, r10, r4, r8\n" next0 \
  "smlad r9, r11, r4, r9\n" lastW next1
#define CHANNEL_FOUR \
  "ldr r3, [r1]\n"                                                                              \
  "ldr r10, [r0]\n"                                                                             \
  "ldr r9, [r1, #8]\n"                                                                          \
  "ldr r11, [r0, #4]\n"                                                                         \
  "ldr r4, [r1, #4]\n"                                                                          \
  ROW_FOUR("r0", "r9", "r9", "r9", "r9", "ldr r10, [lr]\n", "ldr r3, [r1, #12]\n",              \
           "ldr r11, [lr, #4]\n", "ldr r4, [r1, #16]\n")                                        \
  ROW_FOUR("lr", "r6", "r7", "r8", "r9", "ldr r10, [r12]\n", "ldr r3, [r1, #20]\n",             \
           "ldr r11, [r12, #4]\n", "ldr r4, [r1, #24]\n")                                       \
  ROW_FOUR("r12", "r6", "r7", "r8", "r9", "ldr r10, [r1, #28]\n", "ldr r3, [sp, #4]\n",         \
           "ldr r11, [sp, #12]\n", "ldr r4, [sp, #8]\n")                                        \
  "ldr r2, [sp]\n"                                                                              \
  "add r1, #32\n"
#else
/* A window row: r10, r11, r2, then r10, r11 pairs of columns, r3 (w0, w1), r4 (w2, 0); sums start
 * from s0..s3. */
#define ROW_FOUR(row, s0, s1, s2, s3) \
  "ldr r11, [" row                    \
  ", #4]\n"                           \
  "ldr r2, [" row                     \
  ", #96]\n"                          \
  "ldr r10, [" row                    \
  "], #8\n"                           \
  "smlad r6, r10, r3, " s0            \
  "\n"                                \
  "smlad r7, r11, r3, " s1            \
  "\n"                                \
  "smlad r6, r11, r4, r6\n"           \
  "ldr r10, [" row                    \
  ", #92]\n"                          \
  "ldr r11, [" row                    \
  ", #184]\n"                         \
  "smlad r7, r2, r4, r7\n"            \
  "smlad r8, r2, r3, " s2             \
  "\n"                                \
  "smlad r9, r10, r3, " s3            \
  "\n"                                \
  "smlad r8, r10, r4, r8\n"           \
  "smlad r9, r11, r4, r9\n"
#define CHANNEL_FOUR                                                                               \
  "ldm r1!, {r3, r4, r9}\n" ROW_FOUR("r0", "r9", "r9", "r9", "r9") "ldm r1!, {r3, r4}\n" ROW_FOUR( \
      "lr", "r6", "r7", "r8", "r9") "ldm r1!, {r3, r4}\n" ROW_FOUR("r12", "r6", "r7", "r8", "r9")  \
      RV_DW_RING_TAIL
#endif
#define ROW_TWO(row, s0, s1) \
  "ldr r11, [" row           \
  ", #4]\n"                  \
  "ldr r2, [" row            \
  ", #96]\n"                 \
  "ldr r10, [" row           \
  "], #8\n"                  \
  "smlad r8, r10, r3, " s0   \
  "\n"                       \
  "smlad r9, r11, r3, " s1   \
  "\n"                       \
  "smlad r8, r11, r4, r8\n"  \
  "smlad r9, r2, r4, r9\n"
#define CHANNEL_TWO                                                                  \
  "ldm r1!, {r3, r4, r9}\n" ROW_TWO("r0", "r9", "r9") "ldm r1!, {r3, r4}\n" ROW_TWO( \
      "lr", "r8", "r9") "ldm r1!, {r3, r4}\n" ROW_TWO("r12", "r8", "r9") RV_DW_RING_TAIL
#define ROW_ONE(row)        \
  "ldr r11, [" row          \
  ", #4]\n"                 \
  "ldr r10, [" row          \
  "], #8\n"                 \
  "smlad r9, r10, r3, r9\n" \
  "smlad r9, r11, r4, r9\n"
#define CHANNEL_ONE                                                      \
  "ldm r1!, {r3, r4, r9}\n" ROW_ONE("r0") "ldm r1!, {r3, r4}\n" ROW_ONE( \
      "lr") "ldm r1!, {r3, r4}\n" ROW_ONE("r12") RV_DW_RING_TAIL

/** Four outputs: 62 instructions. */
RV_NAKED static void walk(const rv_depthwise_call *call RV_UNUSED) {
  __asm volatile(RV_DW_RING_WALK("", ""));
}

#else
#define walk rv_depthwise_walk_c

/** rv_depthwise_kernel.expand: row 0, bias, rows 1 and 2, multiplier. */
static const uint32_t *expand(const uint32_t *packed, uint32_t *record, int32_t channels,
                              int32_t rows) {
  (void)rows;
  for (; channels > 0; channels--) {
    record[2] = packed[0];
    record[7] = packed[1];
    for (int32_t i = 0; i < 3; i++) {
      const uint32_t even = rv_even_bytes(packed[2 + i]);
      const uint32_t odd = rv_odd_bytes(packed[2 + i]);
      record[(i == 0) ? 0 : (2 * i) + 1] = rv_low_low(even, odd);
      record[(i == 0) ? 1 : (2 * i) + 2] = even >> 16;
    }
    packed += 5;
    record += 8;
  }
  return packed;
}
#endif

static const rv_depthwise_kernel kernel = {3, 2, 2, 2, 0, 0, {0, 0, 0}, expand};

void rv_depthwise_conv2d_k3s2_s8_dsp(const rv_conv_params *p, const rv_view *in, const rv_view *out,
                                     const rv_window *w, void *scratch) {
  const rv_depthwise_call call = {p, in, out, w, scratch, &kernel};
  walk(&call);
}

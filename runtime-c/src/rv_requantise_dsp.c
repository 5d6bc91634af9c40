/**
 * @file rv_requantise_dsp.c
 * @brief Requantisation of the accumulators r4..r9: one routine for each shift, so that it is an
 * immediate of SSAT.
 */
#include "rv_dsp.h"

enum { ENTRY_BYTES = 52, PAIR_BYTES = 16 };

RV_USED void rv_dsp_round_pairs(int32_t *acc, rv_dsp_rounding *rounding) {
  for (int32_t i = rounding->first; i < 6; i++) {
    const int32_t c = rounding->channel + (i & 1);
    if (c < rounding->channels) {
      acc[i] = rv_requantise_channel(acc[i], rounding->requant, c, rounding->rounder);
    }
  }
  rounding->channel += 2;
}

#if RV_DSP

/**
 * In: r4, r6, r8 accumulators of channel a, r5, r7, r9 of channel b, r2 and r3 their multipliers,
 * r10 the addend. Out: int8 values in r4..r9. Nothing else changes. A pair may be left out by
 * entering PAIR_BYTES later.
 */
#define PAIR(a, b)                \
  "smmla " a ", " a ", r2, r10\n" \
  "smmla " b ", " b ", r3, r10\n" \
  "ssat " a ", #8, " a ", asr #\\shift\n" \
  "ssat " b ", #8, " b ", asr #\\shift\n"

RV_NAKED static void fixed6(void) {
  __asm volatile(
      ".syntax unified\n"
      ".irp shift, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22\n"
      PAIR("r4", "r5") PAIR("r6", "r7") PAIR("r8", "r9")
      "bx lr\n"
      "nop\n"
      ".endr\n");
}

/** As fixed6 for every rounding: a dot product's frame has the rv_dsp_rounding at sp + 32. */
RV_NAKED static void any6(void) {
  __asm volatile(
      ".syntax unified\n"
      "ldr r2, [sp, #32]\n"
      "push {r0, r1, r12, lr}\n"
      "push {r4-r9}\n"
      "mov r0, sp\n"
      "mov r1, r2\n"
      "bl rv_dsp_round_pairs\n"
      "pop {r4-r9}\n"
      "pop {r0, r1, r12, pc}\n");
}

/** As fixed6, then clamped: the rv_dsp_clamps are the first of the rv_dsp_rounding. */
RV_NAKED static void clamped6(void) {
  __asm volatile(
      ".syntax unified\n"
      "ldr r11, [sp, #32]\n"
      "str lr, [r11, #4]\n"
      "ldr lr, [r11]\n"
      "blx lr\n"
      "ldrd r2, r3, [r11, #8]\n"
      RV_CLAMP("r4", "r2", "r3") RV_CLAMP("r5", "r2", "r3") RV_CLAMP("r6", "r2", "r3")
      RV_CLAMP("r7", "r2", "r3") RV_CLAMP("r8", "r2", "r3") RV_CLAMP("r9", "r2", "r3")
      "ldr pc, [r11, #4]\n");
}

/** As clamped6 for r8 and r9 alone, 2 * PAIR_BYTES later. */
RV_NAKED static void clamped2(void) {
  __asm volatile(
      ".syntax unified\n"
      "ldr r11, [sp, #32]\n"
      "str lr, [r11, #4]\n"
      "ldr lr, [r11]\n"
      "add lr, #32\n"
      "blx lr\n"
      "ldrd r2, r3, [r11, #8]\n"
      RV_CLAMP("r8", "r2", "r3") RV_CLAMP("r9", "r2", "r3")
      "ldr pc, [r11, #4]\n");
}

static rv_dsp_requantise fixed_entry(int32_t shift, int32_t first) {
  const int32_t offset = ((shift - 1) * ENTRY_BYTES) + ((first / 2) * PAIR_BYTES);
  return (rv_dsp_requantise)((uintptr_t)fixed6 + (uintptr_t)offset);
}

rv_dsp_requantise rv_dsp_entry(const rv_dsp_rounding *rounding, int32_t first) {
  if (rounding->fast == 0) {
    return any6;
  }
  if (rv_clamps_within(rounding->requant)) {
    return (first == 0) ? clamped6 : clamped2;
  }
  return fixed_entry(rounding->rounder.shift, first);
}

#else

static rv_dsp_requantise fixed_entry(int32_t shift, int32_t first) {
  (void)shift;
  (void)first;
  return NULL;
}

rv_dsp_requantise rv_dsp_entry(const rv_dsp_rounding *rounding, int32_t first) {
  (void)rounding;
  (void)first;
  return NULL;
}

#endif

void rv_dsp_begin_rounding(rv_dsp_rounding *rounding, const rv_channel_requant *r) {
  rounding->requant = r;
  rounding->rounder = rv_channel_rounder(r);
  rounding->fast = (r->rounding == RV_ROUND_FIXED) && (r->leftShift == 0);
  rounding->clamps.fixed = fixed_entry(r->shift, 0);
  rounding->clamps.back = NULL;
  rounding->clamps.low = r->clampMin;
  rounding->clamps.high = r->clampMax;
  rounding->sums = NULL;
  rounding->then[0] = NULL;
  rounding->then[1] = NULL;
  rounding->keep = RV_SUMS_NONE;
  rounding->channel = 0;
  rounding->channels = 0;
  rounding->first = 0;
}

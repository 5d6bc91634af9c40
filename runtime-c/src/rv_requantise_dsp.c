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
#define PAIR(a, b)     \
  "smmla " a ", " a    \
  ", r2, r10\n"        \
  "smmla " b ", " b    \
  ", r3, r10\n"        \
  "ssat " a ", #8, " a \
  ", asr #\\shift\n"   \
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

/* Bit n of u, or its opposite, under a mask: -1 there. r10 is free, r2 is -2^(32 - n), r3 is n. */
#define EVEN(u, mask) TIE("and r10, " u ", " mask "\n", u)
#define ODD(u, mask) TIE("bic r10, " mask ", " u "\n", u)
#define TIE(bit, u)              \
  bit "smmla " u ", r10, r2, " u \
      "\n"                       \
      "asr " u ", " u            \
      ", r3\n"                   \
      "ssat " u ", #8, " u "\n"
#define PRODUCT(a, b) \
  "smmla " a ", " a   \
  ", r2, r10\n"       \
  "smmla " b ", " b ", r3, r10\n"
#define MASKS "ldmia r1!, {r0, r11}\n"
#define SHIFT            \
  "ldr r10, [sp, #32]\n" \
  "ldrd r2, r3, [r10, #32]\n"

/** As fixed6 for ties to even: of an even zero point, of an odd one; two are r8 and r9 alone. */
RV_NAKED static void even6(void) {
  __asm volatile(".syntax unified\n" MASKS PRODUCT("r4", "r5") PRODUCT("r6", "r7")
                     PRODUCT("r8", "r9") SHIFT EVEN("r4", "r0") EVEN("r5", "r11") EVEN("r6", "r0")
                         EVEN("r7", "r11") EVEN("r8", "r0") EVEN("r9", "r11") "bx lr\n");
}

RV_NAKED static void even2(void) {
  __asm volatile(".syntax unified\n" MASKS PRODUCT("r8", "r9") SHIFT EVEN("r8", "r0")
                     EVEN("r9", "r11") "bx lr\n");
}

RV_NAKED static void odd6(void) {
  __asm volatile(".syntax unified\n" MASKS PRODUCT("r4", "r5") PRODUCT("r6", "r7")
                     PRODUCT("r8", "r9") SHIFT ODD("r4", "r0") ODD("r5", "r11") ODD("r6", "r0")
                         ODD("r7", "r11") ODD("r8", "r0") ODD("r9", "r11") "bx lr\n");
}

RV_NAKED static void odd2(void) {
  __asm volatile(".syntax unified\n" MASKS PRODUCT("r8", "r9") SHIFT ODD("r8", "r0")
                     ODD("r9", "r11") "bx lr\n");
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
      "bl " RV_SYMBOL(rv_dsp_round_pairs) "\n"
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
      "ldr r11, [sp, #32]\n"
      "ldrd r2, r3, [r11, #8]\n" RV_CLAMP("r4", "r2", "r3") RV_CLAMP("r5", "r2", "r3")
          RV_CLAMP("r6", "r2", "r3") RV_CLAMP("r7", "r2", "r3") RV_CLAMP("r8", "r2", "r3")
              RV_CLAMP("r9", "r2", "r3") "ldr pc, [r11, #4]\n");
}

/** As clamped6 for r8 and r9 alone. */
RV_NAKED static void clamped2(void) {
  __asm volatile(
      ".syntax unified\n"
      "ldr r11, [sp, #32]\n"
      "str lr, [r11, #4]\n"
      "ldr lr, [r11, #40]\n"
      "blx lr\n"
      "ldr r11, [sp, #32]\n"
      "ldrd r2, r3, [r11, #8]\n" RV_CLAMP("r8", "r2", "r3")
          RV_CLAMP("r9", "r2", "r3") "ldr pc, [r11, #4]\n");
}

/** The routine without clamps for `pixels` pixels, 1 or 3. */
static rv_dsp_requantise unclamped(const rv_dsp_rounding *rounding, int32_t pixels) {
  if (rounding->masks != 0) {
    if ((rounding->requant->zeroPoint & 1) != 0) {
      return (pixels == 3) ? odd6 : odd2;
    }
    return (pixels == 3) ? even6 : even2;
  }
  const int32_t offset = ((rounding->shift - 1) * ENTRY_BYTES) + ((3 - pixels) * PAIR_BYTES);
  return (rv_dsp_requantise)((uintptr_t)fixed6 + (uintptr_t)offset);
}

rv_dsp_requantise rv_dsp_entry(const rv_dsp_rounding *rounding, int32_t first) {
  if (rounding->fast == 0) {
    return any6;
  }
  if (rv_clamps_within(rounding->requant)) {
    return (first == 0) ? clamped6 : clamped2;
  }
  return (first == 0) ? rounding->clamps.fixed : rounding->one;
}

#else

static rv_dsp_requantise unclamped(const rv_dsp_rounding *rounding, int32_t pixels) {
  (void)rounding;
  (void)pixels;
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
  rounding->fast = (r->rounding != RV_ROUND_EXACT) && (r->leftShift == 0);
  rounding->masks = (rounding->fast != 0) && (r->rounding == RV_ROUND_EVEN);
  rounding->shift = r->shift;
  rounding->unit = rv_dsp_is_plain(rounding) ? r->shift : 0;
  if (rounding->masks != 0) {
    rounding->unit = INT32_MIN / ((int32_t)1 << (r->shift - 1));
  }
  rounding->clamps.fixed = unclamped(rounding, 3);
  rounding->one = unclamped(rounding, 1);
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

/**
 * @file rv_dot_slice_dsp.c
 * @brief Sums of dot products over slices of their inputs, kept in memory from one slice to the
 * next.
 */
#include "rv_dsp.h"

#if RV_DSP

/*
 * Each stands where a block of rv_dot_block_dsp.h calls for its requantisation, with six
 * accumulators in r4..r9 or two in r8 and r9. Those that keep sums find them where the block keeps
 * its output, and return behind the instructions that would write that.
 */
#define SKIP_OUTPUT6 "add lr, #28\n"
#define SKIP_OUTPUT2 "add lr, #12\n"

RV_NAKED static void set6(void) {
  __asm volatile(
      ".syntax unified\n"
      "ldr r10, [sp]\n"
      "stmia r10!, {r4-r9}\n" SKIP_OUTPUT6 "bx lr\n");
}

RV_NAKED static void set2(void) {
  __asm volatile(
      ".syntax unified\n"
      "ldr r10, [sp]\n"
      "stmia r10!, {r8, r9}\n" SKIP_OUTPUT2 "bx lr\n");
}

RV_NAKED static void add6(void) {
  __asm volatile(
      ".syntax unified\n"
      "ldr r10, [sp]\n"
      "ldm r10, {r0, r2, r3, r11}\n"
      "add r4, r0\n"
      "add r5, r2\n"
      "add r6, r3\n"
      "add r7, r11\n"
      "ldrd r0, r2, [r10, #16]\n"
      "add r8, r0\n"
      "add r9, r2\n"
      "stmia r10!, {r4-r9}\n" SKIP_OUTPUT6 "bx lr\n");
}

RV_NAKED static void add2(void) {
  __asm volatile(
      ".syntax unified\n"
      "ldr r10, [sp]\n"
      "ldrd r0, r2, [r10]\n"
      "add r8, r0\n"
      "add r9, r2\n"
      "stmia r10!, {r8, r9}\n" SKIP_OUTPUT2 "bx lr\n");
}

/* The rv_dsp_rounding is at sp + 32; r10 is the addend, r2 and r3 the multipliers. */
RV_NAKED static void last6(void) {
  __asm volatile(
      ".syntax unified\n"
      "ldr r11, [sp, #32]\n"
      "ldr r12, [r11, #16]\n"
      "ldmia r12!, {r0, r10}\n"
      "add r4, r0\n"
      "add r5, r10\n"
      "ldmia r12!, {r0, r10}\n"
      "add r6, r0\n"
      "add r7, r10\n"
      "ldmia r12!, {r0, r10}\n"
      "add r8, r0\n"
      "add r9, r10\n"
      "str r12, [r11, #16]\n"
      "ldr r10, [sp, #24]\n"
      "ldr pc, [r11, #24]\n");
}

RV_NAKED static void last2(void) {
  __asm volatile(
      ".syntax unified\n"
      "ldr r11, [sp, #32]\n"
      "ldr r0, [r11, #16]\n"
      "ldmia r0!, {r4, r5}\n"
      "add r8, r4\n"
      "add r9, r5\n"
      "str r0, [r11, #16]\n"
      "ldr pc, [r11, #20]\n");
}

/** The routine for `pixels` pixels, instead of the block's own. */
static rv_dsp_requantise entry(int32_t keep, int32_t pixels) {
  if (keep == RV_SUMS_SET) {
    return (pixels == 3) ? set6 : set2;
  }
  if (keep == RV_SUMS_ADD) {
    return (pixels == 3) ? add6 : add2;
  }
  return (pixels == 3) ? last6 : last2;
}

#else

static rv_dsp_requantise entry(int32_t keep, int32_t pixels) {
  (void)keep;
  (void)pixels;
  return NULL;
}

#endif

void rv_dot_begin_slice(rv_dot_job *job, int32_t first, int32_t last, int32_t *sums) {
  if ((first != 0) && (last != 0)) {
    return;
  }
  const int32_t keep = (first != 0) ? RV_SUMS_SET : ((last != 0) ? RV_SUMS_LAST : RV_SUMS_ADD);
  job->rounding.keep = keep;
  job->pixels = job->blocks->three;
  job->rounding.unit = rv_min(job->rounding.unit, 0); /* No two pairs at a time. */
  job->rounding.sums = sums;
  job->rounding.then[0] = rv_dsp_entry(&job->rounding, 4);
  job->rounding.then[1] = rv_dsp_entry(&job->rounding, 0);
  job->three.requantise = entry(keep, 3);
  job->one.requantise = entry(keep, 1);
}

int32_t *rv_dot_keep(rv_dot_job *job, int32_t pixels, int32_t *sums) {
  rv_dot *d = (pixels == 3) ? &job->three : &job->one;
  int32_t *end = sums + ((ptrdiff_t)2 * pixels * ((job->channels + 1) / 2));
  d->out = (int8_t *)sums;
  d->outEnd = (int8_t *)end;
  if (pixels == 3) {
    job->blocks->three(d);
  } else {
    job->blocks->one(d);
  }
  return end;
}

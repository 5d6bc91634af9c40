/** @file rv_depthwise_stage_dsp.c Staging of the depthwise kernels for the DSP extension. */
#include "rv_depthwise_dsp.h"

#if RV_DSP

#define MOVE               \
  "ldmia r12!, {r4-r11}\n" \
  "stmia lr!, {r4-r11}\n" /* 8 bytes of code */

/* r4 the row, r5 its slot: the next ones, over the end of a ring. r6 to r8 change. */
#define NEXT_SLOT             \
  "ldrd r7, r8, [sp, #132]\n" \
  "adds r4, #1\n"             \
  "add r8, r7, r8, lsl #5\n"  \
  "add r6, r5, #32\n"         \
  "cmp r6, r8\n"              \
  "it eq\n"                   \
  "moveq r6, r7\n"            \
  "strd r4, r6, [sp, #220]\n"

/**
 * In the frame of a kernel's walk: stages the rows that the next output row needs. Out: r10 its
 * first output, r11 the end of its full groups.
 */
RV_USED RV_NAKED void rv_depthwise_next_row(void) {
  __asm volatile(
      ".syntax unified\n"
      "str lr, [sp, #236]\n"
      "add r0, sp, #124\n"
      "ldm r0, {r0, r1, r2, r3, r4}\n" /* top, next, staged, kernelRows, strideH */
      "add r3, r0\n"
      "add r4, r0\n"
      "strd r4, r3, [sp, #124]\n"
      "subs r5, r1, r0\n" /* rows that stay */
      "ldr r6, [sp, #208]\n"
      "cbnz r6, 18f\n"
      "ldr r2, [sp, #60]\n" /* in a ring, where the oldest rows are */
      "strd r1, r2, [sp, #220]\n"
      "b 3f\n"
      "18: add r2, r2, r5, lsl #5\n"
      "strd r1, r2, [sp, #220]\n" /* row, slot */
      "beq 3f\n"
      /* They move down by the stride. */
      "adr.w r6, 2f\n"
      "sub r6, r6, r5, lsl #3\n"
      "adds r6, r6, #1\n"
      "str r6, [sp, #228]\n"
      "ldr r0, [sp, #132]\n"
      "add r1, sp, #144\n"
      "ldm r1, {r1, r2, r3}\n" /* quads, moveBytes, quadBytes */
      "1: add r12, r0, r2\n"
      "mov lr, r0\n"
      "ldr pc, [sp, #228]\n" MOVE MOVE MOVE MOVE MOVE MOVE
      "2: add r0, r3\n"
      "subs r1, #1\n"
      "bne 1b\n"
      "3: ldrd r4, r5, [sp, #220]\n" /* row, slot */
      "ldr r6, [sp, #156]\n"
      "cmp r4, r6\n"
      "bhs 14f\n" NEXT_SLOT
      "add r0, sp, #188\n"
      "ldm r0, {r0, r7, r8, r9}\n" /* source */
      "add r7, r0\n"
      "cmp r7, r8\n"
      "it eq\n"
      "moveq r7, r9\n"
      "str r7, [sp, #188]\n"
      "ldr r1, [sp, #152]\n" /* quadBytes */
      "add r2, sp, #160\n"
      /* pixelPitch, toOffset, endOffset, lead, tail, offset */
      "ldm r2, {r2, r3, r6, r8, r9, r12}\n"
      "add r3, r5\n"
      "add r6, r5\n"
      "strd r6, r9, [sp, #228]\n"
      "cmp r8, #0\n"
      "bne 8f\n"
      "cmp r3, r6\n"
      "beq 6f\n"
      "4: ldr r7, [r0]\n"
      "ldr r10, [r0, r2]\n"
      "add r0, r0, r2, lsl #1\n"
      "ldr lr, [r0]\n"
      "ldr r11, [r0, r2]\n"
      "add r0, r0, r2, lsl #1\n"
      "5:\n" /* pixels in r7, r10, lr, r11 */
      "sxtab16 r5, r12, r7\n"
      "sxtab16 r7, r12, r7, ror #8\n"
      "sxtab16 r8, r12, r10\n"
      "sxtab16 r10, r12, r10, ror #8\n"
      "sxtab16 r6, r12, lr\n"
      "sxtab16 lr, r12, lr, ror #8\n"
      "sxtab16 r9, r12, r11\n"
      "sxtab16 r11, r12, r11, ror #8\n"
      "pkhbt r4, r5, r8, lsl #16\n"
      "pkhtb r8, r8, r5, asr #16\n"
      "pkhbt r5, r6, r9, lsl #16\n"
      "pkhtb r9, r9, r6, asr #16\n"
      "pkhbt r6, r7, r10, lsl #16\n"
      "pkhtb r10, r10, r7, asr #16\n"
      "pkhbt r7, lr, r11, lsl #16\n"
      "pkhtb r11, r11, lr, asr #16\n"
      "stm r3, {r4-r11}\n"
      "add r3, r1\n"
      "ldr r4, [sp, #228]\n"
      "cmp r3, r4\n"
      "bne 4b\n"
      "6: ldr r8, [sp, #232]\n"
      "cmp r8, #0\n"
      "bne 11f\n"
      "7: ldr r4, [sp, #220]\n"
      "ldr r5, [sp, #128]\n"
      "cmp r4, r5\n"
      "blt 3b\n"
      /* The row itself. */
      "12: ldr r0, [sp, #208]\n"
      "cbnz r0, 19f\n"
      "ldr r0, [sp, #224]\n"
      "str r0, [sp, #60]\n"
      "b 17f\n"
      "19:\n"
      "ldrd r0, r3, [sp, #124]\n" /* next window's top, this one's end */
      "ldrd r1, r2, [sp, #212]\n" /* firstInside, isBorder */
      "cmp r0, r1\n"
      "blt 16f\n"
      "ldr r1, [sp, #156]\n"
      "cmp r3, r1\n"
      "bgt 16f\n"
      "cbz r2, 17f\n"
      "16: mov r0, sp\n"
      "bl " RV_SYMBOL(rv_depthwise_set_rows) "\n"
      "17: ldr r11, [sp, #104]\n"
      "add r10, sp, #108\n"
      "ldm r10, {r1, r2, r3, r10}\n" /* target, r10: wrap */
      "add r11, r1\n"
      "add r2, r1\n"
      "cmp r2, r3\n"
      "it eq\n"
      "moveq r2, r10\n"
      "str r2, [sp, #108]\n"
      "mov r10, r1\n"
      "ldr r0, [sp, #52]\n"
      "str r10, [sp, #28]\n"
      "and r0, r11\n"
      "strd r11, r0, [sp, #36]\n"
      "ldr pc, [sp, #236]\n"
      /* The first quad begins with padding. */
      "8: cmp r8, #4\n"
      "bhs 13f\n"
      "ldr r7, [sp, #184]\n"
      "mov r10, r7\n"
      "mov lr, r7\n"
      "cmp r8, #2\n"
      "bhi 10f\n"
      "beq 9f\n"
      "ldr r10, [r0]\n"
      "add r0, r2\n"
      "9: ldr lr, [r0]\n"
      "add r0, r2\n"
      "10: ldr r11, [r0]\n"
      "add r0, r2\n"
      "b 5b\n"
      /* The last one ends with padding. */
      "11: add r4, r3, r1\n"
      "movs r5, #0\n"
      "strd r4, r5, [sp, #228]\n"
      "ldr r11, [sp, #184]\n"
      "mov r10, r11\n"
      "mov lr, r11\n"
      "ldr r7, [r0]\n"
      "cmp r8, #2\n"
      "blt 5b\n"
      "ldr r10, [r0, r2]\n"
      "beq 5b\n"
      "ldr lr, [r0, r2, lsl #1]\n"
      "b 5b\n"
      "13: mov r1, r0\n"
      "mov r2, r5\n"
      "mov r0, sp\n"
      "bl " RV_SYMBOL(rv_depthwise_stage_apart) "\n"
      "b 7b\n"
      /* A row outside the image. */
      "14:\n" NEXT_SLOT
      "ldr r6, [sp, #208]\n"
      "cmp r6, #0\n"
      "bne 7b\n"
      "mov r0, r5\n"
      "ldr r1, [sp, #144]\n"
      "ldr r2, [sp, #152]\n"
      "movs r4, #0\n"
      "movs r5, #0\n"
      "movs r6, #0\n"
      "movs r7, #0\n"
      "mov r8, r4\n"
      "mov r9, r4\n"
      "mov r10, r4\n"
      "mov r11, r4\n"
      "15: stm r0, {r4-r11}\n"
      "add r0, r2\n"
      "subs r1, #1\n"
      "bne 15b\n"
      "b 7b\n");
}

#else

/** ISO C forbids an empty translation unit. */
typedef int rv_depthwise_stage_is_in_the_twin;

#endif

/** @file rv_depthwise_stage_dsp.c Staging of the depthwise kernels for the DSP extension. */
#include "rv_depthwise_dsp.h"

#if RV_DSP

#define MOVE               \
  "ldmia r12!, {r4-r11}\n" \
  "stmia lr!, {r4-r11}\n" /* 8 bytes of code */

/* r4 the row, r5 its slot: the next ones, over the end of a ring of r8 slots from r7 on. r6 and r8
 * change. */
#define NEXT_SLOT            \
  "adds r4, #1\n"            \
  "add r8, r7, r8, lsl #5\n" \
  "add r6, r5, #32\n"        \
  "cmp r6, r8\n"             \
  "it eq\n"                  \
  "moveq r6, r7\n"           \
  "str r4, [sp, #220]\n"     \
  "str r6, [sp, #224]\n"

/**
 * In the frame of a kernel's walk: stages the rows that the next output row needs. Out: r10 its
 * first output, r11 the end of its full groups.
 *
 * Loads stand in a row, one by one: so each takes a cycle, where LDM takes one more and needs an
 * address.
 */
RV_USED RV_NAKED void rv_depthwise_next_row(void) {
  __asm volatile(
      ".syntax unified\n"
      "ldr r6, [sp, #208]\n" /* skipsRows */
      "ldr r0, [sp, #124]\n" /* top */
      "ldr r4, [sp, #128]\n" /* next */
      "ldr r3, [sp, #136]\n" /* kernelRows */
      "ldr r1, [sp, #140]\n" /* strideH */
      "ldr r5, [sp, #60]\n"  /* in a ring, where the oldest rows are */
      "add r3, r0\n"
      "add r1, r0\n"
      "str lr, [sp, #236]\n"
      "str r1, [sp, #124]\n"
      "str r3, [sp, #128]\n"
      "cmp r6, #0\n"
      "bne.w 18f\n"
      "3:\n" /* r4 row, r5 slot */
      "ldr r6, [sp, #156]\n"
      "ldr r7, [sp, #132]\n"
      "ldr r8, [sp, #136]\n"
      "ldr r0, [sp, #188]\n" /* source */
      "ldr r1, [sp, #192]\n"
      "ldr r2, [sp, #196]\n"
      "ldr r3, [sp, #200]\n"
      "ldr r9, [sp, #164]\n"  /* toOffset */
      "ldr r10, [sp, #168]\n" /* endOffset */
      "ldr r11, [sp, #172]\n" /* lead */
      "ldr r12, [sp, #180]\n" /* offset */
      "cmp r4, r6\n"
      "bhs.w 14f\n"
      "add r1, r0\n"
      "cmp r1, r2\n"
      "it eq\n"
      "moveq r1, r3\n"
      "str r1, [sp, #188]\n" NEXT_SLOT
      "add r3, r5, r9\n"
      "add r6, r5, r10\n"
      "ldr r2, [sp, #160]\n" /* pixelPitch */
      "ldr r1, [sp, #152]\n" /* quadBytes */
      "ldr r9, [sp, #176]\n" /* tail */
      "cmp r11, #0\n"
      "str r6, [sp, #228]\n"
      "str r9, [sp, #232]\n"
      "bne 8f\n"
      "cmp r3, r6\n"
      "beq 6f\n"
      "4: add r5, r2, r2, lsl #1\n"
      "ldr r7, [r0]\n"
      "ldr r10, [r0, r2]\n"
      "ldr lr, [r0, r2, lsl #1]\n"
      "ldr r11, [r0, r5]\n"
      "add r0, r0, r2, lsl #2\n"
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
      "6: ldr r5, [sp, #232]\n"
      "cbz r5, 7f\n"
      /* The last one ends with padding: r5 pixels. */
      "ldr r11, [sp, #184]\n"
      "ldr r7, [r0]\n"
      "add r4, r3, r1\n"
      "movs r6, #0\n"
      "str r4, [sp, #228]\n"
      "str r6, [sp, #232]\n"
      "mov r10, r11\n"
      "mov lr, r11\n"
      "cmp r5, #2\n"
      "blt 5b\n"
      "ldr r10, [r0, r2]\n"
      "beq 5b\n"
      "ldr lr, [r0, r2, lsl #1]\n"
      "b 5b\n"
      "7: ldr r4, [sp, #220]\n"
      "ldr r5, [sp, #224]\n"
      "ldr r6, [sp, #128]\n"
      "ldr r0, [sp, #208]\n"
      "cmp r4, r6\n"
      "blt 3b\n"
      /* The row itself. */
      "cmp r0, #0\n"
      "bne 19f\n"
      "str r5, [sp, #60]\n"
      "17: ldr r11, [sp, #104]\n"
      "ldr r10, [sp, #108]\n" /* target */
      "ldr r2, [sp, #112]\n"
      "ldr r3, [sp, #116]\n"
      "ldr r6, [sp, #120]\n"
      "ldr r0, [sp, #52]\n"
      "ldr lr, [sp, #236]\n"
      "add r11, r10\n"
      "add r2, r10\n"
      "cmp r2, r3\n"
      "it eq\n"
      "moveq r2, r6\n"
      "and r0, r11\n"
      "str r2, [sp, #108]\n"
      "str r10, [sp, #28]\n"
      "str r11, [sp, #36]\n"
      "str r0, [sp, #40]\n"
      "bx lr\n"
      /* The first quad begins with padding. */
      "8: cmp r11, #4\n"
      "bhs 13f\n"
      "ldr r7, [sp, #184]\n"
      "cmp r11, #2\n"
      "bhi 10f\n"
      "mov r10, r7\n"
      "beq 9f\n"
      "ldr r10, [r0]\n"
      "ldr lr, [r0, r2]\n"
      "ldr r11, [r0, r2, lsl #1]\n"
      "add r0, r2\n"
      "add r0, r0, r2, lsl #1\n"
      "b 5b\n"
      "9: ldr lr, [r0]\n"
      "ldr r11, [r0, r2]\n"
      "add r0, r0, r2, lsl #1\n"
      "b 5b\n"
      "10: mov r10, r7\n"
      "mov lr, r7\n"
      "ldr r11, [r0]\n"
      "add r0, r2\n"
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
      "b 7b\n"
      /* Rows that stay, r5, move down by the stride. */
      "18: ldr r2, [sp, #132]\n"
      "subs r5, r4, r0\n"
      "mov r0, r2\n"
      "add r2, r2, r5, lsl #5\n"
      "strd r4, r2, [sp, #220]\n" /* row, slot */
      "beq 20f\n"
      "adr.w r6, 2f\n"
      "sub r6, r6, r5, lsl #3\n"
      "adds r6, r6, #1\n"
      "str r6, [sp, #228]\n"
      "add r1, sp, #144\n"
      "ldm r1, {r1, r2, r3}\n" /* quads, moveBytes, quadBytes */
      "1: add r12, r0, r2\n"
      "mov lr, r0\n"
      "ldr pc, [sp, #228]\n" MOVE MOVE MOVE MOVE MOVE MOVE
      "2: add r0, r3\n"
      "subs r1, #1\n"
      "bne 1b\n"
      "20: ldrd r4, r5, [sp, #220]\n"
      "b 3b\n"
      /* Which rows of the window are inside. */
      "19: ldrd r0, r3, [sp, #124]\n" /* next window's top, this one's end */
      "ldrd r1, r2, [sp, #212]\n"     /* firstInside, isBorder */
      "cmp r0, r1\n"
      "blt 16f\n"
      "ldr r1, [sp, #156]\n"
      "cmp r3, r1\n"
      "bgt 16f\n"
      "cmp r2, #0\n"
      "beq 17b\n"
      "16: mov r0, sp\n"
      "bl " RV_SYMBOL(rv_depthwise_set_rows) "\n"
      "b 17b\n");
}

#else

/** ISO C forbids an empty translation unit. */
typedef int rv_depthwise_stage_is_in_the_twin;

#endif

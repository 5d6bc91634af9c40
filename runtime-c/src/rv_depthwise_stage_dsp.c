/** @file rv_depthwise_stage_dsp.c Staging of the depthwise kernels for the DSP extension. */
#include "rv_depthwise_dsp.h"

#if RV_DSP

/** Stages a row: 27 instructions for four pixels of four channels. */
RV_NAKED void rv_depthwise_stage_pixels(const rv_depthwise_stage *s RV_UNUSED) {
  __asm volatile(
      ".syntax unified\n"
      "push {r4-r11, lr}\n"
      "sub sp, #12\n"
      "ldm r0, {r0-r8}\n"
      "mov r12, r4\n"
      "str r5, [sp]\n"
      "str r6, [sp, #4]\n"
      "str r8, [sp, #8]\n"
      "cbz r7, 5f\n"
      "mov r4, r7\n"
      "mov r7, r6\n"
      "mov r10, r6\n"
      "mov lr, r6\n"
      "cmp r4, #2\n"
      "bhi 3f\n"
      "beq 2f\n"
      "ldr r10, [r0]\n"
      "add r0, r1\n"
      "2:\n"
      "ldr lr, [r0]\n"
      "add r0, r1\n"
      "3:\n"
      "ldr r11, [r0]\n"
      "add r0, r1\n"
      "b 1f\n"
      "5:\n"
      "cmp r2, r5\n"
      "beq 4f\n"
      "0:\n"
      "ldr r7, [r0]\n"
      "ldr r10, [r0, r1]\n"
      "add r0, r0, r1, lsl #1\n"
      "ldr lr, [r0]\n"
      "ldr r11, [r0, r1]\n"
      "add r0, r0, r1, lsl #1\n"
      "1:\n" /* pixels in r7, r10, lr, r11 */
      "sxtab16 r5, r3, r7\n"
      "sxtab16 r7, r3, r7, ror #8\n"
      "sxtab16 r8, r3, r10\n"
      "sxtab16 r10, r3, r10, ror #8\n"
      "sxtab16 r6, r3, lr\n"
      "sxtab16 lr, r3, lr, ror #8\n"
      "sxtab16 r9, r3, r11\n"
      "sxtab16 r11, r3, r11, ror #8\n"
      "pkhbt r4, r5, r8, lsl #16\n"
      "pkhtb r8, r8, r5, asr #16\n"
      "pkhbt r5, r6, r9, lsl #16\n"
      "pkhtb r9, r9, r6, asr #16\n"
      "pkhbt r6, r7, r10, lsl #16\n"
      "pkhtb r10, r10, r7, asr #16\n"
      "pkhbt r7, lr, r11, lsl #16\n"
      "pkhtb r11, r11, lr, asr #16\n"
      "stm r2, {r4-r11}\n"
      "add r2, r12\n"
      "ldr r4, [sp]\n"
      "cmp r2, r4\n"
      "bne 0b\n"
      "4:\n"
      "ldr r8, [sp, #8]\n"
      "cmp r8, #0\n"
      "beq 6f\n"
      "add r4, r2, r12\n"
      "str r4, [sp]\n"
      "movs r4, #0\n"
      "str r4, [sp, #8]\n"
      "ldr r11, [sp, #4]\n"
      "mov r10, r11\n"
      "mov lr, r11\n"
      "ldr r7, [r0]\n"
      "cmp r8, #2\n"
      "blt 1b\n"
      "ldr r10, [r0, r1]\n"
      "beq 1b\n"
      "ldr lr, [r0, r1, lsl #1]\n"
      "b 1b\n"
      "6:\n"
      "add sp, #12\n"
      "pop {r4-r11, pc}\n");
}

/** Moves `rows` (1..6) staged rows of each quad down by `by` bytes. */
RV_NAKED void rv_depthwise_move_rows(int16_t *staged RV_UNUSED, int32_t quads RV_UNUSED,
                                     int32_t quadBytes RV_UNUSED, int32_t by RV_UNUSED,
                                     int32_t rows RV_UNUSED) {
#define MOVE                  \
  "ldmia r12!, {r4-r11}\n"    \
  "stmia lr!, {r4-r11}\n" /* 8 bytes of code */
  __asm volatile(
      ".syntax unified\n"
      "push {r4-r11, lr}\n"
      "ldr r4, [sp, #36]\n"
      "adr.w r5, 2f\n"
      "sub r5, r5, r4, lsl #3\n"
      "adds r5, r5, #1\n"
      "push {r5}\n"
      "1:\n"
      "add r12, r0, r3\n"
      "mov lr, r0\n"
      "ldr pc, [sp]\n"
      MOVE MOVE MOVE MOVE MOVE MOVE
      "2:\n"
      "add r0, r2\n"
      "subs r1, #1\n"
      "bne 1b\n"
      "pop {r5}\n"
      "pop {r4-r11, pc}\n");
}

#else

static void stage_quad(int16_t *to, const uint32_t *pixels, uint32_t offset) {
  for (int32_t i = 0; i < 4; i++) {
    const uint32_t even = rv_even_bytes(pixels[i]);
    const uint32_t odd = rv_odd_bytes(pixels[i]);
    to[i] = (int16_t)(rv_low(even) + rv_low(offset));
    to[RV_DW_CHANNEL + i] = (int16_t)(rv_low(odd) + rv_low(offset));
    to[(2 * RV_DW_CHANNEL) + i] = (int16_t)(rv_high(even) + rv_low(offset));
    to[(3 * RV_DW_CHANNEL) + i] = (int16_t)(rv_high(odd) + rv_low(offset));
  }
}

void rv_depthwise_stage_pixels(const rv_depthwise_stage *s) {
  const int8_t *from = s->from;
  int16_t *to = s->to;
  int32_t lead = s->lead;
  uint32_t pixels[4] = {s->zeroPoints, s->zeroPoints, s->zeroPoints, s->zeroPoints};
  for (; to != s->end; to += s->quadBytes / 2) {
    for (int32_t i = lead; i < 4; i++) {
      pixels[i] = rv_load32(from);
      from += s->pitch;
    }
    stage_quad(to, pixels, s->offset);
    lead = 0;
  }
  if (s->tail > 0) {
    for (int32_t i = 0; i < 4; i++) {
      pixels[i] = (i < s->tail) ? rv_load32(from + ((ptrdiff_t)i * s->pitch)) : s->zeroPoints;
    }
    stage_quad(to, pixels, s->offset);
  }
}

void rv_depthwise_move_rows(int16_t *staged, int32_t quads, int32_t quadBytes, int32_t by,
                            int32_t rows) {
  for (; quads > 0; quads--) {
    memmove(staged, staged + (by / 2), (size_t)rows * RV_DW_SLOT_BYTES);
    staged += quadBytes / 2;
  }
}

#endif

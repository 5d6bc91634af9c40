/**
 * @file rv_depthwise_rows_mve.c Blocks of eight outputs of a channel: VMLADAVA, 16 taps each,
 * weights in registers.
 *
 * q0, q1 data; q2 offsets of the results; q3 multiplier; q4-q7 weights. r1 first tap, r3 bias, r5
 * results, r7 whole blocks left, r9 addend, r11 shift. Even registers accumulate; output 7 is
 * computed first, so that a block of fewer outputs is entered in the middle.
 */
/* Assembly is laid out by hand. */
/* clang-format off */
#include "rv_depthwise_mve.h"

#if RV_MVE

/* Offsets in the stack frame: accumulators, then rv_depthwise_rows, then addresses. */
#define STREAM "32"
#define END "36"
#define PLACES "40" /* x and out */
#define PITCH "48"
#define OUT_STEP "52"
#define FULL "56"
#define PARTIAL "60"
#define FULL_MASK "64"
#define PARTIAL_MASK "68"
#define ADDEND "72" /* and shift */
#define LEFT_SCALE "80"
#define BLOCKS "84"
#define BODY "88"
#define OFFSETS "92"
#define FIRST "108"
#define ENTRY "112"
#define AFTER "116"
#define START "120"
#define FRAME "124" /* with nine core registers and d8-d15, the stack stays aligned to 8 */

typedef char offset_stream[(offsetof(rv_depthwise_rows, x) == 8) ? 1 : -1];
typedef char offset_full[(offsetof(rv_depthwise_rows, full) == 24) ? 1 : -1];
typedef char offset_addend[(offsetof(rv_depthwise_rows, addend) == 40) ? 1 : -1];
typedef char offset_offsets[(offsetof(rv_depthwise_rows, offsets) == 60) ? 1 : -1];
typedef char size_rows[(sizeof(rv_depthwise_rows) == 76) ? 1 : -1];

#pragma GCC diagnostic ignored "-Woverlength-strings"

#define L(text) text "\n\t"
#define LABEL(label, at) L("adr.w r1, " label) L("orr r1, r1, #1") L("str r1, [sp, #" at "]")
/* The products of one output: taps at byte `at` and, in the longer ones, 16, 32 and 48 bytes on. */
#define TAPS1(acc, q, at) L("vldrb.8 " q ", [r1, #" at "]") L("vmladav.s8 " acc ", " q ", q4")
#define TAPS2(acc, q, at) \
  TAPS1(acc, q, at) L("vldrb.8 " q ", [r1, #" at "+16]") L("vmladava.s8 " acc ", " q ", q5")
#define TAPS4(acc, q, at)                                                                        \
  TAPS2(acc, q, at) L("vldrb.8 " q ", [r1, #" at "+32]") L("vmladava.s8 " acc ", " q ", q6")     \
  L("vldrb.8 " q ", [r1, #" at "+48]") L("vmladava.s8 " acc ", " q ", q7")
/* Adding the bias; with up to 32 taps, after the left shift: times q7, a power of two. */
#define ADD L("vadd.i32 q0, q0, r3") L("vadd.i32 q1, q1, r3")
#define SCALE_ADD L("vmlas.s32 q0, q7, r3") L("vmlas.s32 q1, q7, r3")
/* A body: loop over blocks whose outputs' first taps are a0..a7 bytes from the block's, `next` bytes apart. */
#define BLOCKS_OF(name, taps, bias, a0, a1, a2, a3, a4, a5, a6, a7, next)                                          \
  name ":" taps("lr", "q1", a7) taps("r12", "q0", a6) taps("r10", "q1", a5) taps("r8", "q0", a4)             \
  taps("r6", "q1", a3) taps("r4", "q0", a2) taps("r2", "q1", a1) taps("r0", "q0", a0)                        \
  L("stm sp, {r0, r2, r4, r6, r8, r10, r12, lr}") L("vldrw.32 q0, [sp]") L("vldrw.32 q1, [sp, #16]")         \
  bias L("vqdmlash.s32 q0, q3, r9") L("vqdmlash.s32 q1, q3, r9") \
  L("vqrshrnb.s32 q0, q0, #2") L("vqrshrnt.s32 q0, q1, #2") L("vshl.s16 q0, r11") L("vqmovnb.s16 q0, q0")    \
  L("ldr r0, [sp, #" OUT_STEP "]") L("vpst") L("vstrbt.16 q0, [r5, q2]") L("add r5, r0")                     \
  L("adds r1, #" next) L("subs r7, #1") L("bgt " name "b") L("ldr pc, [sp, #" AFTER "]")
/* The beginning of a channel. */
#define CHANNEL(weights)                                                                                     \
  L("ldr r0, [sp, #" FULL_MASK "]") L("vmsr p0, r0") L("ldr r0, [sp, #" STREAM "]") weights                  \
  L("ldrd r3, r2, [r0], #8") L("str r0, [sp, #" STREAM "]") L("vdup.32 q3, r2")                              \
  L("ldrd r1, r5, [sp, #" PLACES "]") L("ldr r2, [sp, #" PITCH "]") L("add r2, r1") L("adds r4, r5, #1")     \
  L("strd r2, r4, [sp, #" PLACES "]") L("ldr r7, [sp, #" FULL "]") L("ldr pc, [sp, #" FIRST "]")
#define WEIGHTS1 L("vldrb.8 q4, [r0], #16")
#define WEIGHTS2 WEIGHTS1 L("vldrb.8 q5, [r0], #16")
#define WEIGHTS4 WEIGHTS2 L("vldrb.8 q6, [r0], #16") L("vldrb.8 q7, [r0], #16")

RV_NAKED void rv_depthwise_rows_mve(const rv_depthwise_rows *rows RV_UNUSED) {
  __asm volatile(
      L("push {r4-r11, lr}")
      L("vpush {d8-d15}")
      L("sub sp, #" FRAME)
      L("add r12, sp, #32")
      L("ldm r0!, {r1-r10}")
      L("stm r12!, {r1-r10}")
      L("ldm r0, {r1-r9}")
      L("stm r12, {r1-r9}")
      L("add r0, sp, #" OFFSETS)
      L("vldrh.16 q2, [r0]")
      L("ldrd r9, r11, [sp, #" ADDEND "]")
      L("ldr r0, [sp, #" LEFT_SCALE "]")
      L("vdup.32 q7, r0")
      L("ldr r0, [sp, #" BLOCKS "]")
      LABEL("21f", START)
      L("cmp r0, #2")
      L("blo 1f")
      LABEL("22f", START)
      L("beq 1f")
      LABEL("24f", START)
      "1:" LABEL("12f", AFTER)
      L("adr.w r2, 30f")
      L("ldr r3, [sp, #" BODY "]")
      L("ldr r3, [r2, r3, lsl #2]")
      L("add r2, r3")
      L("orr r2, r2, #1")
      L("str r2, [sp, #" FIRST "]")
      /* Entry for the last block: 8 bytes for each output and each 16 taps that it leaves out. */
      L("ldr r4, [sp, #" PARTIAL "]")
      L("cbz r4, 2f")
      L("rsb r4, r4, #8")
      L("muls r4, r0")
      L("add r2, r2, r4, lsl #3")
      L("str r2, [sp, #" ENTRY "]")
      LABEL("10f", AFTER)
      L("ldr r4, [sp, #" FULL "]")
      L("cbnz r4, 2f")
      LABEL("11f", FIRST)
      L("2: ldr pc, [sp, #" START "]")

      L("10: bmi 12f") /* that was the last block: r7 went below zero */
      L("11: ldr r0, [sp, #" PARTIAL_MASK "]")
      L("vmsr p0, r0")
      L("movs r7, #0")
      L("ldr pc, [sp, #" ENTRY "]")
      L("12: ldr r0, [sp, #" STREAM "]")
      L("ldr r1, [sp, #" END "]")
      L("cmp r0, r1")
      L("beq 13f")
      L("ldr pc, [sp, #" START "]")
      L("13: add sp, #" FRAME)
      L("vpop {d8-d15}")
      L("pop {r4-r11, pc}")

      "21:" CHANNEL(WEIGHTS1)
      "22:" CHANNEL(WEIGHTS2)
      "24:" CHANNEL(WEIGHTS4)
      ".balign 4\n\t"
      "30: .word 40f-30b, 41f-30b, 42f-30b, 43f-30b, 44f-30b, 0, 46f-30b, 47f-30b, 0\n\t"
      ".word 49f-30b, 0, 0, 52f-30b, 53f-30b, 0, 0, 56f-30b, 0\n\t"
      /* 3x3 in 6 slots, stride 1: rows of 8, 2 of 4, 4 of 2. */
      BLOCKS_OF("40", TAPS1, SCALE_ADD, "0", "6", "12", "18", "24", "30", "36", "42", "48")
      BLOCKS_OF("41", TAPS1, SCALE_ADD, "0", "1", "6", "7", "12", "13", "18", "19", "24")
      BLOCKS_OF("42", TAPS1, SCALE_ADD, "0", "1", "2", "3", "6", "7", "8", "9", "12")
      /* Stride 2, 5 slots: rows of 8, 2 of 4. */
      BLOCKS_OF("43", TAPS1, SCALE_ADD, "0", "10", "20", "30", "40", "50", "60", "70", "80")
      BLOCKS_OF("44", TAPS1, SCALE_ADD, "0", "2", "10", "12", "20", "22", "30", "32", "40")
      /* 5x5, stride 1, 6 slots. */
      BLOCKS_OF("46", TAPS2, SCALE_ADD, "0", "6", "12", "18", "24", "30", "36", "42", "48")
      BLOCKS_OF("47", TAPS2, SCALE_ADD, "0", "1", "6", "7", "12", "13", "18", "19", "24")
      /* Stride 2, 5 slots. */
      BLOCKS_OF("49", TAPS2, SCALE_ADD, "0", "10", "20", "30", "40", "50", "60", "70", "80")
      /* 7x7, stride 1, 8 slots. */
      BLOCKS_OF("52", TAPS4, ADD, "0", "8", "16", "24", "32", "40", "48", "56", "64")
      BLOCKS_OF("53", TAPS4, ADD, "0", "1", "8", "9", "16", "17", "24", "25", "32")
      /* Stride 2, 9 slots. */
      BLOCKS_OF("56", TAPS4, ADD, "0", "2", "18", "20", "36", "38", "54", "56", "72"));
}

#else

/** ISO C forbids an empty translation unit. */
typedef int rv_depthwise_rows_mve_is_in_the_twin;

#endif

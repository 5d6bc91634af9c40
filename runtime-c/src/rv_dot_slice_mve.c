/**
 * @file rv_dot_slice_mve.c Pairs of vectors of at most 48 values that are a slice of longer ones:
 * accumulators begin and end in memory. The cores are those of rv_dot_short_mve.c; what stands
 * around them differs.
 */
/* Assembly is laid out by hand. */
/* clang-format off */
#include "rv_dot_mve.h"

#if RV_MVE

#define ACC_BASE "r9"
#define ACC_BEGIN L("ldm r9, {r0, r2, r4, r6, r8, r10, r12, lr}")
#include "rv_dot_short_mve.h"

/* Fields of the frame that only rv_dot_long_mve needs, and more behind it. */
#define SUMS "256"    /* the next sums; */
#define RESULTS "260" /* 0 where other slices follow; */
#define SINGLE "264"
#define START16 "284" /* what comes before a group's core: they are where they are or, of one vector, copied; */
#define START8 "288"
#define START4 "292"
#define END16 "296"   /* and what comes after it. */
#define END8 "300"
#define END4 "304"
#define FRAME "308"

#define OUTS L("ldrd r1, r3, [sp, #" RV_OUT "]")
#define OUTS_END L("strd r1, r3, [sp, #" RV_OUT "]")
#define GROUP(start, end) L("ldr r0, [sp, #" end "]") L("str r0, [sp, #" RV_RESUME "]") L("ldr pc, [sp, #" start "]")
#define START(core) L("ldr r9, [sp, #" SUMS "]") L("ldr pc, [sp, #" core "]")
#define END(then) L("str r9, [sp, #" SUMS "]") L("ldr pc, [sp, #" then "]")
#define START_ONE(n, core) L("movs r10, #" n) L("bl 58f") L("ldr pc, [sp, #" core "]")
#define END_ONE(n, then) L("movs r10, #" n) L("bl 59f") L("ldr pc, [sp, #" then "]")
#define CALL_GENERAL(channels, quads, bytes)                                                                \
  L("mov r0, sp") channels L("movs r2, #" quads) L("sub r3, r9, #" bytes) L("ldr r12, [sp, #" RV_GENERAL "]") \
  L("blx r12") RV_LAST_LANES

RV_NAKED void rv_dot_slice_mve(const rv_dot_run *run RV_UNUSED, int32_t *sums RV_UNUSED, int32_t results RV_UNUSED,
                               int32_t single RV_UNUSED) {
  __asm volatile(
      L("push {r4-r11, lr}")
      L("vpush {d8-d15}")
      L("sub sp, #" FRAME)
      L("strd r1, r2, [sp, #" SUMS "]")
      L("str r3, [sp, #" SINGLE "]")
      RV_FRAME_RUN
      GROUPS
      CORES_BY_BLOCKS
      RV_LABEL("22f", START16)
      RV_LABEL("32f", START8)
      RV_LABEL("42f", START4)
      RV_LABEL("21f", END16)
      RV_LABEL("31f", END8)
      RV_LABEL("41f", END4)
      L("ldr r0, [sp, #" SINGLE "]")
      L("cbz r0, 1f")
      RV_LABEL("52f", START16)
      RV_LABEL("53f", START8)
      RV_LABEL("54f", START4)
      RV_LABEL("55f", END16)
      RV_LABEL("56f", END8)
      RV_LABEL("57f", END4)
      /* After a group's core: nothing, where other slices follow, else one of two requantisations. */
      "1:" RV_LABEL("26f", RV_THEN16)
      RV_LABEL("36f", RV_THEN8)
      RV_LABEL("60f", RV_THEN4)
      L("ldr r0, [sp, #" RESULTS "]")
      L("cbz r0, 2f")
      RV_LABEL("24f", RV_THEN16)
      RV_LABEL("34f", RV_THEN8)
      RV_LABEL("44f", RV_THEN4)
      L("ldr r0, [sp, #" RV_REQUANT "]")
      L("cbz r0, 2f")
      RV_LABEL("25f", RV_THEN16)
      RV_LABEL("35f", RV_THEN8)
      RV_LABEL("45f", RV_THEN4)
      L("2: movs r0, #2")
      L("str r0, [sp, #" RV_PIXELS "]")
      L("ldrd r7, r11, [sp, #" RV_ADDEND "]")

      /* A pair. */
      L("10: ldr r5, [sp, #" RV_WEIGHTS "]")
      RV_LAST_LANES
      L("movs r0, #0")
      L("str r0, [sp, #" RV_DONE "]")
      L("ldr pc, [sp, #" RV_PAIR "]")
      "11:" VECTORS LAST2("q6", "q7")
      L("ldr pc, [sp, #" RV_FIRST "]")
      "20:" GROUP(START16, END16)
      "22:" START(RV_CORE16)
      "21:" END(RV_THEN16)
      L("24: subs r9, #128")
      OUTS REQUANTISE16 OUTS_END
      L("b 26f")
      "25:" CALL_GENERAL(L("movs r1, #16"), "4", "128")
      L("26: ldr r0, [sp, #" RV_END16 "]")
      L("cmp r5, r0")
      L("it ne")
      L("ldrne pc, [sp, #" START16 "]")
      L("ldr pc, [sp, #" RV_AFTER16 "]")
      "30:" GROUP(START8, END8)
      "32:" START(RV_CORE8)
      "31:" END(RV_THEN8)
      L("34: ldr r0, [sp, #" RV_LEFT8 "]")
      L("vctp.16 r0")
      L("subs r9, #64")
      OUTS REQUANTISE8 OUTS_END
      L("b 36f")
      "35:" CALL_GENERAL(L("ldr r1, [sp, #" RV_LEFT8 "]"), "2", "64")
      L("36: ldr pc, [sp, #" RV_AFTER8 "]")
      L("37: ldr r0, [sp, #" RV_LEFT8 "]")
      L("subs r0, #8")
      L("bgt 38f")
      L("ldr r0, [sp, #" RV_IN8 "]")
      L("str r0, [sp, #" RV_LEFT8 "]")
      L("b 60f")
      L("38: str r0, [sp, #" RV_LEFT8 "]")
      RV_LAST_LANES
      L("ldr pc, [sp, #" START8 "]")
      "40:" RV_LAST_LANES
      GROUP(START4, END4)
      "42:" START(RV_CORE4)
      "41:" END(RV_THEN4)
      L("44: ldr r0, [sp, #" RV_IN4 "]")
      L("vctp.32 r0")
      L("subs r9, #32")
      OUTS REQUANTISE4 OUTS_END
      L("b 60f")
      "45:" CALL_GENERAL(L("ldr r1, [sp, #" RV_IN4 "]"), "1", "32")
      "60:" VECTORS
      L("ldrd r4, r6, [sp, #" RV_STEPS "]")
      L("add r0, r4")
      L("add r2, r4")
      L("strd r0, r2, [sp, #" RV_IN "]")
      OUTS
      L("add r1, r6")
      L("add r3, r6")
      OUTS_END
      L("ldr r4, [sp, #" RV_PAIRS "]")
      L("subs r4, #1")
      L("str r4, [sp, #" RV_PAIRS "]")
      L("bgt 10b")
      L("add sp, #" FRAME)
      L("vpop {d8-d15}")
      L("pop {r4-r11, pc}")

      /* A single vector: its sums, r10 quads of them, are copied for both of a pair, and back. */
      "52:" START_ONE("4", RV_CORE16)
      "53:" START_ONE("2", RV_CORE8)
      "54:" START_ONE("1", RV_CORE4)
      "55:" END_ONE("4", RV_THEN16)
      "56:" END_ONE("2", RV_THEN8)
      "57:" END_ONE("1", RV_THEN4)
      L("58: ldr r8, [sp, #" SUMS "]")
      L("mov r9, sp")
      L("1: vldrw.32 q0, [r8], #16")
      L("vstrw.32 q0, [r9], #16")
      L("vstrw.32 q0, [r9], #16")
      L("subs r10, #1")
      L("bne 1b")
      L("mov r9, sp")
      L("bx lr")
      L("59: ldr r8, [sp, #" SUMS "]")
      L("mov r9, sp")
      L("1: vldrw.32 q0, [r9], #32")
      L("vstrw.32 q0, [r8], #16")
      L("subs r10, #1")
      L("bne 1b")
      L("str r8, [sp, #" SUMS "]")
      L("bx lr")
      CORES);
}

void rv_dot_slice_s8_mve(const rv_dot_run *run, int32_t channels, int32_t *sums, int32_t results) {
  if (run->pairs > 0) {
    rv_dot_slice_mve(run, sums, results, 0);
  }
  if (run->single != 0) {
    rv_dot_run last = *run;
    last.in[0] += run->pairs * run->inStep;
    last.out[0] += run->pairs * (run->outStep + run->advance);
    last.in[1] = last.in[0];
    last.out[1] = last.out[0];
    last.pairs = 1;
    rv_dot_slice_mve(&last, sums + ((ptrdiff_t)2 * rv_slice_words(channels) * run->pairs), results, 1);
  }
}

#else

void rv_dot_slice_s8_mve(const rv_dot_run *run, int32_t channels, int32_t *sums, int32_t results) {
  rv_dot_twin(run, channels, sums, results);
}

#endif

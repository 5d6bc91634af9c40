/**
 * @file rv_dot_slice_mve.c Pairs of vectors of at most 48 values that are a slice of longer ones:
 * accumulators begin and end in memory. The cores are those of rv_dot_short_mve.c; what stands
 * around them differs.
 */
/* Assembly is laid out by hand. */
/* clang-format off */
#include "rv_dot_mve.h"

#if RV_MVE

/* Accumulators begin at the sums in memory, and go back there. */
#define FIRST_A L("ldrd r0, r2, [r9]")
#define FIRST_B L("ldrd r8, r10, [r9, #16]")
#define FIRST_ROW(w) L("vldrb.8 " w ", [r5]")
#define SECOND_ROW(v) RV_LOAD(v)
#define NEXT_A L("ldrd r0, r2, [r9, #24]")
#define NEXT_B L("ldrd r8, r10, [r9, #40]")
#define NEXT_C L("ldrd r4, r6, [r9, #8]")
#define NEXT_D L("ldrd r12, lr, [r9, #24]")
#define NEXT_ROW(w) RV_LOAD(w)
#include "rv_dot_short_mve.h"

/* Fields of the frame that only rv_dot_long_mve needs, and more behind it. */
#define SUMS RV_LOOPS     /* the next sums; */
#define RESULTS RV_QUADS16 /* 0 where other slices follow; */
#define SINGLE RV_QUADS8
#define START16 "276" /* what comes before a group's core: sums are where they are or, of one */
#define START8 "280"  /* vector, copied; */
#define START4 "284"
#define END16 "288" /* and what comes after it. */
#define END8 "292"
#define END4 "296"
#define FRAME "300"

#define OUTS L("ldrd r1, r3, [sp, #" RV_OUT "]")
#define OUTS_END L("strd r1, r3, [sp, #" RV_OUT "]")
#define GROUP(start, end)           \
  L("ldr r0, [sp, #" end "]")       \
  L("str r0, [sp, #" RV_RESUME "]") \
  L("ldr pc, [sp, #" start "]")
#define CORE L("ldr pc, [sp, #" RV_CORE "]")
#define START(which)              \
  L("ldr r9, [sp, #" SUMS "]")    \
  which                           \
  CORE
#define END(then)                 \
  L("str r9, [sp, #" SUMS "]")    \
  L("ldr pc, [sp, #" then "]")
#define START_ONE(n, which)       \
  L("movs r10, #" n)              \
  L("bl 58f")                     \
  which                           \
  CORE
#define END_ONE(n, then)          \
  L("movs r10, #" n)              \
  L("bl 59f")                     \
  L("ldr pc, [sp, #" then "]")
#define CALL_GENERAL(channels, quads, bytes) \
  L("mov r0, sp")                   \
  channels                          \
  L("movs r2, #" quads)             \
  L("sub r3, r9, #" bytes)          \
  L("ldr r12, [sp, #" RV_GENERAL "]") \
  L("blx r12")                      \
  RV_LAST_LANES

RV_NAKED void rv_dot_slice_mve(const rv_dot_run *run RV_UNUSED, int32_t *sums RV_UNUSED,
                               int32_t results RV_UNUSED, int32_t single RV_UNUSED) {
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
      /* After a group's core: nothing, where other slices follow, else a requantisation. */
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
      L("10: ldr r5, [sp, #" RV_STREAM "]")
      RV_LAST_LANES
      L("movs r0, #0")
      L("str r0, [sp, #" RV_DONE "]")
      L("ldr pc, [sp, #" RV_PAIR "]")
      "11:" VECTORS
      LOAD_LAST("q6", "q7", "r0", "r2")
      L("ldr pc, [sp, #" RV_FIRST "]")
      "20:" GROUP(START16, END16)
      "22:" START(IS16)
      "21:" END(RV_THEN16)
      L("24: subs r9, #128")
      OUTS
      RV_REQUANTISE16("r9", "r7", "r11")
      OUTS_END
      L("b 26f")
      "25:" CALL_GENERAL(L("movs r1, #16"), "4", "128")
      L("26: ldr r0, [sp, #" RV_END16 "]")
      L("cmp r5, r0")
      L("it ne")
      L("ldrne pc, [sp, #" START16 "]")
      L("ldr pc, [sp, #" RV_AFTER16 "]")
      "30:" GROUP(START8, END8)
      "32:" START(IS8)
      "31:" END(RV_THEN8)
      L("34: ldr r0, [sp, #" RV_LEFT8 "]")
      L("vctp.16 r0")
      L("subs r9, #64")
      OUTS
      RV_REQUANTISE8("r9", "r7", "r11")
      OUTS_END
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
      "42:" START(IS4)
      "41:" END(RV_THEN4)
      L("44: ldr r0, [sp, #" RV_IN4 "]")
      L("vctp.32 r0")
      L("subs r9, #32")
      OUTS
      RV_REQUANTISE4("r9", "r7", "r11")
      OUTS_END
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
      "52:" START_ONE("4", IS16)
      "53:" START_ONE("2", IS8)
      "54:" START_ONE("1", IS4)
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
    sums += (ptrdiff_t)2 * rv_slice_words(channels) * run->pairs;
    rv_dot_slice_mve(&last, sums, results, 1);
  }
}

#else

void rv_dot_slice_s8_mve(const rv_dot_run *run, int32_t channels, int32_t *sums, int32_t results) {
  rv_dot_twin(run, channels, sums, results);
}

#endif

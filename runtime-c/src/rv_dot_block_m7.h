/**
 * @file rv_dot_block_m7.h
 * @brief The blocks of rv_dot_block_dsp.h for Cortex-M7, which issues two instructions a cycle, one
 * of them a product: beside each product stands a load of what the inputs after the next ones need.
 *
 * LDM issues alone, so that inputs and weights are loaded word by word. The last words of a pair's
 * weights are followed by its multipliers, which are loaded in the same way; inputs are not loaded
 * beyond their end.
 */
#ifndef RV_DOT_BLOCK_M7_H
#define RV_DOT_BLOCK_M7_H

/* Fixed rounding stands here: calls of one of many routines are mispredicted. r10 addend, r12
 * shift; r0 the routine of all other roundings, or none. */
#define BEGIN_ROUNDING   \
  "ldr r10, [sp, #24]\n" \
  "ldr r0, [sp, #28]\n"  \
  "ldr r12, [sp, #40]\n"
#define PRODUCT_HIGH(r, m) "smmla " r ", " r ", " m ", r10\n"
#define SHIFT(r) "asr " r ", " r ", r12\n"
#define SATURATE(r) "ssat " r ", #8, " r "\n"
#define SHIFT_OF_ROUNDING \
  "ldr r5, [sp, #32]\n"   \
  "ldr r5, [r5, #36]\n"   \
  "str r5, [sp, #40]\n"

#define WIDEN_A(w) "sxtb16 lr, " w "\n"
#define ADD(sum, x, w) ADD_TO(sum, x, w, sum)
#define LOAD(r, at) "ldr " r ", " at "\n"

/* Two inputs: r10..r12 of the pixels, r2 weights, lr channel a's of them; six cycles. */
#define PRODUCTS(a0, b0, a1, b1, a2, b2, next2, test, next1, nextW, next0)                        \
  WIDEN_A("r2")                                                                                   \
  WIDEN_B("r2")                                                                                   \
  ADD_TO("r9", "r12", "r2", b2) ADD_TO("r8", "r12", "lr", a2) next2 ADD_TO("r7", "r11", "r2", b1) \
  test ADD_TO("r6", "r11", "lr", a1)                                                              \
  next1 ADD_TO("r5", "r10", "r2", b0)                                                             \
  nextW ADD_TO("r4", "r10", "lr", a0) next0
#define NEXT_W LOAD("r2", "[r1], #4")
#define TEST "cmp r0, r3\n"
#define FIRST_PRODUCTS                                                         \
  PRODUCTS("r4", "r5", "r4", "r5", "r4", "r5", LOAD("r12", "[r0, #20]"), TEST, \
           LOAD("r11", "[r0, #16]"), LOAD("r2", "[r1, #4]"), LOAD("r10", "[r0, #12]!"))
#define MORE_PRODUCTS(test)                                                    \
  PRODUCTS("r4", "r5", "r6", "r7", "r8", "r9", LOAD("r12", "[r0, #20]"), test, \
           LOAD("r11", "[r0, #16]"), NEXT_W, LOAD("r10", "[r0, #12]!"))
#define LAST_PRODUCTS PRODUCTS("r4", "r5", "r6", "r7", "r8", "r9", "", "", "", NEXT_W, "")

RV_NAKED static void dot3(const rv_dot *d RV_UNUSED) {
  __asm volatile(
      PROLOGUE SHIFT_OF_ROUNDING
      "ldr r3, [sp, #20]\n"
      "1:\n"
      "ldr r2, [r1]\n"
      "ldr r12, [r0, #8]\n"
      "ldr r4, [r1, #8]\n"
      "ldr r11, [r0, #4]\n"
      "ldr r5, [r1, #12]\n"
      "ldr r10, [r0]\n"
      FIRST_PRODUCTS
      "add r1, r1, #16\n"
      "beq 3f\n"
      "2:\n"
      MORE_PRODUCTS("")
      MORE_PRODUCTS(TEST)
      "bne 2b\n"
      "3:\n"
      LAST_PRODUCTS
      SPLIT3
      "ldr r3, [r1], #4\n"
      BEGIN_ROUNDING
      "cbnz r0, 8f\n"
      PRODUCT_HIGH("r4", "r2") PRODUCT_HIGH("r5", "r3") PRODUCT_HIGH("r6", "r2")
      SHIFT("r4") PRODUCT_HIGH("r7", "r3") SHIFT("r5") PRODUCT_HIGH("r8", "r2")
      SHIFT("r6") PRODUCT_HIGH("r9", "r3") SATURATE("r4") SHIFT("r7") SATURATE("r5") SHIFT("r8")
      SATURATE("r6") SHIFT("r9") SATURATE("r7") SATURATE("r8") SATURATE("r9")
      "b 9f\n"
      "8: blx r0\n"
      "9:\n"
      STORE3
      "ldr r3, [sp, #20]\n"
      "bne 1b\n"
      "add sp, #" FRAME "\n"
      "pop {r4-r11, pc}\n");
}

/* Two inputs x of one pixel, w their weights, then the next ones. */
#define PRODUCT(w, x) WIDEN_A(w) WIDEN_B(w) ADD("r9", x, w) ADD("r8", x, "lr") LOAD(w, "[r1], #4")

/* The same for two pairs, whose streams r1 and r11 walk: weights r2 and r10, sums r8, r9 and r6,
 * r7. */
#define PRODUCT_OF_TWO(x, next) \
  WIDEN_A("r2")                 \
  WIDEN_B("r2")                 \
  ADD("r9", x, "r2")            \
  ADD("r8", x, "lr")            \
  LOAD("r2", "[r1, " next)      \
  WIDEN_A("r10") WIDEN_B("r10") ADD("r7", x, "r10") ADD("r6", x, "lr") LOAD("r10", "[r11, " next)
#define NEXT_INPUTS LOAD("r4", "[r0, #4]") LOAD("r5", "[r0, #8]!")
#if RV_DOT_SUMMED
#define SPLIT_OF_TWO  \
  "sub r9, r9, r8\n"  \
  "subs r7, r7, r6\n" \
  "asr r9, r9, #8\n"  \
  "asrs r7, r7, #8\n"
#else
#define SPLIT_OF_TWO ""
#endif

RV_NAKED static void dot1(const rv_dot *d RV_UNUSED) {
  __asm volatile(
      PROLOGUE SHIFT_OF_ROUNDING
      /* Two pairs at a time where they are rounded here, of eight inputs or more. */
      "sub r12, r8, r4\n"
      "bic r12, r12, #3\n"
      "cmp r11, #0\n"
      "it ne\n"
      "movne r12, #0\n"
      "cmp r3, #2\n"
      "it lt\n"
      "movlt r12, #0\n"
      "add r12, r4\n"
      "lsls r5, r3, #3\n"
      "adds r5, #16\n"
      "strd r5, r12, [sp, #44]\n"
      /* Four inputs in front where steps is odd, then eight at a time. */
      "adr.w r12, 4f\n"
      "lsls r5, r3, #31\n"
      "beq 5f\n"
      "adr.w r12, 6f\n"
      "5:\n"
      "adds r12, r12, #1\n"
      "str r12, [sp, #36]\n"
      "ldr r3, [sp, #20]\n"
      "ldr r10, [sp]\n"
      "1:\n"
      "ldr r12, [sp, #48]\n"
      "cmp r10, r12\n"
      "blo 20f\n"
      "ldr r2, [r1]\n"
      "ldr r4, [r0]\n"
      "ldr r10, [r1, #4]\n"
      "ldr r5, [r0, #4]\n"
      "ldr r8, [r1, #8]\n"
      "ldr r9, [r1, #12]\n"
      "add r1, r1, #16\n"
      "ldr pc, [sp, #36]\n"
      "6:\n"
      PRODUCT("r2", "r4")
      PRODUCT("r10", "r5")
      "adds r0, r0, #8\n"
      "add r12, r0, #12\n"
      "cmp r12, r3\n"
      "beq 7f\n"
      "ldr r4, [r0]\n"
      "ldr r5, [r0, #4]\n"
      "4:\n"
      "ldr r6, [r0, #8]\n"
      "ldr r7, [r0, #12]\n"
      "adds r0, r0, #28\n"
      TEST
      "beq 3f\n"
      "2:\n"
      PRODUCT("r2", "r4")
      PRODUCT("r10", "r5")
      "ldr r4, [r0, #-12]\n"
      "ldr r5, [r0, #-8]\n"
      PRODUCT("r2", "r6")
      PRODUCT("r10", "r7")
      "ldr r6, [r0, #-4]\n"
      "ldr r7, [r0], #16\n"
      TEST
      "bne 2b\n"
      "3:\n"
      PRODUCT("r2", "r4")
      PRODUCT("r10", "r5")
      PRODUCT("r2", "r6")
      PRODUCT("r10", "r7")
      "7:\n"
      SPLIT1
      "mov r3, r10\n"
      BEGIN_ROUNDING
      "cbnz r0, 8f\n"
      PRODUCT_HIGH("r8", "r2") PRODUCT_HIGH("r9", "r3") SHIFT("r8") SHIFT("r9") SATURATE("r8")
      SATURATE("r9")
      "b 9f\n"
      "8: blx r0\n"
      "9:\n"
      STORE1
      "ldr r3, [sp, #20]\n"
      "bne 1b\n"
      "b 23f\n"
      "20:\n"
      "ldr r11, [sp, #44]\n"
      "ldr r2, [r1]\n"
      "ldr r4, [r0]\n"
      "add r11, r1\n"
      "ldr r5, [r0, #4]!\n"
      "ldr r8, [r1, #8]\n"
      "ldr r10, [r11]\n"
      "ldr r9, [r1, #12]\n"
      "sub r12, r3, #16\n"
      "ldr r6, [r11, #8]\n"
      "ldr r7, [r11, #12]\n"
      PRODUCT_OF_TWO("r4", "#4]")
      PRODUCT_OF_TWO("r5", "#16]!")
      NEXT_INPUTS
      "cmp r0, r12\n"
      "beq 22f\n"
      "21:\n"
      PRODUCT_OF_TWO("r4", "#4]!")
      PRODUCT_OF_TWO("r5", "#4]!")
      NEXT_INPUTS
      "cmp r0, r12\n"
      "bne 21b\n"
      "22:\n"
      PRODUCT_OF_TWO("r4", "#4]!")
      PRODUCT_OF_TWO("r5", "#4]!")
      "ldr r4, [r1, #4]\n"
      "ldr r5, [r11, #4]\n"
      SPLIT_OF_TWO
      "ldr r3, [sp, #24]\n"
      "ldr r12, [sp, #40]\n"
      "add r1, r11, #8\n"
      "smmla r8, r8, r2, r3\n"
      "smmla r9, r9, r4, r3\n"
      "smmla r6, r6, r10, r3\n"
      "smmla r7, r7, r5, r3\n"
      SHIFT("r8") SHIFT("r9") SHIFT("r6") SHIFT("r7")
      SATURATE("r8") SATURATE("r9") SATURATE("r6") SATURATE("r7")
      "ldr r10, [sp]\n"
      "bfi r8, r9, #8, #8\n"
      "bfi r6, r7, #8, #8\n"
      "ldr r0, [sp, #12]\n"
      "pkhbt r8, r8, r6, lsl #16\n"
      "ldr r11, [sp, #16]\n"
      "str r8, [r10], #4\n"
      "ldr r3, [sp, #20]\n"
      "str r10, [sp]\n"
      "cmp r10, r11\n"
      "bne 1b\n"
      "23:\n"
      "add sp, #" FRAME "\n"
      "pop {r4-r11, pc}\n");
}

#endif /* RV_DOT_BLOCK_M7_H */

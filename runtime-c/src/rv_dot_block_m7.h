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
  "ldr r4, [sp, #32]\n"   \
  "ldr r4, [r4, #36]\n"   \
  "str r4, [sp, #40]\n"

/* Two inputs: r10..r12 of the pixels, r2 weights, lr channel a's of them; six cycles. */
#define PRODUCTS(a0, b0, a1, b1, a2, b2, next2, test, next1, nextW, next0)                     \
  "sxtb16 lr, r2\n" WIDEN_B("r2") "smlad r9, r12, r2, " b2                                     \
                                  "\n"                                                         \
                                  "smlad r8, r12, lr, " a2 "\n" next2 "smlad r7, r11, r2, " b1 \
                                  "\n" test "smlad r6, r11, lr, " a1 "\n" next1                \
                                  "smlad r5, r10, r2, " b0 "\n" nextW "smlad r4, r10, lr, " a0 \
                                  "\n" next0
#define NEXT_W "ldr r2, [r1], #4\n"
#define TEST "cmp r0, r3\n"
#define FIRST_PRODUCTS                                                       \
  PRODUCTS("r4", "r5", "r4", "r5", "r4", "r5", "ldr r12, [r0, #20]\n", TEST, \
           "ldr r11, [r0, #16]\n", "ldr r2, [r1, #4]\n", "ldr r10, [r0, #12]!\n")
#define MORE_PRODUCTS(test)                                                  \
  PRODUCTS("r4", "r5", "r6", "r7", "r8", "r9", "ldr r12, [r0, #20]\n", test, \
           "ldr r11, [r0, #16]\n", NEXT_W, "ldr r10, [r0, #12]!\n")
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
      "add sp, #52\n"
      "pop {r4-r11, pc}\n");
}

/* Two inputs x of one pixel, w their weights, then the next ones. */
#define PRODUCT(w, x)                                   \
  "sxtb16 lr, " w "\n" WIDEN_B(w) "smlad r9, " x ", " w \
                                  ", r9\n"              \
                                  "smlad r8, " x        \
                                  ", lr, r8\n"          \
                                  "ldr " w ", [r1], #4\n"

RV_NAKED static void dot1(const rv_dot *d RV_UNUSED) {
  __asm volatile(
      PROLOGUE SHIFT_OF_ROUNDING
      /* Four inputs in front where steps is odd, then eight at a time. */
      "adr.w r12, 4f\n"
      "lsls r4, r3, #31\n"
      "beq 5f\n"
      "adr.w r12, 6f\n"
      "5:\n"
      "adds r12, r12, #1\n"
      "str r12, [sp, #36]\n"
      "ldr r3, [sp, #20]\n"
      "1:\n"
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
      "add sp, #52\n"
      "pop {r4-r11, pc}\n");
}

#endif /* RV_DOT_BLOCK_M7_H */

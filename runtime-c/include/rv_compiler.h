/**
 * @file rv_compiler.h
 * @brief What the runtime asks of a compiler beyond C99. On compilers unknown here the attributes
 * that only save time or flash are left out.
 */
#ifndef RV_COMPILER_H
#define RV_COMPILER_H

#if defined(__BYTE_ORDER__) && defined(__ORDER_LITTLE_ENDIAN__)
#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "rivulet packs constants for little-endian targets"
#endif
#endif

/** @brief The name of a function for the linker, as text of its assembly. */
#define RV_SYMBOL(name) RV_SYMBOL_TEXT(name)
#define RV_SYMBOL_TEXT(name) #name

/** @brief Alignment of an object in bytes, before its type. */
#if defined(__GNUC__) || defined(__ARMCC_VERSION)
#define RV_ALIGNED(bytes) __attribute__((aligned(bytes)))
#elif defined(__ICCARM__)
#define RV_STRINGIFY(text) #text
#define RV_ALIGNED(bytes) _Pragma(RV_STRINGIFY(data_alignment = bytes))
#else
#error "define RV_ALIGNED for this compiler"
#endif

/**
 * @brief Where code and constants go: RV_HOT is an attribute of the kernels and of the emitted
 * steps, RV_WEIGHTS of a network's arrays of constants. Nothing, unless a build says otherwise: see
 * docs/placement.md.
 */
#ifndef RV_HOT
#define RV_HOT
#endif
#ifndef RV_WEIGHTS
#define RV_WEIGHTS
#endif

/** @brief A function that must keep its own registers, or whose copies would cost flash. */
#if defined(__GNUC__) && !defined(__clang__)
#define RV_NOINLINE RV_HOT __attribute__((noinline, noclone))
#elif defined(__clang__) || defined(__ARMCC_VERSION)
#define RV_NOINLINE RV_HOT __attribute__((noinline))
#else
#define RV_NOINLINE RV_HOT
#endif

/**
 * @brief A function that is nothing but its assembly: no guard of the stack, no call of a profiler,
 * and its callers believe nothing of what it changes. Aligned to a word, which ADR counts from: a
 * compiler that optimises for size aligns to a halfword.
 */
#if defined(__GNUC__)
#if defined(__clang__) || (__GNUC__ >= 11)
#define RV_NO_STACK_GUARD __attribute__((no_stack_protector))
#else
#define RV_NO_STACK_GUARD __attribute__((optimize("no-stack-protector")))
#endif
#if defined(__clang__) || (__GNUC__ < 8)
#define RV_OPAQUE_BODY RV_NOINLINE
#else
#define RV_OPAQUE_BODY __attribute__((noipa))
#endif
#define RV_NAKED \
  RV_HOT __attribute__((naked, no_instrument_function, aligned(4))) RV_NO_STACK_GUARD RV_OPAQUE_BODY
#endif

/** @brief A function that assembly calls, and a parameter that assembly reads. */
#if defined(__GNUC__)
#define RV_USED RV_HOT __attribute__((used))
#define RV_UNUSED __attribute__((unused))
#else
#define RV_USED RV_HOT
#define RV_UNUSED
#endif

/**
 * @brief Finishes the sums of `acc[4]` before the next are begun (and, RV_FINISH_ROW, before
 * anything further is loaded). Unrolled loops use it where a compiler's scheduler would otherwise
 * hold more operands than there are registers.
 */
#if defined(__GNUC__) && defined(__arm__)
#define RV_FINISH_TAP(acc) \
  __asm__ volatile("" : "+r"((acc)[0]), "+r"((acc)[1]), "+r"((acc)[2]), "+r"((acc)[3]))
#define RV_FINISH_ROW(acc)                                                          \
  __asm__ volatile(""                                                               \
                   : "+r"((acc)[0]), "+r"((acc)[1]), "+r"((acc)[2]), "+r"((acc)[3]) \
                   :                                                                \
                   : "memor"                                                        \
                     "y")
#else
#define RV_FINISH_TAP(acc) ((void)(acc))
#define RV_FINISH_ROW(acc) ((void)(acc))
#endif

/**
 * @brief Hides what is known of an integer, so that a loop which tests it is not written out once
 * for each value.
 */
#if defined(__GNUC__)
#define RV_OPAQUE(integer) __asm__("" : "+r"(integer))
#else
#define RV_OPAQUE(integer) ((void)0)
#endif

/**
 * @brief Set for the instruction sets with few registers and no long multiply (Armv6-M, Armv8-M
 * baseline).
 */
#if defined(__ARM_ARCH_6M__) || defined(__ARM_ARCH_8M_BASE__)
#define RV_BASELINE_CORE 1
#else
#define RV_BASELINE_CORE 0
#endif

/** @brief In a loop that copies or clears: keeps it from becoming a call of memcpy or memset. */
#if defined(__GNUC__) && defined(__arm__)
#define RV_KEEP_LOOP() __asm__ volatile("")
#else
#define RV_KEEP_LOOP() ((void)0)
#endif

/**
 * @brief Whether whole words may move between two addresses, and an address of one: cores without
 * unaligned access (Armv6-M) need both on a word.
 */
#if defined(__GNUC__) && defined(__arm__) && !defined(__ARM_FEATURE_UNALIGNED)
#define RV_MAY_MOVE_WORDS(to, from) (((((uintptr_t)(to)) | ((uintptr_t)(from))) & 3u) == 0u)
#define RV_WORD_AT(address) __builtin_assume_aligned((address), 4)
#else
#define RV_MAY_MOVE_WORDS(to, from) 1
#define RV_WORD_AT(address) (address)
#endif

#endif /* RV_COMPILER_H */

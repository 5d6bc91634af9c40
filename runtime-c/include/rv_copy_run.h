/**
 * @file rv_copy_run.h
 * @brief Bytes that move: whole words, where small C libraries' memcpy and memmove go byte by byte.
 */
#ifndef RV_COPY_RUN_H
#define RV_COPY_RUN_H

#include <stdint.h>
#include <string.h>

#include "rv_compiler.h"

/** @brief Bytes [0, 4) of `from` to `to`. */
static inline void rv_copy_word(int8_t *to, const int8_t *from) {
  uint32_t word;
  memcpy(&word, RV_WORD_AT(from), 4);
  memcpy(RV_WORD_AT(to), &word, 4);
}

/** @brief Bytes [0, 16) of `from`, all of them read before the first is written. */
static inline void rv_copy_words(int8_t *to, const int8_t *from) {
  uint32_t words[4];
  memcpy(&words[0], RV_WORD_AT(from), 4);
  memcpy(&words[1], RV_WORD_AT(from + 4), 4);
  memcpy(&words[2], RV_WORD_AT(from + 8), 4);
  memcpy(&words[3], RV_WORD_AT(from + 12), 4);
  memcpy(RV_WORD_AT(to), &words[0], 4);
  memcpy(RV_WORD_AT(to + 4), &words[1], 4);
  memcpy(RV_WORD_AT(to + 8), &words[2], 4);
  memcpy(RV_WORD_AT(to + 12), &words[3], 4);
}

/** @brief Copies n >= 0 bytes upwards: right for runs that overlap with `to` below `from`. */
static inline void rv_copy_run(int8_t *to, const int8_t *from, int32_t n) {
#if defined(__ARM_FEATURE_MVE) && defined(__GNUC__)
  __asm volatile(
      "wlstp.8 lr, %[n], 2f\n\t"
      "1: vldrb.8 q0, [%[from]], #16\n\t"
      "vstrb.8 q0, [%[to]], #16\n\t"
      "letp lr, 1b\n\t"
      "2:"
      : [from] "+r"(from), [to] "+r"(to)
      : [n] "r"(n)
      : "q0", "lr", "memory");
#else
  if (RV_MAY_MOVE_WORDS(to, from)) {
    for (; n >= 16; n -= 16) {
      rv_copy_words(to, from);
      to += 16;
      from += 16;
    }
    for (; n >= 4; n -= 4) {
      rv_copy_word(to, from);
      to += 4;
      from += 4;
      RV_KEEP_LOOP();
    }
  }
  for (; n > 0; n--) {
    *to++ = *from++;
    RV_KEEP_LOOP();
  }
#endif
}

#endif /* RV_COPY_RUN_H */

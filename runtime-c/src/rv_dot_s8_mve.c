/**
 * @file rv_dot_s8_mve.c Dot products of pairs of int8 vectors with all output channels: VMLADAVA,
 * 16 products each.
 *
 * Two vectors times one quad of channels fill the eight even registers that VMLADAVA can accumulate
 * in. Accumulators go through the stack (one STM) to come back with channels in lanes, where one
 * VQDMLASH multiplies, adds and rounds four of them.
 */
#include "rv_dot_mve.h"

#include <string.h>

#include "rv_requantise.h"

#if RV_MVE
#include "rv_dot_asm_mve.h"
#include "rv_requantise_mve.h"
#endif

#if RV_MVE
RV_HOT static void requantise_group(void *stack, int32_t channels, int32_t quads,
                                    const int32_t *acc);
#endif

const uint8_t *rv_dot_prepare(rv_dot_run *run, const uint8_t *weights, int32_t depth,
                              int32_t channel, int32_t channels,
                              const rv_channel_requant *requant) {
  const int fast = requant->multiplier == NULL && requant->rounding == RV_ROUND_FIXED;
  const int32_t rest = channels % 16;
  const int32_t n = requant->shift;
  run->weights = weights;
  run->blocks = (depth + 15) / 16;
  run->lastBlock = depth - 16 * (run->blocks - 1);
  run->in8 = (rest > 12) ? rest : ((rest > 8) ? 8 : ((rest > 4) ? rest : 0));
  run->in4 = rest - run->in8;
  /* VQRSHRN adds 2 before it shifts: GNU as 2.40 has the same encoding for VQSHRN, which would not.
   */
  run->addend = (requant->zeroPoint * ((int32_t)2 << n)) + ((int32_t)1 << n) - 2;
  run->shift = 1 - n;
  run->requant = fast ? NULL : requant;
  run->channel = channel;
#if RV_MVE
  run->general = requantise_group;
#else
  run->general = NULL;
#endif
  const int32_t groups8 = (run->in8 + 7) / 8;
  const int32_t groups4 = (run->in4 > 0) ? 1 : 0;
  const ptrdiff_t quadBytes = 16 + (ptrdiff_t)64 * run->blocks + (fast ? 16 : 0);
  run->advance = channels - rest + (ptrdiff_t)8 * groups8 + (ptrdiff_t)4 * groups4;
  run->end16 = weights + (channels / 16) * 4 * quadBytes;
  return run->end16 + ((2 * groups8) + groups4) * quadBytes;
}

/** Channel of lane i of quad q. */
static int32_t channel_of(int32_t quads, int32_t q, int32_t i) {
  static const uint8_t order[4] = {0, 2, 1, 3};
  return (quads * i) + ((quads == 4) ? order[q] : q);
}

#if RV_MVE

/** Called from the assembler: one group of 4, 8 or 16 lanes, of one or two vectors. */
RV_HOT static void requantise_group(void *stack, int32_t channels, int32_t quads,
                                    const int32_t *acc) {
  rv_dot_frame *f = (rv_dot_frame *)stack;
  const rv_channel_requant *r = f->run.requant;
  const rv_rounder k = rv_channel_rounder(r);
  const int32_t pixels = f->pixels;
  const int32_t first = f->run.channel + f->done;
  for (int32_t p = 0; p < pixels; p++) {
    for (int32_t q = 0; q < quads; q++) {
      const int32_t c = channel_of(quads, q, 0);
      rv_requantise_lanes(r, k, vld1q_s32(acc + (4 * ((pixels * q) + p))), first + c, quads,
                          first + channels, f->run.out[p] + c);
    }
    f->run.out[p] += 4 * quads;
  }
  f->done += 4 * quads;
}

void rv_dot_s8_mve(rv_dot_run *run) {
  if ((run->blocks > 3) || (run->requant != NULL) || (run->pairs == 0)) {
    rv_dot_long_mve(run);
    return;
  }
  rv_dot_short_mve(run);
  if (run->single != 0) {
    run->in[0] += run->pairs * run->inStep;
    run->out[0] += run->pairs * (run->outStep + run->advance);
    run->pairs = 0;
    rv_dot_long_mve(run);
  }
}

#else

/** Requantises the lanes of one group: acc[quad * stride + lane]. */
static void general(const rv_channel_requant *r, int32_t channel, int32_t channels,
                    const int32_t *acc, int32_t quads, int32_t stride, int8_t *out) {
  const rv_rounder k = rv_channel_rounder(r);
  for (int32_t i = 0; i < 4; i++) {
    for (int32_t q = 0; q < quads; q++) {
      const int32_t c = channel_of(quads, q, i);
      if (c < channels) {
        out[c] = rv_requantise_channel(acc[(q * stride) + i], r, channel + c, k);
      }
    }
  }
}

/** Sums of one vector, and how far they are from a quad's to the next's; none for vectors that come
 * whole. */
typedef struct {
  int32_t *at;
  int32_t stride;
  int32_t results; /**< 0: another slice follows. */
} twin_sums;

/** Accumulators of one vector and a quad of channels. */
static const uint8_t *dot_quad(const rv_dot_run *run, const int8_t *in, const uint8_t *stream,
                               twin_sums *sums, int32_t *acc) {
  if (sums->at != NULL) {
    memcpy(acc, sums->at, 16);
  } else {
    memcpy(acc, stream, 16);
    stream += 16;
  }
  for (int32_t b = 0; b < run->blocks; b++) {
    const int32_t n = (b == run->blocks - 1) ? run->lastBlock : 16;
    for (int32_t lane = 0; lane < 4; lane++) {
      for (int32_t i = 0; i < n; i++) {
        acc[lane] += (int32_t)in[(16 * b) + i] * (int8_t)stream[(16 * lane) + i];
      }
    }
    stream += 64;
  }
  if (sums->at != NULL) {
    memcpy(sums->at, acc, 16);
    sums->at += sums->stride;
  }
  return stream;
}

/** One group of lanes, of one vector; returns the stream behind it. */
static const uint8_t *dot_group(const rv_dot_run *run, const int8_t *in, const uint8_t *stream,
                                twin_sums *sums, int32_t quads, int32_t done, int32_t channels,
                                int8_t *out) {
  int32_t acc[16];
  for (int32_t q = 0; q < quads; q++) {
    stream = dot_quad(run, in, stream, sums, acc + (4 * q));
  }
  if (sums->results == 0) {
    return stream;
  }
  if (run->requant != NULL) {
    general(run->requant, run->channel + done, channels, acc, quads, 4, out);
    return stream;
  }
  for (int32_t q = 0; q < quads; q++) {
    int32_t multiplier[4];
    memcpy(multiplier, stream, 16);
    stream += 16;
    for (int32_t i = 0; i < 4; i++) {
      const int32_t c = channel_of(quads, q, i);
      const int64_t t = (((int64_t)acc[(4 * q) + i] * multiplier[i]) >> 31) + run->addend + 2;
      if (c < channels) {
        out[c] = (int8_t)rv_clamp((int32_t)(t >> (2 - run->shift)), -128, 127);
      }
    }
  }
  return stream;
}

static void dot_vector(const rv_dot_run *run, const int8_t *in, int8_t *out, twin_sums sums) {
  const uint8_t *stream = run->weights;
  int32_t done = 0;
  while (stream != run->end16) {
    stream = dot_group(run, in, stream, &sums, 4, done, 16, out + done);
    done += 16;
  }
  for (int32_t left = run->in8; left > 0; left -= 8) {
    stream = dot_group(run, in, stream, &sums, 2, done, rv_min(left, 8), out + done);
    done += 8;
  }
  if (run->in4 > 0) {
    (void)dot_group(run, in, stream, &sums, 1, done, run->in4, out + done);
  }
}

void rv_dot_twin(const rv_dot_run *run, int32_t channels, int32_t *sums, int32_t results) {
  const ptrdiff_t outStep = run->outStep + run->advance;
  const int8_t *in = run->in[0];
  int8_t *out = run->out[0];
  for (int32_t i = 0; i < run->pairs; i++) {
    const twin_sums first = {sums, 8, results};
    const twin_sums second = {(sums == NULL) ? NULL : sums + 4, 8, results};
    dot_vector(run, in, out, first);
    dot_vector(run, run->in[1] + (i * run->inStep), run->out[1] + (i * outStep), second);
    sums = (sums == NULL) ? NULL : sums + (2 * rv_slice_words(channels));
    in += run->inStep;
    out += outStep;
  }
  if (run->single != 0) {
    const twin_sums alone = {sums, 4, results};
    dot_vector(run, in, out, alone);
  }
}

void rv_dot_s8_mve(rv_dot_run *run) {
  rv_dot_twin(run, 0, NULL, 1);
}

#endif

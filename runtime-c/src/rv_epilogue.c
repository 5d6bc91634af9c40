/** @file rv_epilogue.c Stages and results of epilogues, a pixel at a time. */
#include "rv_kernels_epilogue.h"

#include "rv_requantise.h"

static void scale(const rv_stage *s, int32_t *v, int32_t first, int32_t count) {
  const int32_t stepP = s->perChannel & 1;
  const int32_t stepN = (s->perChannel >> 1) & 1;
  const int32_t stepA = (s->perChannel >> 2) & 1;
  const int32_t *positive = s->positive + (stepP * first);
  const int32_t left = (int32_t)1 << s->leftShift;
  if (s->negative == NULL) {
    for (int32_t i = 0; i < count; i++) {
      v[i] = rv_multiply_high(v[i] * left, *positive);
      positive += stepP;
    }
  } else {
    const int32_t *negative = s->negative + (stepN * first);
    for (int32_t i = 0; i < count; i++) {
      v[i] = rv_multiply_high(v[i] * left, (v[i] < 0) ? *negative : *positive);
      positive += stepP;
      negative += stepN;
    }
  }
  if (s->addend != NULL) {
    const int32_t *addend = s->addend + (stepA * first);
    for (int32_t i = 0; i < count; i++) {
      v[i] += *addend;
      addend += stepA;
    }
  }
}

/** Elements of an operand at pixel (y, x), and how far they are apart. */
typedef struct {
  const int8_t *at;
  int32_t step;
} elements;

static elements operand_at(const rv_stage *s, const rv_view *operands, int32_t first, int32_t y,
                           int32_t x) {
  const rv_view *o = operands + s->operand;
  const int32_t bytes = (s->wide != 0) ? 4 : 1;
  elements e;
  e.step = ((s->broadcast & RV_BROADCAST_C) != 0) ? 0 : bytes;
  e.at = rv_pixel(o, ((s->broadcast & RV_BROADCAST_H) != 0) ? 0 : y,
                  ((s->broadcast & RV_BROADCAST_W) != 0) ? 0 : x) +
         ((ptrdiff_t)e.step * first);
  return e;
}

static inline int32_t element(const rv_stage *s, const int8_t *at) {
  return (s->wide != 0) ? *(const int32_t *)(const void *)at : (int32_t)*at - s->zeroPoint;
}

static void add(const rv_stage *s, int32_t *v, int32_t count, elements x) {
  const int32_t left = (int32_t)1 << s->leftShift;
  for (int32_t i = 0; i < count; i++) {
    v[i] += rv_multiply_high(element(s, x.at) * left, s->min);
    x.at += x.step;
  }
}

static void multiply(const rv_stage *s, int32_t *v, int32_t count, elements x) {
  const int32_t left = (int32_t)1 << s->leftShift;
  const int32_t valueLeft = (int32_t)1 << s->valueShift;
  for (int32_t i = 0; i < count; i++) {
    v[i] = rv_multiply_high(v[i] * valueLeft, element(s, x.at) * left);
    x.at += x.step;
  }
}

static void curve(const rv_stage *s, int32_t *v, int32_t count) {
  for (int32_t i = 0; i < count; i++) {
    const int32_t limited = rv_clamp(v[i], s->positive[0], s->min - 1);
    const int32_t *piece = s->positive;
    for (int32_t more = s->max - 1; (more > 0) && (piece[3] <= limited); more--) {
      piece += 3;
    }
    const int32_t d = limited - piece[0];
    const int32_t shift = piece[1];
    const int32_t *c = s->addend + ((ptrdiff_t)3 * (piece[2] + (d >> shift)));
    const int32_t t = (d & (((int32_t)1 << shift) - 1)) * ((int32_t)1 << (31 - shift));
    const int32_t y = c[0] + rv_multiply_high(t, c[1] + rv_multiply_high(t, c[2]));
    v[i] = y + rv_multiply_high(v[i] - limited, (v[i] < limited) ? s->slopeBelow : s->slopeAbove);
  }
}

static void shifted(const rv_epilogue *e, const int32_t *v, int32_t count, int8_t *out) {
  const int32_t n = e->shift;
  const int32_t half = ((int32_t)1 << n) >> 1;
  const int32_t even = e->even;
  for (int32_t i = 0; i < count; i++) {
    const int32_t q = (v[i] + (half - even + (even & (v[i] >> n)))) >> n;
    out[i] = (int8_t)rv_clamp(q + e->zeroPoint, e->clampMin, e->clampMax);
  }
}

static void stepped(const rv_epilogue *e, const int32_t *v, int32_t count, int8_t *out) {
  if (e->count == 0) {
    for (int32_t i = 0; i < count; i++) {
      out[i] = e->codes[0];
    }
    return;
  }
  const int32_t first = e->thresholds[0];
  const int32_t last = e->thresholds[e->count - 1];
  for (int32_t i = 0; i < count; i++) {
    int32_t below = 0;
    if (v[i] >= last) {
      below = e->count;
    } else if (v[i] >= first) {
      below = e->starts[((uint32_t)v[i] - (uint32_t)first) >> e->bucketShift];
      while (e->thresholds[below] <= v[i]) {
        below++;
      }
    }
    out[i] = e->codes[below];
  }
}

void rv_epilogue_pixel(const rv_epilogue *e, int32_t *sums, int32_t first, int32_t count, int32_t y,
                       int32_t x, const rv_view *operands, int8_t *out) {
  const rv_stage *s = e->stages;
  for (int32_t left = e->stageCount; left > 0; left--, s++) {
    switch (s->kind) {
      case RV_STAGE_SCALE:
        scale(s, sums, first, count);
        break;
      case RV_STAGE_CLAMP:
        for (int32_t i = 0; i < count; i++) {
          sums[i] = rv_clamp(sums[i], s->min, s->max);
        }
        break;
      case RV_STAGE_ADD:
        add(s, sums, count, operand_at(s, operands, first, y, x));
        break;
      case RV_STAGE_MULTIPLY:
        multiply(s, sums, count, operand_at(s, operands, first, y, x));
        break;
      default:
        curve(s, sums, count);
        break;
    }
  }
  if (e->result == RV_RESULT_SHIFT) {
    shifted(e, sums, count, out + first);
  } else if (e->result == RV_RESULT_STEPS) {
    stepped(e, sums, count, out + first);
  } else if (e->result == RV_RESULT_REQUANT) {
    const rv_rounder k = rv_channel_rounder(e->requant);
    for (int32_t i = 0; i < count; i++) {
      out[first + i] = rv_requantise_channel(sums[i], e->requant, first + i, k);
    }
  } else {
    int32_t *to = (int32_t *)(void *)out + first;
    for (int32_t i = 0; i < count; i++) {
      to[i] = sums[i];
    }
  }
}

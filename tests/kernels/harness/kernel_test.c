/**
 * Runs every case of the generated program: gives the kernel memory that holds exactly what it may
 * touch (the address sanitizer sees the rest), checks that it writes its window and nothing else,
 * and compares with the reference.
 */
#include "kernel_test.h"

#include <string.h>

#if defined(__arm__)
/* No heap: blocks of one call after the other, in random distance to each other's alignment. */
enum { POOL_BYTES = 400 * 1024 };
static RV_ALIGNED(16) int8_t pool[POOL_BYTES];
static size_t used;
static int8_t *take(int32_t bytes) {
  int8_t *block = pool + used;
  used += ((size_t)bytes + 31u) & ~(size_t)15u;
  if (used > POOL_BYTES) {
    rv_port_print("kernel test: pool exhausted\n");
    rv_port_exit(2);
  }
  return block;
}
static void release_all(void) {
  used = 0;
}
/* Of kernels that are compiled with guards of the stack; the C library's would need a system. */
extern uintptr_t __stack_chk_guard;
uintptr_t __stack_chk_guard = 0x5AFE5AFEu;
void __stack_chk_fail(void);
void __stack_chk_fail(void) {
  rv_port_print("kernel test: stack smashed\n");
  rv_port_exit(2);
}
#else
#include <stdlib.h>
enum { MAX_BLOCKS = 4096 };
static void *blocks[MAX_BLOCKS];
static int blockCount;
static int8_t *take(int32_t bytes) {
  void *block = malloc((size_t)bytes);
  if ((block == NULL) || (blockCount == MAX_BLOCKS)) {
    rv_port_print("kernel test: out of memory\n");
    rv_port_exit(2);
  }
  blocks[blockCount++] = block;
  return (int8_t *)block;
}
static void release_all(void) {
  while (blockCount > 0) {
    free(blocks[--blockCount]);
  }
}
#endif

static int8_t nothing[1];
const rv_view test_untouchable = {nothing + 1, 0, 0, 1, 1, 0, 0, 0};

static uint32_t seed = 1u;

static void fill_garbage(int8_t *to, int32_t bytes) {
  for (int32_t i = 0; i < bytes; i++) {
    seed = (seed * 1664525u) + 1013904223u;
    to[i] = (int8_t)(seed >> 24);
  }
}

static void print_number(int32_t value) {
  char text[12];
  char *at = text + sizeof text;
  uint32_t rest = (value < 0) ? 0u - (uint32_t)value : (uint32_t)value;
  *--at = '\0';
  do {
    *--at = (char)('0' + (char)(rest % 10u));
    rest /= 10u;
  } while (rest != 0u);
  if (value < 0) {
    *--at = '-';
  }
  rv_port_print(at);
}

static void report(const test_case *t, const char *what, int32_t index, int32_t got,
                   int32_t expected) {
  rv_port_print("FAIL ");
  rv_port_print(t->name);
  rv_port_print(": ");
  rv_port_print(what);
  rv_port_print(" at ");
  print_number(index);
  rv_port_print(": ");
  print_number(got);
  rv_port_print(" instead of ");
  print_number(expected);
  rv_port_print("\n");
}

/** A block of memory and the view of it. */
typedef struct {
  rv_view view;
  int32_t bytes;
} held;

/** Memory that holds `rect` of a tensor in the tensor's form, filled with garbage. */
static held hold(const test_tensor *t, test_rect rect) {
  held h;
  int32_t rows = t->height;
  int32_t columns = t->width;
  h.view.originY = 0;
  h.view.originX = 0;
  h.view.ringRows = 0;
  if (t->kind == TEST_RING) {
    rows = t->ringRows;
    h.view.ringRows = t->ringRows;
  } else if (t->kind == TEST_TILE) {
    rows = rect.y1 - rect.y0;
    columns = rect.x1 - rect.x0;
    h.view.originY = rect.y0;
    h.view.originX = rect.x0;
  }
  h.view.pixelPitch = t->pixelPitch;
  h.view.rowPitch = (columns * t->pixelPitch) + t->rowGap;
  h.view.height = t->height;
  h.view.width = t->width;
  h.bytes = 0;
  if ((rows > 0) && (columns > 0)) {
    h.bytes = ((rows - 1) * h.view.rowPitch) + ((columns - 1) * t->pixelPitch) + t->pixelBytes;
  }
  /* Activations stand anywhere; the end of the block is exact. */
  const int32_t misalignment = (int32_t)(seed >> 30) * t->alignment;
  h.view.data = take(h.bytes + misalignment) + misalignment;
  fill_garbage(h.view.data, h.bytes);
  return h;
}

static void copy_in(const test_tensor *t, const held *h, test_rect rect) {
  for (int32_t y = rect.y0; y < rect.y1; y++) {
    for (int32_t x = rect.x0; x < rect.x1; x++) {
      memcpy(rv_pixel(&h->view, y, x), t->data + ((ptrdiff_t)((y * t->width) + x) * t->pixelBytes),
             (size_t)t->pixelBytes);
    }
  }
}

static int run_call(const test_case *t, const test_call *call, int8_t *result) {
  rv_view in[TEST_MAX_INPUTS];
  for (int32_t i = 0; i < t->inputs; i++) {
    const test_rect whole = {0, t->in[i].height, 0, t->in[i].width};
    const held h = hold(&t->in[i], call->needs[i]);
    copy_in(&t->in[i], &h, (t->in[i].kind == TEST_WHOLE) ? whole : call->needs[i]);
    in[i] = h.view;
  }
  const rv_window w = call->window;
  const test_rect rect = {w.y, w.y + w.rows, w.x, w.x + w.cols};
  const held out = hold(&t->out, rect);
  int8_t *before = take(out.bytes);
  memcpy(before, out.view.data, (size_t)out.bytes);
  int8_t *scratch = NULL;
  if (call->scratchBytes > 0) {
    scratch = take(call->scratchBytes + 4) + 4; /* aligned to no more than a word */
    fill_garbage(scratch, call->scratchBytes);
  }
  RV_PORT_MARK_BEGIN();
  t->kernel(t->params, in, &out.view, &w, scratch);
  RV_PORT_MARK_END();
  for (int32_t y = rect.y0; y < rect.y1; y++) {
    for (int32_t x = rect.x0; x < rect.x1; x++) {
      int8_t *from = rv_pixel(&out.view, y, x);
      memcpy(result + ((ptrdiff_t)((y * t->out.width) + x) * t->out.pixelBytes), from,
             (size_t)t->out.pixelBytes);
      memcpy(from, before + (from - out.view.data), (size_t)t->out.pixelBytes);
    }
  }
  int failed = 0;
  for (int32_t i = 0; (i < out.bytes) && !failed; i++) {
    if (out.view.data[i] != before[i]) {
      report(t, "a byte outside the window was written", i, out.view.data[i], before[i]);
      failed = 1;
    }
  }
  return failed;
}

/** Input and output in one block, as the planner would overlap them. */
static void run_overlapped(const test_case *t, int8_t *result) {
  const test_tensor *input = &t->in[t->overlapInput];
  const int32_t inBytes = input->height * input->width * input->pixelBytes;
  const int32_t outBytes = t->out.height * t->out.width * t->out.pixelBytes;
  const int32_t inAt = (t->distance < 0) ? -t->distance : 0;
  const int32_t outAt = (t->distance < 0) ? 0 : t->distance;
  int8_t *block = take(rv_max(inAt + inBytes, outAt + outBytes));
  memcpy(block + inAt, input->data, (size_t)inBytes);
  rv_view in[TEST_MAX_INPUTS];
  for (int32_t i = 0; i < t->inputs; i++) {
    const test_rect whole = {0, t->in[i].height, 0, t->in[i].width};
    held h = hold(&t->in[i], whole);
    copy_in(&t->in[i], &h, whole);
    if (i == t->overlapInput) {
      h.view.data = block + inAt;
    }
    in[i] = h.view;
  }
  rv_view out = {block + outAt,
                 t->out.width * t->out.pixelBytes,
                 t->out.pixelBytes,
                 t->out.height,
                 t->out.width,
                 0,
                 0,
                 0};
  for (int32_t i = 0; i < t->callCount; i++) {
    int8_t *scratch = NULL;
    if (t->calls[i].scratchBytes > 0) {
      scratch = take(t->calls[i].scratchBytes + 4) + 4;
    }
    t->kernel(t->params, in, &out, &t->calls[i].window, scratch);
  }
  memcpy(result, out.data, (size_t)outBytes);
}

/** One scratch for all calls of a node, as a plan has it: between them they write each of its
 * bytes, and none beside it. From two complementary paints, so that no value hides in either. */
static int run_scratch(const test_case *t, int8_t *result) {
  enum { BESIDE = 16, PAINT = 0x5A };
  int8_t *block[2];
  for (int32_t round = 0; round < 2; round++) {
    rv_view in[TEST_MAX_INPUTS];
    for (int32_t i = 0; i < t->inputs; i++) {
      const test_rect whole = {0, t->in[i].height, 0, t->in[i].width};
      const held h = hold(&t->in[i], whole);
      copy_in(&t->in[i], &h, whole);
      in[i] = h.view;
    }
    const int32_t pitch = t->out.width * t->out.pixelBytes;
    const rv_view out = {result, pitch, t->out.pixelBytes, t->out.height, t->out.width, 0, 0, 0};
    block[round] = take(t->scratchBytes + (2 * BESIDE)) + BESIDE;
    memset(block[round] - BESIDE, (round == 0) ? PAINT : ~PAINT,
           (size_t)t->scratchBytes + (2 * BESIDE));
    for (int32_t i = 0; i < t->callCount; i++) {
      t->kernel(t->params, in, &out, &t->calls[i].window, block[round]);
    }
  }
  for (int32_t i = -BESIDE; i < t->scratchBytes + BESIDE; i++) {
    const int written = (block[0][i] != (int8_t)PAINT) || (block[1][i] != (int8_t)~PAINT);
    const int inside = (i >= 0) && (i < t->scratchBytes);
    if (written != inside) {
      report(t,
             inside ? "a byte of scratch was not written" : "a byte beside the scratch was written",
             i, written, inside);
      return 1;
    }
  }
  return 0;
}

static int run_case(const test_case *t) {
  const int32_t bytes = t->out.height * t->out.width * t->out.pixelBytes;
  int8_t *result = take(bytes);
  fill_garbage(result, bytes);
  if (t->scratchBytes > 0) {
    if (run_scratch(t, result)) {
      return 1;
    }
  } else if (t->overlapInput >= 0) {
    run_overlapped(t, result);
  } else {
    for (int32_t i = 0; i < t->callCount; i++) {
#if defined(__arm__)
      const size_t mark = used;
#endif
      if (run_call(t, &t->calls[i], result)) {
        return 1;
      }
#if defined(__arm__)
      used = mark;
#endif
    }
  }
  for (int32_t i = 0; i < bytes; i++) {
    if (result[i] != t->expected[i]) {
      report(t, "output", i, result[i], t->expected[i]);
      return 1;
    }
  }
  return 0;
}

int main(void) {
  int failures = 0;
  for (int32_t i = 0; i < test_case_count; i++) {
    failures += run_case(&test_cases[i]);
    release_all();
  }
  rv_port_print("ran ");
  print_number(test_case_count);
  rv_port_print(" cases\n");
  rv_port_exit((failures > 0) ? 1 : 0);
}

/** What the generated kernel test program consists of: cases as data, checked by kernel_test.c. */
#ifndef KERNEL_TEST_H
#define KERNEL_TEST_H

#include "rv_kernels.h"
#include "rv_port.h"

enum { TEST_WHOLE = 0, TEST_RING = 1, TEST_TILE = 2, TEST_MAX_INPUTS = 3 };

/** Rows [y0, y1) and columns [x0, x1). */
typedef struct {
  int32_t y0, y1, x0, x1;
} test_rect;

/** A tensor (dense, HWC) and the form in which the kernel gets to see it. */
typedef struct {
  const int8_t *data; /**< NULL for an output. */
  int32_t height, width;
  int32_t pixelBytes;
  int32_t kind;
  int32_t pixelPitch;
  int32_t rowGap; /**< Bytes between the last pixel of a row and the next row. */
  int32_t ringRows;
  int32_t alignment; /**< Bytes of what stands at its addresses: 1, or 4 for int32 numbers. */
} test_tensor;

typedef struct {
  rv_window window;
  test_rect needs[TEST_MAX_INPUTS]; /**< What the call may read of each input. */
  int32_t scratchBytes;
} test_call;

/** A slice of a convolution's input channels; the last one of an array has no parameters. */
typedef struct {
  const rv_conv_partial_params *params;
  int32_t channel; /**< First of the slice. */
} test_slice;

/** The output of a slice that writes none: an address at which nothing may be read or written. */
extern const rv_view test_untouchable;

typedef struct {
  const char *name;
  void (*kernel)(const void *params, const rv_view *in, const rv_view *out, const rv_window *w,
                 void *scratch);
  const void *params;
  int32_t inputs;
  test_tensor in[TEST_MAX_INPUTS];
  test_tensor out;
  const int8_t *expected;
  const test_call *calls;
  int32_t callCount;
  int32_t overlapInput; /**< Input that the output overlaps; -1: none. */
  int32_t distance;     /**< offset(output) - offset(input) */
  int32_t scratchBytes; /**< One block for all calls, every byte of which they write; 0: not looked
                           at. */
} test_case;

extern const test_case test_cases[];
extern const int32_t test_case_count;

#endif /* KERNEL_TEST_H */

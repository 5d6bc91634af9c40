/** @file rv_dot_wide_s8_dsp.c Dot products over separate bytes. */
#define RV_DOT_SUMMED 0
#include "rv_dot_block_dsp.h"

const rv_dot_blocks rv_dot_wide_s8 = {dot3, dot1, dot3};

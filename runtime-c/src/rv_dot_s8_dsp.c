/** @file rv_dot_s8_dsp.c Dot products over summed words. */
#define RV_DOT_SUMMED 1
#include "rv_dot_block_dsp.h"

#if RV_DSP && !RV_M7
const rv_dot_blocks rv_dot_s8 = {dot3, dot1, plain3};
#else
const rv_dot_blocks rv_dot_s8 = {dot3, dot1, dot3};
#endif

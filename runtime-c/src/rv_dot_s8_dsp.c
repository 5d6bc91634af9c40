/** @file rv_dot_s8_dsp.c Dot products over summed words. */
#define RV_DOT_SUMMED 1
#include "rv_dot_block_dsp.h"

const rv_dot_blocks rv_dot_s8 = {dot3, dot1};

/** Sizes beyond which a file is refused rather than worked on: far above any network for a microcontroller. */

/** Elements of one tensor. */
export const maxElements = 2 ** 28;
/** Kernel, stride, dilation, pad. */
export const maxWindow = 2 ** 15;
/** Elements that constant folding may make in one step. */
export const maxFoldedElements = 2 ** 24;
/** Rows or columns of a resized image: each has table entries. */
export const maxResizedAxis = 2 ** 16;
/** Rank of a tensor. */
export const maxRank = 16;
/** Elementwise operators that may stand one after another between two quantisations. */
export const maxExprSize = 256;
/** Operators other than elementwise ones that may wait for one quantisation. */
export const maxPendingDepth = 256;
/** Nodes of a file: quantised networks have up to ten for each operator. */
export const maxNodes = 2 ** 18;
/** Operators of the imported network: planning more of them takes minutes. */
export const maxOperators = 2 ** 14;

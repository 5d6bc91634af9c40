/** Words of the page alone. */

/** `cortex-m0plus` as `M0+`. */
export const coreText = (core: string): string => core.replace('cortex-', '').replace('plus', '+').toUpperCase();

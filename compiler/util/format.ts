/** Numbers as people read them. kB is 1000 bytes. */

/** Bytes with thousands separators: `76 800`. */
export const groupDigits = (n: number): string => String(Math.round(n)).replace(/\B(?=(\d{3})+$)/g, ' ');

/** `1 byte`, `76 800 bytes`. */
export const counted = (n: number, what: string): string => `${groupDigits(n)} ${what}${n === 1 ? '' : 's'}`;

/** Bytes in kB of 1000, as people compare them: `76.8 kB`, `912 B`, `1.40 MB`. */
export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  if (bytes < 999_950) return `${(bytes / 1000).toFixed(1)} kB`;
  return `${(bytes / 1e6).toFixed(2)} MB`;
}

/** `1.02 x`. */
export const formatSlowdown = (factor: number): string => `${factor.toFixed(2)} x`;

/** Counts: `11.58 M`, `26.5 k`, `912`. */
export function formatCount(n: number): string {
  if (n < 1000) return String(Math.round(n));
  if (n < 999_950) return `${(n / 1000).toFixed(1)} k`;
  if (n < 999_995_000) return `${(n / 1e6).toFixed(2)} M`;
  return `${(n / 1e9).toFixed(2)} G`;
}

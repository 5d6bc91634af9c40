/** Ecosystems that a package can be laid out for. */

export const packageKinds = ['cmake', 'arduino', 'platformio', 'zephyr', 'esp-idf', 'cmsis-pack'] as const;
export type PackageKind = (typeof packageKinds)[number];

/** The form of the tables of stack and code. */

export interface FootprintTable {
  /** Bytes of stack below the caller and of code, by kernel. */
  readonly kernels: Readonly<Record<string, readonly [stackBytes: number, codeBytes: number]>>;
  /** Bytes of code of the files that several kernels list, by path in runtime-c. */
  readonly sharedFiles: Readonly<Record<string, number>>;
}

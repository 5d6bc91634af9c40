/** Modules that scripts/site.mjs makes while it bundles the page. */

/** Shipped text files by their path from the package's root. */
declare module 'virtual:shipped' {
  const files: Readonly<Record<string, string>>;
  export { files };
}

/** The worker's program. */
declare module 'virtual:worker' {
  const program: string;
  export { program };
}

/** The network of the demonstration. */
declare module 'virtual:demo-network' {
  const name: string;
  const bytes: () => Uint8Array;
  export { bytes, name };
}

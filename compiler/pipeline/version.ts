import { readAsset } from '../assets/assets.js';

const { version, engines } = JSON.parse(readAsset('package.json')) as { version: string; engines: { node: string } };

/** Version of this installation, as its package.json says. */
export const toolVersion: string = version;

/** Oldest Node that it runs on: `20.19`. */
export const leastNode: string = engines.node.replace('>=', '');

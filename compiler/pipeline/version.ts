import { readAsset } from '../assets/assets.js';

/** Version of this installation, as its package.json says. */
export const toolVersion: string = (JSON.parse(readAsset('package.json')) as { version: string }).version;

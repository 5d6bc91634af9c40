import { footprints } from '../../measured/footprints-dsp.js';
import { footprintsIn } from '../footprint.js';

export const footprintOf = footprintsIn(footprints);

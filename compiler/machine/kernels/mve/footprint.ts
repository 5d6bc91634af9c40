import { footprints } from '../../measured/footprints-mve.js';
import { footprintsIn } from '../footprint.js';

export const footprintOf = footprintsIn(footprints);

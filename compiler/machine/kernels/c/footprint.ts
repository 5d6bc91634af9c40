import { footprints } from '../../measured/footprints-c.js';
import { footprintsIn } from '../footprint.js';

export const footprintOf = footprintsIn(footprints);

import { formOf } from '../form.js';
import { footprintOf } from './footprint.js';

/** The MVE form of a plain kernel. */
export const mveForm = formOf('mve', ['include/rv_kernels_mve.h', 'include/rv_requantise.h'], footprintOf);

import { describe, expect, it } from 'vitest';
import { editDistance, nearest } from '../../../compiler/util/nearest.js';

describe('nearest', () => {
  const boards = ['nucleo-f746zg', 'nucleo-f411re', 'nrf52840-dk', 'microbit'];

  it('finds the name behind a typing error', () => {
    expect(nearest('nucelo-f746zg', boards)[0]).toBe('nucleo-f746zg');
    expect(nearest('mircobit', boards)).toEqual(['microbit']);
  });

  it('finds the name of which a part was given', () => {
    expect(nearest('f746', boards)).toEqual(['nucleo-f746zg']);
    expect(nearest('nucleo', boards)).toEqual(['nucleo-f411re', 'nucleo-f746zg']);
  });

  it('gives nothing where nothing is near', () => {
    expect(nearest('esp32', boards)).toEqual([]);
  });

  it('counts insertions, deletions and replacements', () => {
    expect(editDistance('kitten', 'sitting')).toBe(3);
    expect(editDistance('', 'abc')).toBe(3);
  });
});

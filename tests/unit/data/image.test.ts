/** Files and pixel values that Pillow 12 wrote. */

import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { decodeImage, type Image } from '../../../compiler/data/image.js';
import { cropCentre, resizeImage, sizeForShorterSide, toGrey, toRgb } from '../../../compiler/data/resample.js';

const bytes = (base64: string): Uint8Array => Uint8Array.from(Buffer.from(base64, 'base64'));
const hex = (data: Uint8Array): string => Buffer.from(data).toString('hex');
const sha256 = (data: Uint8Array): string => createHash('sha256').update(data).digest('hex');

const rgb = '00356a255a8f4a7fb46fa4d994c9fe5b90c587bcf1b3e81ddf14490b4075b6eb20e91e531c51864f84b982b7ec';
const files = {
  rgb: 'iVBORw0KGgoAAAANSUhEUgAAAAUAAAADCAIAAADUVFKvAAAAHElEQVR4nGNkMM1SRQKM0ROO6iABxm2vFYyRAADoygpEezMO7gAAAABJRU5ErkJggg==',
  grey: 'iVBORw0KGgoAAAANSUhEUgAAAAUAAAADCAAAAAB+XZokAAAAGklEQVR4nGPUVlVVVWVs0+Gfdp/xyNxnxsYAJ9AFpqPWR7kAAAAASUVORK5CYII=',
  palette:
    'iVBORw0KGgoAAAANSUhEUgAAAAUAAAADBAMAAACpGNjLAAAAD1BMVEWq32mFuu9ek8iOQ3gNQndjmQGZAAAAFElEQVR4nGNwURJgUGR2YGB2EgAAB7IBMLA360IAAAAASUVORK5CYII=',
  oneBit: 'iVBORw0KGgoAAAANSUhEUgAAAAUAAAADAQAAAABzTfhVAAAADklEQVR4nGPQYHjAtAMABCoBw5sAD3oAAAAASUVORK5CYII=',
  alpha:
    'iVBORw0KGgoAAAANSUhEUgAAAAUAAAADCAYAAABbNsX4AAAAKElEQVR4nGNkMM1iUFVV5ULGjNETjhrp6OhwIWPGba8VUoyNjbmQMQBSTAtSSVMuTAAAAABJRU5ErkJggg==',
  deep: 'iVBORw0KGgoAAAANSUhEUgAAAAUAAAADEAAAAAAuzUZnAAAAIElEQVR4nGNkYOBfILCAf4HAAhY/BX4FAQUBBX4kpgIAafYFoNEt/U8AAAAASUVORK5CYII=',
  jpeg: '/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAMCAgMCAgMDAwMEAwMEBQgFBQQEBQoHBwYIDAoMDAsKCwsNDhIQDQ4RDgsLEBYQERMUFRUVDA8XGBYUGBIUFRT/2wBDAQMEBAUEBQkFBQkUDQsNFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBT/wAARCAAIAAgDASIAAhEBAxEB/8QAFQABAQAAAAAAAAAAAAAAAAAAAAT/xAAUEAEAAAAAAAAAAAAAAAAAAAAA/8QAFQEBAQAAAAAAAAAAAAAAAAAABwj/xAAUEQEAAAAAAAAAAAAAAAAAAAAA/9oADAMBAAIRAxEAPwCQAHqQf//Z',
};

describe('decodeImage', () => {
  it.each([
    ['rgb', 3, rgb],
    ['grey', 1, '2b50759abf86b2c15736c461477aad'],
    ['palette', 3, '0d42770d42775e93c85e93c885baef5e93c885baefaadf698e43780d4277aadf698e43780d42775e93c885baef'],
    ['oneBit', 1, '0000ff00ffffffff0000ff0000ffff'],
    ['alpha', 3, rgb],
    ['deep', 1, '000f1f2e3e4e5d6d7d8c9cabbbcbda'],
  ] as const)('reads a PNG: %s', (kind, channels, pixels) => {
    const image = decodeImage(bytes(files[kind]), 'x.png');
    expect([image.width, image.height, image.channels, hex(image.data)]).toEqual([5, 3, channels, pixels]);
  });

  it('reads a JPEG, each value within 1 of Pillow (its colour conversion rounds down)', () => {
    const image = decodeImage(bytes(files.jpeg), 'x.jpg');
    expect([image.width, image.height, image.channels]).toEqual([8, 8, 3]);
    image.data.forEach((value, i) => expect(Math.abs(value - [200, 100, 50][i % 3])).toBeLessThanOrEqual(1));
  });

  it('refuses what is no image, or half of one', () => {
    expect(() => decodeImage(bytes('AAAA'), 'x.bin')).toThrow('E157 x.bin: is neither a PNG nor a JPEG');
    for (const file of [files.rgb, files.jpeg]) {
      const whole = bytes(file);
      for (let length = 4; length < whole.length; length += 7)
        expect(() => decodeImage(whole.subarray(0, length), 'x')).toThrow(/^E157 x: (?!.*DataView)/);
    }
    const flipped = bytes(files.rgb);
    flipped[50] ^= 1;
    expect(() => decodeImage(flipped, 'x.png')).toThrow(/^E157 x.png: is not an image that can be read/);
  });
});

const pattern: Image = {
  width: 13,
  height: 9,
  channels: 3,
  data: Uint8Array.from({ length: 13 * 9 * 3 }, (_, i) => {
    const [x, y, c] = [Math.floor(i / 3) % 13, Math.floor(i / 39), i % 3];
    return (x * 37 + y * 91 + c * 53 + x * y * 7) % 256;
  }),
};

describe('resizing', () => {
  it.each([
    [5, 4, 'e3de532b8135f4b6ed92a644d0908639ee56bef38f1744c1ec64a41939b5666e'],
    [20, 17, '3663af914e5693c9feb24762875636260d2fee62335e24047f8173222f8c1590'],
    [13, 4, 'c7092d9f4f7c739a068e3dde11de4e3c60feaf11d9638a2b368ea34685acf0e6'],
    [1, 1, '323b4458f1d353d16ad3e435280058fc8596462d3370e663212145eb57c863d9'],
  ])('to %i x %i gives the bytes of Pillow', (width, height, hash) => {
    expect(sha256(resizeImage(pattern, { width, height }).data)).toBe(hash);
  });

  it('in proportion rounds the longer side down', () => {
    expect(sizeForShorterSide({ width: 427, height: 320 }, 201)).toEqual({ width: 268, height: 201 });
    expect(sizeForShorterSide({ width: 3, height: 7 }, 2)).toEqual({ width: 2, height: 4 });
  });

  it('gives the grey of Pillow', () => {
    expect(sha256(toGrey(pattern).data)).toBe('ba481e8f942f4b2938ed65f399c2a50eb0c557c18d8b49181c26886490b86386');
    const grey: Image = { width: 1, height: 2, channels: 1, data: Uint8Array.of(7, 9) };
    expect([...toRgb(grey).data]).toEqual([7, 7, 7, 9, 9, 9]);
  });

  it.each([
    [5, 2, 2],
    [7, 4, 2],
    [6, 4, 1],
  ])('crops %i pixels to %i from pixel %i on, as torchvision', (from, to, first) => {
    const image: Image = { width: from, height: 1, channels: 1, data: Uint8Array.from({ length: from }, (_, i) => i) };
    expect(cropCentre(image, { width: to, height: 1 })?.data[0]).toBe(first);
    expect(cropCentre(image, { width: from + 1, height: 1 })).toBeNull();
  });
});

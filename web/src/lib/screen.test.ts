import { describe, expect, it } from 'vitest';
import { needed, unpack, type Patch } from './screen';
import { bytes, clock, duration } from './words';

const patch = (t: number, whole = false): Patch => ({ t, whole, x: 0, y: 0, w: 1, h: 1, format: 'png', offset: 0, size: 0, from_x: 0, from_y: 0 });
const patches = [patch(0, true), patch(100), patch(200), patch(300, true), patch(400)];

describe('which patches must be drawn', () => {
  it('begins with the last whole picture', () => {
    expect(needed(patches, 450, -1)).toEqual({ from: 3, to: 5 });
    expect(needed(patches, 250, -1)).toEqual({ from: 0, to: 3 });
  });

  it('goes on from what is there', () => {
    expect(needed(patches, 250, 2)).toEqual({ from: 2, to: 3 });
    expect(needed(patches, 250, 3)).toEqual({ from: 3, to: 3 });
  });

  it('begins anew when going back', () => {
    expect(needed(patches, 150, 3)).toEqual({ from: 0, to: 2 });
  });

  it('skips what a newer whole picture covers', () => {
    expect(needed(patches, 350, 1)).toEqual({ from: 3, to: 4 });
  });

  it('shows the first picture even a moment before its time', () => {
    expect(needed([patch(5, true)], 0, -1)).toEqual({ from: 0, to: 1 });
    expect(needed([patch(5)], 0, -1)).toEqual({ from: 0, to: 0 });
  });
});

describe('a pack', () => {
  it('is refused if it is something else', () => {
    expect(() => unpack(new ArrayBuffer(32))).toThrow();
  });
});

describe('words', () => {
  it('writes times and sizes for people', () => {
    expect([clock(64_250), clock(3_725_000), clock(0)]).toEqual(['1:04.2', '1:02:05.0', '0:00.0']);
    expect([duration(400), duration(7_000), duration(64_000), duration(3_600_000)]).toEqual(['0.4 s', '7 s', '1 min 4 s', '1 h']);
    expect([bytes(12), bytes(48_211_003)]).toEqual(['12 bytes', '48.2 MB']);
  });
});

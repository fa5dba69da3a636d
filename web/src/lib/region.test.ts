import { describe, expect, it } from 'vitest';
import { between } from './region';

const size = { width: 100, height: 80 };

describe('a rectangle that is drawn', () => {
  it('lies between its corners, whichever came first', () => {
    const wanted = { x: 10, y: 20, width: 30, height: 40 };
    expect(between({ x: 10, y: 20 }, { x: 40, y: 60 }, size)).toEqual(wanted);
    expect(between({ x: 40, y: 20 }, { x: 10, y: 60 }, size)).toEqual(wanted);
  });

  it('ends at the edges of the screen', () => {
    expect(between({ x: -5, y: -5 }, { x: 500, y: 500 }, size)).toEqual({ x: 0, y: 0, width: 100, height: 80 });
  });

  it('is none if nothing is in it', () => {
    expect(between({ x: 5, y: 5 }, { x: 5.3, y: 50 }, size)).toBeNull();
  });
});

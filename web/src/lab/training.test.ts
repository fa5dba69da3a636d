import { expect, test } from 'vitest';
import { done, figures, inWords, place, polyline, scaleOf, ticks, type Point } from './training';

const LOSS: Point[] = [
  [1, 4],
  [50, 1],
];

test('the right edge is the last step of all, and the bottom is 0 or the least', () => {
  const scale = scaleOf(100, LOSS);
  expect(scale).toEqual({ steps: 100, low: 0, high: 4 });
  expect(place(scale, [100, 0])).toEqual([100, 100]);
  expect(place(scale, [0, 4])).toEqual([0, 0]);
  expect(polyline(scale, LOSS)).toBe('1.00,0.00 50.00,75.00');
  expect(scaleOf(0, [[3, -2]]).low).toBe(-2);
  expect(scaleOf(9)).toMatchObject({ steps: 9, low: 0 });
});

test('ticks are round, in order, inside, and few', () => {
  expect(ticks(0, 4)).toEqual([0, 1, 2, 3, 4]);
  expect(ticks(0, 0.37)).toEqual([0, 0.1, 0.2, 0.3]);
  expect(ticks(-2, 3)).toEqual([-2, -1, 0, 1, 2, 3]);
  for (const high of [1e-9, 0.003, 0.7, 1, 17, 1234, 6e7]) {
    const found = ticks(0, high);
    expect(found.length).toBeGreaterThan(1);
    expect(found.length).toBeLessThanOrEqual(6);
    expect(found[0]).toBe(0);
    expect(found.at(-1)).toBeLessThanOrEqual(high * (1 + 1e-9));
  }
});

test('a curve is told in words', () => {
  expect(inWords({ loss: LOSS, held_out: [[40, 1.23456]] })).toBe('Loss 4 at step 1, 1 at step 50; of what is held out 1.23 after step 40');
  expect(inWords({ loss: [], held_out: [] })).toBe('No step is done yet');
  expect([0.00123456, 1234.5, 12.34].map(figures)).toEqual(['0.00123', '1,230', '12.3']);
});

test('what is done is done, also where its curve is coarse', () => {
  expect(done({ state: 'done', steps: 60, loss: LOSS })).toBe(60);
  expect(done({ state: 'running', steps: 60, loss: LOSS })).toBe(50);
  expect(done({ state: 'running', steps: 60, loss: [] })).toBe(0);
});

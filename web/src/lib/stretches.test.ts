import { describe, expect, it } from 'vitest';
import type { Segment } from './api';
import type { MarkerRow } from './rows';
import { leftOut } from './stretches';

const marker = (start: number, end: number, reason = 'password_field'): MarkerRow => ({
  t: end, kind: 'marker', what: 'suppressed', reason, title: reason, label: reason, sentence: '', next_step: '', start, end, count: 1,
});
const segment = (sequence: number, start: number, end: number): Segment => ({
  segment_id: `seg_${sequence}`, sequence, start, end, place: 'vault', leaves_at: null, fault: null,
});
const told = (...args: Parameters<typeof leftOut>) => leftOut(...args).map(({ start, end, reason, count }) => [start, end, reason, count]);
const two = [segment(0, 0, 4000), segment(1, 4000, 8000)];

describe('what was left out', () => {
  it('joins a stretch that goes on in the next segment', () => {
    expect(told([marker(3000, 4000), marker(4000, 5000)], two, new Set())).toEqual([[3000, 5000, 'password_field', 2]]);
  });

  it('keeps two reasons apart', () => {
    expect(told([marker(1000, 2000), marker(1500, 3000, 'no_lease')], two, new Set())).toHaveLength(2);
  });

  it('does not list where recording started and stopped', () => {
    expect(told([marker(0, 0, 'session')], two, new Set())).toEqual([]);
  });

  it('shows a hole that nothing explains', () => {
    expect(told([], [segment(0, 0, 4000), segment(1, 9000, 12000)], new Set())).toEqual([[4000, 9000, 'nothing', 0]]);
  });

  it('does not show a hole twice', () => {
    const found = told([marker(4000, 9000, 'paused_by_person')], [segment(0, 0, 4000), segment(1, 9000, 12000)], new Set());
    expect(found).toEqual([[4000, 9000, 'paused_by_person', 1]]);
  });

  it('shows a damaged segment', () => {
    expect(told([], two, new Set(['seg_1']))).toEqual([[4000, 8000, 'damaged', 0]]);
  });
});

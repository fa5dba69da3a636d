import { describe, expect, it } from 'vitest';
import type { Plan, Segment } from './api';
import { heldWords, leaves, named, planWords } from './covers';
import { pieces } from './rows';

const plan: Plan = { rewritten: 0, removed: 0, untouched: 3, left: 0, rewritten_seconds: 0, removed_seconds: 0, reads_screen: true };
const segment = (place: string, leaves_at: string | null): Segment => ({ segment_id: 's', sequence: 0, start: 0, end: 1, place, leaves_at, fault: null });

describe('what covering does', () => {
  it('says so where nothing is found', () => {
    expect(planWords(plan, false)[0]).toBe('It is in nothing that is held.');
  });

  it('says before it is done what is deleted', () => {
    const words = planWords({ ...plan, rewritten: 2, rewritten_seconds: 10, removed: 1, removed_seconds: 5, left: 4 }, false).join(' ');
    expect(words).toContain('will be covered in 2 parts (10 s)');
    expect(words).toContain('1 part (5 s) will be deleted');
    expect(words).toContain('4 parts of these recordings left before');
  });

  it('says when all text is covered', () => {
    expect(planWords({ ...plan, reads_screen: false }, false).join(' ')).toContain('all of it is covered');
  });
});

describe('when a moment leaves', () => {
  const now = new Date('2026-11-21T12:00:00');
  it('is told for what is held', () => {
    expect(leaves(segment('spool', '2026-11-21T14:32:00'), now)).toContain('leaves at 14:32');
    expect(leaves(segment('spool', '2026-11-22T14:32:00'), now)).toContain('14:32 on 22 Nov');
    expect(leaves(segment('spool', '2026-11-21T11:00:00'), now)).toContain('leaves now');
    expect(leaves(segment('spool', null), now)).toContain('next recording');
    expect(leaves(segment('vault', null), now)).toContain('has left');
  });

  it('is told for a recording', () => {
    const session = { session_id: 's', start: '', origin_ns: '0', duration_ms: 1, size_bytes: 1, segment_count: 3, missing_count: 0, leaves_at: null };
    expect(heldWords({ ...session, held_count: 3 })).toContain('All of');
    expect(heldWords({ ...session, held_count: 1 })).toContain('1 part of this recording is');
  });
});

describe('what is covered', () => {
  it('is named one by one', () => {
    const covers = { words: ['heron'], regions: [{ x: 1, y: 2, width: 3, height: 4 }], sites: ['a.example'], apps: ['Chat'] };
    expect(named(covers).map((each) => each.label)).toEqual(['word “heron”', '3 × 4 pixels at 1, 2', 'site a.example', 'application Chat']);
  });

  it('stands out in a text', () => {
    expect(pieces('Dear ‹name 1›,')).toEqual([
      { text: 'Dear ', covered: false },
      { text: 'name 1', covered: true },
      { text: ',', covered: false },
    ]);
    expect(pieces('‹ not closed')).toEqual([{ text: '‹ not closed', covered: false }]);
  });
});

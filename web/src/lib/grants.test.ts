import { describe, expect, it } from 'vitest';
import type { Artefact, Emergency, End, Opening, Openings } from './api';
import { became, choose, toGrants, unused } from './grants';

function opening(grant: string, day: string, who: string, proof: Opening['proof'] = 'checked'): Opening {
  return {
    index: 1,
    proof,
    fault: null,
    grant_id: grant,
    at: `2026-11-${day}T09:00:00Z`,
    segment_id: `seg_${grant}${day}`,
    who,
    approvers: ['Samira (security)'],
    purpose: 'train AI models',
    reason: 'To learn forms.',
    output: `a model of ${who}`,
    until: `2026-11-${String(Number(day) + 7).padStart(2, '0')}T09:00:00Z`,
  };
}

const entries = [
  opening('gra_1', '01', 'Rosa'),
  opening('gra_1', '02', 'Rosa'),
  opening('gra_2', '10', 'Ada', 'failed'),
  opening('gra_3', '20', 'Zoe'),
  { index: 9, proof: 'failed', fault: null, grant_id: '', at: null } satisfies Opening,
];
const emergencies = [{ grant_id: 'gra_2' }, { grant_id: 'gra_9' }] as Emergency[];
const ends = [
  { grant_id: 'gra_3', verdict: null, proof: 'checked', words: 'It ended.' },
  { grant_id: 'gra_2', verdict: 'justified', proof: 'checked' },
  { grant_id: 'gra_1', verdict: null, proof: 'failed' },
] as End[];
const grants = toGrants({ entries, emergencies, ends } as Openings, [{ grant_id: 'gra_3', kind: 'dataset', artefact_id: 'art_7' } as Artefact]);
const NOW = '2026-11-16T00:00:00Z';

function found(words = '', only: Parameters<typeof choose>[2] = 'all', order: Parameters<typeof choose>[3] = 'newest'): string[] {
  return choose(grants, words, only, order, NOW).map((each) => each.id);
}

describe('grants', () => {
  it('belong together by their id, and what cannot be read stands alone', () => {
    expect(grants.map((each) => [each.id, each.entries.length, each.failed, each.made.length])).toEqual([
      ['gra_1', 2, 0, 0],
      ['gra_2', 1, 1, 0],
      ['gra_3', 1, 0, 1],
      ['entry 9', 1, 1, 0],
    ]);
  });

  it('of an emergency are marked, and an emergency without any is told by itself', () => {
    expect(grants.filter((each) => each.emergency).map((each) => each.id)).toEqual(['gra_2']);
    expect(unused({ entries, emergencies } as Openings).map((each) => each.grant_id)).toEqual(['gra_9']);
  });

  it('say when they were ended early and what was found of an emergency, if that is proven', () => {
    expect(grants.map((each) => [each.id, each.ended?.words, each.review?.verdict])).toEqual([
      ['gra_1', undefined, undefined],
      ['gra_2', undefined, 'justified'],
      ['gra_3', 'It ended.', undefined],
      ['entry 9', undefined, undefined],
    ]);
    expect(became(ends, 'gra_9')).toEqual({ ended: undefined, review: undefined });
  });

  it('are sorted', () => {
    expect(found()).toEqual(['gra_3', 'gra_2', 'gra_1', 'entry 9']);
    expect(found('', 'all', 'oldest')).toEqual(['entry 9', 'gra_1', 'gra_2', 'gra_3']);
    expect(found('', 'all', 'most')[0]).toBe('gra_1');
    expect(found('', 'all', 'who')).toEqual(['entry 9', 'gra_2', 'gra_1', 'gra_3']);
  });

  it('are found by any word that is shown', () => {
    expect(found('rosa')).toEqual(['gra_1']);
    expect(found('samira ZOE')).toEqual(['gra_3']);
    expect(found('art_7')).toEqual(['gra_3']);
    expect(found('seg_gra_102')).toEqual(['gra_1']);
    expect(found('2026-11-10')).toEqual(['gra_2']);
    expect(found('nobody')).toEqual([]);
  });

  it('are narrowed to those that are open, made something, or failed', () => {
    expect(found('', 'open')).toEqual(['gra_2']);
    expect(found('', 'made')).toEqual(['gra_3']);
    expect(found('', 'failed')).toEqual(['gra_2', 'entry 9']);
  });
});

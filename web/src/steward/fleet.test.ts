import { describe, expect, it } from 'vitest';
import { groupWords, scopeWords, span } from './fleet';

const states = { permitted: 0, paused_by_person: 0, paused_by_steward: 0, refused: 0, unreachable: 0 };

describe('words of the fleet', () => {
  it('says whom a pause concerns, and never names one person', () => {
    expect(scopeWords({ kind: 'everyone', value: '' })).toBe('Everyone');
    expect(scopeWords({ kind: 'share', value: '20' })).toBe('20 of 100, by chance');
    expect(scopeWords({ kind: 'person', value: 'per_1' })).toBe('One person');
    expect(scopeWords({ kind: 'cohort', value: 'north' })).toBe('Cohort north');
  });

  it('says which others are joined', () => {
    expect(groupWords({ country: 'DE', cohort: 'north', people: 12, states })).toBe('DE · north');
    expect(groupWords({ country: 'DE', cohort: '', people: 12, states })).toBe('DE');
    expect(groupWords({ country: 'DE', cohort: null, people: 12, states })).toBe('DE · other cohorts');
    expect(groupWords({ country: null, cohort: null, people: 12, states })).toBe('Others, of several countries');
  });

  it('writes spans', () => {
    expect(span(420)).toBe('0.42 s');
    expect(span(12_340)).toBe('12.3 s');
    expect(span(-5)).toBe('0.00 s');
  });
});

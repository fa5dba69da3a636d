import { describe, expect, it } from 'vitest';
import { agreedWords, atMostWords, spanWords, stillNeeded, whose, type Answer, type Asked, type Request } from './access';

const asked = { people: 12, cohort: '', emergency: false } as Asked;

function answered(...answers: [Answer['role'], Answer['verdict']][]): Request {
  return { asked, answers: answers.map(([role, verdict]) => ({ role, verdict })) } as Request;
}

describe('access in words', () => {
  it('tells a duration in its two largest units', () => {
    expect([0, 35_400, 250 * 60_000, 51 * 3_600_000, 7 * 86_400_000].map(spanWords)).toEqual([
      '0 s',
      '35 s',
      '4 h 10 min',
      '2 d 3 h',
      '7 d',
    ]);
  });

  it('tells whose recordings', () => {
    expect(whose(asked)).toBe('12 people');
    expect(whose({ ...asked, people: 1, cohort: 'north' })).toBe('the cohort north, one person');
  });

  it('tells who has not said yes', () => {
    expect(stillNeeded(answered())).toEqual(['security', 'representative']);
    expect(stillNeeded(answered(['security', 'approve']))).toEqual(['representative']);
    expect(stillNeeded(answered(['security', 'deny']))).toEqual(['security', 'representative']);
    expect(stillNeeded({ ...answered(['security', 'approve']), asked: { ...asked, emergency: true } })).toEqual([]);
  });

  it('tells what people agreed to, level by level', () => {
    const kinds = { screen: [{ app: 'Browser', level: 'redacted' }, { app: 'Editor', level: 'redacted' }, { app: 'Mail', level: 'exact' }] };
    expect(agreedWords({ kinds } as never, 'screen')).toBe('redacted in Browser, Editor; exact in Mail');
  });

  it('has words for each level', () => {
    expect(atMostWords('keystrokes', 'shape')).toContain('letters');
    expect(atMostWords('screen', 'exact')).toBe('as recorded');
  });
});

import { expect, test } from 'vitest';
import { Problem } from './api';
import { shared, textTrouble, unread, type Concern, type Notices } from './voice';

const concern = (joins: number, joins_openly: number): Concern => ({ joins, joins_openly }) as Concern;

test('who shares a concern, in words', () => {
  expect(shared(concern(0, 0))).toBe('nobody has joined yet');
  expect(shared(concern(1, 0))).toBe('shared by 1 other');
  expect(shared(concern(3, 1))).toBe('shared by 3 others, 1 of them openly');
});

test('a text is long enough and not too long, by characters', () => {
  expect(textTrouble('   too short ')).toContain('at least');
  expect(textTrouble('long enough now')).toBe('');
  expect(textTrouble('🙂'.repeat(2000))).toBe('');
  expect(textTrouble('x'.repeat(2003))).toBe('3 characters too many.');
});

test('what is unread', () => {
  expect(unread(null)).toEqual([]);
  expect(unread(Problem.of('x'))).toEqual([]);
  const notices = { notices: [{ seen: true }, { seen: false, title: 'new' }], unbelieved: 0 } as Notices;
  expect(unread(notices).map((each) => each.title)).toEqual(['new']);
});

import { expect, test } from 'vitest';
import { fits, moment, ranked, since, told, type Step } from './dataset';

const CLICK: Step = {
  index: 0,
  time_ns: '1700000000000000001',
  end_ns: '1700000000090000001',
  action: 'click',
  app: 'Shop',
  title: 'Tickets',
  window_x: 0,
  window_y: 0,
  window_width: 300,
  window_height: 200,
  frame_sha256: 'a',
  after_sha256: 'b',
  segments: ['seg'],
  events: 2,
  x: 15,
  y: 25,
  end_x: 15,
  end_y: 25,
  button: 1,
  scroll_dx: 0,
  scroll_dy: 0,
  text: '',
  key: '',
  host: '',
  url: '',
  element: { role: 'push button', name: 'Buy', value: '', chosen: '', path: [], x: 10, y: 20, width: 30, height: 10 },
  shortcut: '',
  to_app: '',
  to_title: '',
  by: 'person',
  proposed: null,
};
const SIZE = { width: 300, height: 200 };

test('a position is in the box up to its edge, and not on it', () => {
  const at = (x: number, y: number): string => fits({ ...CLICK, x, y }, SIZE).fit;
  expect([at(10, 20), at(39, 29)]).toEqual(['fits', 'fits']);
  expect([at(9, 20), at(40, 29), at(39, 30), at(-1, 20), at(300, 20)]).toEqual(['apart', 'apart', 'apart', 'apart', 'apart']);
});

test('what cannot be compared is not said to fit', () => {
  expect(fits({ ...CLICK, frame_sha256: null }, null).fit).toBe('unknown');
  expect(fits({ ...CLICK, element: null }, SIZE).fit).toBe('unknown');
  expect(fits({ ...CLICK, action: 'choose' }, SIZE).fit).toBe('unknown');
});

test('each action is told by what tells it apart', () => {
  expect(told(CLICK)).toEqual({ title: 'Click', detail: 'push button “Buy”' });
  expect(told({ ...CLICK, button: 3, key: 'Control', element: null })).toEqual({ title: 'Right click with Control', detail: 'at 15, 25' });
  expect(told({ ...CLICK, action: 'double_click' }).title).toBe('Double click');
  expect(told({ ...CLICK, action: 'scroll', scroll_dx: -1, scroll_dy: 3 }).detail).toBe('3 down, 1 left');
  expect(told({ ...CLICK, action: 'type', text: 'two' }).detail).toBe('two');
  expect(told({ ...CLICK, action: 'shortcut', key: 'Control+s', shortcut: 'Ctrl+S' }).detail).toBe('Ctrl+S');
  expect(told({ ...CLICK, action: 'switch', to_app: 'Mail', to_title: 'Inbox' }).detail).toBe('Mail: Inbox');
  expect(told({ ...CLICK, action: 'drag', end_x: 50, end_y: 60 }).detail).toBe('from 15, 25 to 50, 60');
});

test('times keep their nanoseconds', () => {
  expect(since(CLICK.time_ns, CLICK.end_ns)).toBe(90);
  expect(since('1700000000000000001', '1700000000000000002')).toBe(1e-6);
});

test('counts are in order', () => {
  expect(ranked({ b: 1, a: 1, c: 3 }, 2)).toEqual([
    ['c', 3],
    ['a', 1],
  ]);
});

test('a time is told to the millisecond, as people write it', () => {
  expect(moment('1700000000123456789')).toMatch(/^1[45] Nov 2023, \d\d:\d\d:20\.123$/);
});

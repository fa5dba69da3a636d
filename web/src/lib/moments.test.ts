import { describe, expect, it } from 'vitest';
import { toMoments } from './moments';
import type { KeyRow, Row } from './rows';

const key = (t: number, text: string, name = text, modifiers: string[] = []): KeyRow => ({ t, kind: 'key', text, name, modifiers, pressed: true });
const up = (t: number, name: string): KeyRow => ({ t, kind: 'key', text: '', name, modifiers: [], pressed: false });
const told = (rows: Row[]) => toMoments(rows, []).map(({ title, detail }) => `${title} ${detail}`.trim());

describe('what the person did', () => {
  it('tells letters typed in a row as one, with their corrections', () => {
    const rows = [key(0, 'a'), up(40, 'a'), key(200, 'x'), key(300, '\b', 'BackSpace'), key(400, 'b')];
    expect(told(rows)).toEqual(['Typed ax⌫b']);
  });

  it('tells a covered part where it was typed', () => {
    const covered: Row = { t: 500, kind: 'covered', placeholder: '‹name 1›', remains: true };
    expect(told([key(0, 'D'), key(100, 'r'), key(200, ' '), covered, key(900, ',')])).toEqual(['Typed Dr ‹name 1›,']);
  });

  it('tells a covered part that was deleted again as deleted', () => {
    const covered: Row = { t: 100, kind: 'covered', placeholder: '‹covered›', remains: false };
    expect(told([key(0, 'a'), covered])).toEqual(['Typed a‹covered›⌫']);
  });

  it('begins with a covered part', () => {
    const covered: Row = { t: 0, kind: 'covered', placeholder: '‹name 2›', remains: true };
    expect(told([covered, key(100, '!')])).toEqual(['Typed ‹name 2›!']);
  });

  it('tells where a task of theirs began and ended, and how', () => {
    const begin: Row = { t: 0, kind: 'task', what: 'begin', instruction: 'send it', outcome: 'unknown' };
    const end: Row = { t: 200, kind: 'task', what: 'end', instruction: '', outcome: 'failure' };
    expect(told([begin, key(100, 'a'), end, key(300, 'b')])).toEqual(['A task begins send it', 'Typed a', 'A task ends, not done', 'Typed b']);
  });

  it('begins anew after a rest', () => {
    expect(told([key(0, 'a'), key(5000, 'b')])).toEqual(['Typed a', 'Typed b']);
  });

  it('tells shortcuts and keys without text by their names, and modifiers never alone', () => {
    const rows = [key(0, '', 'Control_L'), key(10, '\x13', 's', ['Control']), key(500, '\r', 'Return')];
    expect(told(rows)).toEqual(['Pressed Ctrl + S', 'Pressed Enter']);
  });

  it('tells a press and a release elsewhere as a drag', () => {
    const rows: Row[] = [
      { t: 0, kind: 'button', button: 1, pressed: true, x: 5, y: 6 },
      { t: 90, kind: 'pointer', x: 40, y: 50 },
      { t: 120, kind: 'button', button: 1, pressed: false, x: 40, y: 50 },
    ];
    expect(told(rows)).toEqual(['Dragged from 5, 6 to 40, 50', 'Moved the pointer to 40, 50']);
  });

  it('adds up steps of the wheel', () => {
    const step = (t: number, dy: number): Row => ({ t, kind: 'scroll', dx: 0, dy, x: 0, y: 0 });
    expect(told([step(0, 1), step(100, 1), step(200, 1), step(3000, -1)])).toEqual(['Scrolled 3 steps down', 'Scrolled 1 step up']);
  });

  it('tells a window only when it changes, though every segment repeats it', () => {
    const window = (t: number, title: string): Row => ({ t, kind: 'window', app: 'Browser', title, x: 0, y: 0, width: 1, height: 1 });
    expect(told([window(0, 'a'), window(4000, 'a'), window(8000, 'b')])).toEqual(['Browser a', 'Browser b']);
  });

  it('tells typing that goes on in the next segment as one', () => {
    const window = (t: number): Row => ({ t, kind: 'window', app: 'Browser', title: 'a', x: 0, y: 0, width: 1, height: 1 });
    expect(told([window(0), key(3900, 'a'), window(4000), key(4100, 'b')])).toEqual(['Browser a', 'Typed ab']);
  });

  it('says only how many keys, where only that was recorded', () => {
    expect(told([{ t: 0, kind: 'key_count', presses: 12 }])).toEqual(['Pressed 12 keys only the number is recorded']);
  });
});

// What did the person do, told in steps a reader can follow? Pure: rows in, moments out.

import { isModifier, types, type KeyRow, type Row, type TaskRow } from './rows';
import { duration, keyName, modifierNames, plural } from './words';
import type { Stretch } from './stretches';

export type MomentKind = 'keyboard' | 'pointer' | 'window' | 'left-out';

export interface Moment {
  t: number;
  end: number;
  kind: MomentKind;
  title: string;
  detail: string;
}

const TYPING_PAUSE_MS = 1500;
const MOVE_PAUSE_MS = 400;
const SCROLL_PAUSE_MS = 800;
const BUTTONS: Record<number, string> = { 1: 'Clicked', 2: 'Middle-clicked', 3: 'Right-clicked', 8: 'Back', 9: 'Forward' };

export function toMoments(rows: readonly Row[], stretches: readonly Stretch[]): Moment[] {
  const maker = new Maker();
  for (const row of rows) maker.add(row);
  const left = stretches.map((each) => ({
    t: each.start,
    end: each.end,
    kind: 'left-out' as const,
    title: each.title,
    detail: each.reason === 'damaged' ? 'cannot be opened' : `${duration(each.end - each.start)} left out`,
  }));
  return [...maker.moments, ...left].sort((a, b) => a.t - b.t);
}

/** What was marked, as a title. */
export function taskWords(row: Pick<TaskRow, 'what' | 'outcome'>): string {
  if (row.what === 'begin') return 'A task begins';
  return { unknown: 'A task ends', success: 'A task ends, done', failure: 'A task ends, not done' }[row.outcome];
}

class Maker {
  readonly moments: Moment[] = [];
  private typing: Moment | null = null;
  private moving: Moment | null = null;
  private scrolling: (Moment & { dx: number; dy: number }) | null = null;
  private held: Moment | null = null;
  private window = '';

  add(row: Row): void {
    switch (row.kind) {
      case 'key':
        if (row.pressed && !isModifier(row)) this.key(row);
        break;
      case 'key_count':
        if (row.presses) this.push(row.t, 'keyboard', `Pressed ${plural(row.presses, 'key')}`, 'only the number is recorded');
        break;
      case 'covered':
        this.type(row.t, row.remains ? row.placeholder : `${row.placeholder}⌫`);
        break;
      case 'site':
        break;
      case 'pointer':
        this.move(row.t, row.x, row.y);
        break;
      case 'button':
        this.button(row.t, row.button, row.pressed, row.x, row.y);
        break;
      case 'scroll':
        this.scroll(row.t, row.dx, row.dy);
        break;
      case 'window':
        this.changeWindow(row.t, row.app, row.title);
        break;
      case 'marker':
        this.typing = null;
        if (row.what === 'started') this.push(row.t, 'window', 'Recording started', '');
        if (row.what === 'stopped') this.push(row.t, 'window', 'Recording stopped', '');
        break;
      case 'task':
        this.typing = null;
        this.push(row.t, 'window', taskWords(row), row.instruction);
        break;
      case 'session':
        break;
    }
  }

  private push(t: number, kind: MomentKind, title: string, detail: string): Moment {
    const moment = { t, end: t, kind, title, detail };
    this.moments.push(moment);
    return moment;
  }

  private key(row: KeyRow): void {
    const correction = row.name === 'BackSpace' && !row.modifiers.includes('Control');
    if (types(row) || (correction && this.typing && row.t - this.typing.end < TYPING_PAUSE_MS)) {
      this.type(row.t, correction ? '⌫' : row.text);
      return;
    }
    this.typing = null;
    const held = modifierNames(row.modifiers);
    this.push(row.t, 'keyboard', 'Pressed', [...held, keyName(row.name)].join(' + '));
  }

  private type(t: number, text: string): void {
    if (this.typing && t - this.typing.end < TYPING_PAUSE_MS) {
      this.typing.detail += text;
      this.typing.end = t;
    } else {
      this.typing = this.push(t, 'keyboard', 'Typed', text);
    }
  }

  private move(t: number, x: number, y: number): void {
    if (this.held) this.held.end = t;
    if (this.moving && t - this.moving.end < MOVE_PAUSE_MS) this.moving.end = t;
    else this.moving = this.push(t, 'pointer', 'Moved the pointer', '');
    this.moving.detail = `to ${x}, ${y}`;
  }

  private button(t: number, button: number, pressed: boolean, x: number, y: number): void {
    this.moving = null;
    this.typing = null;
    if (pressed) {
      this.held = this.push(t, 'pointer', BUTTONS[button] ?? `Button ${button}`, `at ${x}, ${y}`);
      return;
    }
    if (this.held) {
      const from = this.held.detail.replace('at ', '');
      if (from !== `${x}, ${y}`) {
        this.held.title = 'Dragged';
        this.held.detail = `from ${from} to ${x}, ${y}`;
      }
      this.held.end = t;
    }
    this.held = null;
  }

  private scroll(t: number, dx: number, dy: number): void {
    if (!this.scrolling || t - this.scrolling.end > SCROLL_PAUSE_MS) {
      this.scrolling = Object.assign(this.push(t, 'pointer', 'Scrolled', ''), { dx: 0, dy: 0 });
    }
    this.scrolling.end = t;
    this.scrolling.dx += dx;
    this.scrolling.dy += dy;
    const ways = [
      this.scrolling.dy && `${plural(Math.abs(this.scrolling.dy), 'step')} ${this.scrolling.dy > 0 ? 'down' : 'up'}`,
      this.scrolling.dx && `${plural(Math.abs(this.scrolling.dx), 'step')} ${this.scrolling.dx > 0 ? 'right' : 'left'}`,
    ];
    this.scrolling.detail = ways.filter(Boolean).join(', ');
  }

  private changeWindow(t: number, app: string, title: string): void {
    const name = `${app}\n${title}`;
    if (name === this.window) return;
    this.window = name;
    this.typing = null;
    this.push(t, 'window', app || 'Window', title);
  }
}

// What are the events of a recording, as the viewer sends them? `t` is milliseconds since the session's start.

export type Row =
  | { t: number; kind: 'session'; screen_width: number; screen_height: number }
  | { t: number; kind: 'pointer'; x: number; y: number }
  | { t: number; kind: 'button'; button: number; pressed: boolean; x: number; y: number }
  | { t: number; kind: 'scroll'; dx: number; dy: number; x: number; y: number }
  | KeyRow
  | { t: number; kind: 'key_count'; presses: number }
  | { t: number; kind: 'covered'; placeholder: string; remains: boolean }
  | { t: number; kind: 'site'; host: string; url: string }
  | { t: number; kind: 'window'; app: string; title: string; x: number; y: number; width: number; height: number }
  | TaskRow
  | MarkerRow;

export interface TaskRow {
  t: number;
  kind: 'task';
  what: 'begin' | 'end';
  instruction: string;
  outcome: 'unknown' | 'success' | 'failure';
}

export interface KeyRow {
  t: number;
  kind: 'key';
  name: string;
  text: string;
  pressed: boolean;
  modifiers: string[];
}

export interface MarkerRow {
  t: number;
  kind: 'marker';
  what: 'suppressed' | 'gap' | 'paused' | 'started' | 'stopped';
  reason: string;
  title: string;
  label: string;
  sentence: string;
  next_step: string;
  start: number;
  end: number;
  count: number;
}

export type RowOf<K extends Row['kind']> = Extract<Row, { kind: K }>;

/** How many of `items`, sorted by `t`, lie at or before `time`. */
export function countUntil(items: readonly { t: number }[], time: number): number {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const item = items[middle];
    if (item !== undefined && item.t <= time) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The last of `items`, sorted by `t`, at or before `time`. */
export function lastUntil<T extends { t: number }>(items: readonly T[], time: number): T | undefined {
  return items[countUntil(items, time) - 1];
}

/** `text` in pieces: what is told, and what is covered, whose placeholder stands in ‹›. */
export function pieces(text: string): { text: string; covered: boolean }[] {
  return text
    .split(/(‹[^‹›]{1,64}›)/u)
    .filter(Boolean)
    .map((each) => (each.startsWith('‹') && each.endsWith('›') ? { text: each.slice(1, -1), covered: true } : { text: each, covered: false }));
}

const PRINTABLE = /^[^\p{Cc}]+$/u;
const SHORTCUT = new Set(['Control', 'Alt', 'Super']);
const MODIFIER_KEYS = /^(Control|Shift|Alt|Super|Meta|Hyper)_[LR]$|^(Caps_Lock|Num_Lock|ISO_Level3_Shift)$/;

/** Does this press type something a reader would see? */
export function types(key: KeyRow): boolean {
  return PRINTABLE.test(key.text) && !key.modifiers.some((each) => SHORTCUT.has(each));
}

export function isModifier(key: KeyRow): boolean {
  return MODIFIER_KEYS.test(key.name);
}

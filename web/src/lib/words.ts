// How are times, durations, sizes and keys written for people?

/** "1:04.2": minutes, seconds and tenths since the start. */
export function clock(ms: number, tenths = true): string {
  const unit = tenths ? 100 : 1000;
  const whole = Math.max(0, Math.floor(ms / unit));
  const perSecond = tenths ? 10 : 1;
  const seconds = Math.floor(whole / perSecond);
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60) % 60;
  const head = hours ? `${hours}:${String(minutes).padStart(2, '0')}` : `${minutes}`;
  const tail = `${head}:${String(seconds % 60).padStart(2, '0')}`;
  return tenths ? `${tail}.${whole % 10}` : tail;
}

/** "1 min 4 s", for a sentence. */
export function duration(ms: number): string {
  if (ms < 950) return `${Math.max(0.1, Math.round(ms / 100) / 10)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return seconds % 60 ? `${minutes} min ${seconds % 60} s` : `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return minutes % 60 ? `${hours} h ${minutes % 60} min` : `${hours} h`;
}

export function bytes(count: number): string {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB'];
  let value = count;
  let place = 0;
  while (value >= 1000 && place < units.length - 1) {
    value /= 1000;
    place += 1;
  }
  return `${place === 0 || value >= 100 ? Math.round(value) : Math.round(value * 10) / 10} ${units[place]}`;
}

/** Date and time in the reader's own time zone. */
export function when(iso: string): string {
  return new Date(iso).toLocaleString('en-GB', {
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
  });
}

/** "14:32", today; with the day, if it is another. */
export function clockTime(iso: string, now = new Date()): string {
  const at = new Date(iso);
  const time = at.toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' });
  if (at.toDateString() === now.toDateString()) return time;
  return `${time} on ${at.toLocaleDateString('en-GB', { day: 'numeric', month: 'short' })}`;
}

export function day(iso: string): string {
  return new Date(iso).toLocaleDateString('en-GB', { day: 'numeric', month: 'long', year: 'numeric' });
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString('en-GB')} ${count === 1 ? one : many}`;
}

/** "Sentence" from "sentence without a full stop". */
export function sentence(words: string): string {
  const text = words.trim();
  if (!text) return '';
  const head = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(head) ? head : `${head}.`;
}

const NAMES: Record<string, string> = {
  Return: 'Enter',
  KP_Enter: 'Enter',
  BackSpace: '⌫',
  Delete: 'Del',
  Escape: 'Esc',
  space: 'Space',
  Left: '←',
  Right: '→',
  Up: '↑',
  Down: '↓',
  Page_Down: 'Page Down',
  Page_Up: 'Page Up',
  Prior: 'Page Up',
  Next: 'Page Down',
  ISO_Left_Tab: 'Tab',
  Control_L: 'Ctrl',
  Control_R: 'Ctrl',
  Shift_L: 'Shift',
  Shift_R: 'Shift',
  Alt_L: 'Alt',
  Alt_R: 'Alt',
  Super_L: 'Super',
  Super_R: 'Super',
};

const MODIFIERS: Record<string, string> = { Control: 'Ctrl', Alt: 'Alt', Super: 'Super', Shift: 'Shift' };

export function keyName(name: string): string {
  return NAMES[name] ?? (name.length === 1 ? name.toUpperCase() : name.replaceAll('_', ' '));
}

/** The caps that were held, in the order in which people say them. */
export function modifierNames(modifiers: readonly string[]): string[] {
  return Object.entries(MODIFIERS).flatMap(([name, label]) => (modifiers.includes(name) ? [label] : []));
}

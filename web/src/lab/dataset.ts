// What does the lab answer of a data set? Shapes are those of docs/spec/dataset-page.md; nanoseconds travel as text.

export type Part = 'train' | 'validation' | 'test';
export type Rule = 'person' | 'task' | 'both';
export const PARTS: readonly Part[] = ['train', 'validation', 'test'];
export const RULES: Record<Rule, string> = { person: 'by person', task: 'by task', both: 'by person and task' };

export interface About {
  artefact_id: string;
  created_ms: number;
  rebuilt_from: string | null;
  recorded_s: number;
  totals: {
    people: number;
    sessions: number;
    segments: number;
    missing_segments: number;
    events: number;
    step_events: number;
    unused: Record<string, number>;
    steps: number;
    frames: number;
    unseen_steps: number;
    episodes: number;
    instructed: number;
  };
  statistics: {
    steps: number;
    actions: Record<string, number>;
    apps: Record<string, number>;
    roles: Record<string, number>;
    shortcuts: Record<string, number>;
    known: Record<string, number>;
    outcomes: Record<string, number>;
    instructed_by: Record<string, number>;
  };
  splits: Record<Rule, { steps: Record<Part, number>; people: Record<Part, number>; left_out: number }>;
  lineage: {
    grant_id: string;
    purposes: string[];
    until_ms: number;
    people: number;
    consents: number;
    segments: number;
    parents: string[];
    made_by: string;
  } | null;
  imported: { source: string; name: string; licence: string } | null;
}

export interface Episode {
  number: number;
  person_id: string;
  session_id: string;
  steps: number;
  start_ns: string;
  end_ns: string;
  began: 'session' | 'idle' | 'window' | 'begin' | 'end';
  apps: string[];
  instruction: string;
  instructed_by: '' | 'person' | 'form' | 'plug_in';
  outcome: 'unknown' | 'success' | 'failure';
  /** null: its person and its task were drawn for different parts. */
  part: Part | null;
}

export interface EpisodeList {
  count: number;
  found: number;
  rows: Episode[];
}

export type EpisodeSteps = Episode & { count: number; rows: Step[] };

export interface Control {
  role: string;
  name: string;
  value: string;
  chosen: string;
  path: string[];
  x: number;
  y: number;
  width: number;
  height: number;
}

export type Action = 'click' | 'double_click' | 'drag' | 'scroll' | 'type' | 'key' | 'shortcut' | 'choose' | 'switch';

export interface Step {
  index: number;
  time_ns: string;
  end_ns: string;
  action: Action;
  app: string;
  title: string;
  window_x: number;
  window_y: number;
  window_width: number;
  window_height: number;
  frame_sha256: string | null;
  after_sha256: string | null;
  segments: string[];
  events: number;
  x: number | null;
  y: number | null;
  end_x: number | null;
  end_y: number | null;
  button: number | null;
  scroll_dx: number;
  scroll_dy: number;
  text: string;
  key: string;
  host: string;
  url: string;
  element: Control | null;
  shortcut: string;
  to_app: string;
  to_title: string;
  by: 'person' | 'policy' | 'model';
  proposed: { action: string; x: number | null; y: number | null; text: string } | null;
}

const PRESSED = new Set<Action>(['click', 'double_click', 'drag']);
const BUTTONS: Record<number, string> = { 2: 'middle ', 3: 'right ' };

/** What was done, in a few words; `detail` is what was recorded and may hold what was covered. */
export function told(step: Step): { title: string; detail: string } {
  const on = step.element ? named(step.element) : step.x === null ? '' : `at ${step.x}, ${step.y}`;
  const held = step.key && PRESSED.has(step.action) ? ` with ${step.key}` : '';
  switch (step.action) {
    case 'click':
    case 'double_click': {
      const kind = `${BUTTONS[step.button ?? 1] ?? ''}${step.action.replace('_', ' ')}`;
      return { title: kind.charAt(0).toUpperCase() + kind.slice(1) + held, detail: on };
    }
    case 'drag':
      return { title: `Drag${held}`, detail: `from ${step.x}, ${step.y} to ${step.end_x}, ${step.end_y}` };
    case 'scroll':
      return { title: 'Scroll', detail: turned(step.scroll_dx, step.scroll_dy) };
    case 'type':
      return { title: 'Type', detail: step.text };
    case 'key':
      return { title: 'Key', detail: step.key };
    case 'shortcut':
      return { title: 'Shortcut', detail: step.shortcut || step.key };
    case 'choose':
      return { title: 'Choose', detail: step.element ? step.element.chosen || named(step.element) : on };
    case 'switch':
      return { title: 'Switch', detail: [step.to_app, step.to_title].filter(Boolean).join(': ') };
  }
}

function named(control: Control): string {
  return control.name ? `${control.role} “${control.name}”` : control.role;
}

/** "3 down, 1 right": turns of the wheel; down and right are positive. */
function turned(dx: number, dy: number): string {
  const parts = [dy && `${Math.abs(dy)} ${dy > 0 ? 'down' : 'up'}`, dx && `${Math.abs(dx)} ${dx > 0 ? 'right' : 'left'}`];
  return parts.filter(Boolean).join(', ') || 'by nothing';
}

export type Fit = 'fits' | 'apart' | 'unknown';

/** Do the screen and the action match, as far as can be told by numbers? `size` is the frame's, null where there is none. */
export function fits(step: Step, size: { width: number; height: number } | null): { fit: Fit; words: string } {
  if (step.frame_sha256 === null) return { fit: 'unknown', words: 'No screen is known just before this step.' };
  if (step.x !== null && step.y !== null && size && !(step.x >= 0 && step.y >= 0 && step.x < size.width && step.y < size.height))
    return { fit: 'apart', words: 'The position is not on the screen.' };
  if (!PRESSED.has(step.action) || step.x === null || step.y === null)
    return { fit: 'unknown', words: 'Nothing to compare by numbers: look at the two screens.' };
  if (!step.element) return { fit: 'unknown', words: 'The recording does not tell which control was met.' };
  return within(step.x, step.y, step.element)
    ? { fit: 'fits', words: 'The position lies in the box of the control that the application told.' }
    : { fit: 'apart', words: 'The position lies outside the box of the control that the application told.' };
}

function within(x: number, y: number, box: Control): boolean {
  return x >= box.x && y >= box.y && x < box.x + box.width && y < box.y + box.height;
}

/** Milliseconds from one time in nanoseconds to another, exact to the nanosecond. */
export function since(start_ns: string, time_ns: string): number {
  return Number(BigInt(time_ns) - BigInt(start_ns)) / 1e6;
}

/** Date and time of a wall clock in nanoseconds, to the millisecond, in the reader's own time zone. */
export function moment(time_ns: string): string {
  const at = new Date(Number(BigInt(time_ns) / 1_000_000n));
  const time = at.toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit', fractionalSecondDigits: 3 });
  return `${at.toLocaleDateString('en-GB', { day: 'numeric', month: 'short', year: 'numeric' })}, ${time}`;
}

/** The most frequent first. */
export function ranked(counts: Record<string, number>, most = Infinity): [string, number][] {
  return Object.entries(counts)
    .sort((one, other) => other[1] - one[1] || one[0].localeCompare(other[0]))
    .slice(0, most);
}

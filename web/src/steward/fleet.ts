// What does the steward's page get, and how is it put in words? Shapes are those of docs/spec/fleet.md.

export type StateName = 'permitted' | 'paused_by_person' | 'paused_by_steward' | 'refused' | 'unreachable';
export type States = Record<StateName, number>;

export interface Group {
  country: string | null;
  cohort: string | null;
  people: number;
  states: States;
}

export interface Fleet {
  at_ms: number;
  people: number;
  devices: number;
  states: States | null;
  versions: Record<string, number>;
  health: Record<string, number>;
  groups: Group[];
  exemptions: { asking: number; collection: number };
}

export interface Spread {
  devices: number;
  p50_ms: number;
  p99_ms: number;
  max_ms: number;
}

export interface Counts {
  devices: number;
  confirmed: number;
  lapsed: number;
  possible: number;
  unproven: number;
  to_stop: Spread | null;
  to_last_frame: Spread | null;
  to_last_intake: Spread | null;
  to_last_offer: Spread | null;
}

export interface Report {
  pause_id: string;
  at_ms: number;
  ended_at_ms: number | null;
  certain_at_ms: number;
  stopped: boolean;
  final: boolean;
  counts: Counts | null;
}

export type ScopeKind = 'everyone' | 'country' | 'cohort' | 'app' | 'person' | 'share';

export interface Scope {
  kind: ScopeKind;
  value: string;
}

export interface Straggler {
  device_id: string;
  why: 'lease_live' | 'lease_after_pause' | 'frame_after_pause' | 'frame_offered';
  until_ms: number;
}

export interface Pause {
  scope: Scope;
  reason: string;
  until_ms: number | null;
  in_force: boolean;
  report: Report;
  stragglers: Straggler[];
}

export interface Drill {
  drill_id: string;
  at_ms: number;
  duration_ms: number;
  slice: string;
  why: string;
  state: 'scheduled' | 'running' | 'done' | 'missed' | 'called_off';
  report: Report | null;
}

export interface Concern {
  text: string;
  raised_at_ms: number;
  answer_by_ms: number;
  joins: number;
  overdue: boolean;
}

export interface State {
  steward: string;
  fleet: Fleet;
  pauses: Pause[];
  drills: Drill[];
  apps: { name: string; wm_class: string }[];
  concerns: Concern[];
}

export const STATE_WORDS: Record<StateName, string> = {
  permitted: 'may record now',
  paused_by_person: 'paused by their person',
  paused_by_steward: 'paused by a steward',
  refused: 'refused otherwise',
  unreachable: 'not heard of',
};

export const STATE_NAMES = Object.keys(STATE_WORDS) as StateName[];

/** As `commands/status.py` has them. */
export const HEALTH_WORDS: Record<string, string> = {
  events_lost: 'input did not reach the recorder',
  screen_stalled: 'the screen was not followed',
  items_lost: 'something captured was not written',
  segments_lost: 'a sealed segment went missing',
  part_stalled: 'a part of the recorder stood still',
};

export const STRAGGLER_WORDS: Record<Straggler['why'], string> = {
  lease_live: 'its lease still runs',
  lease_after_pause: 'was given a lease in spite of the pause',
  frame_after_pause: 'frames from after the pause were taken in',
  frame_offered: 'offered frames from after the pause, which were refused',
};

export const DRILL_WORDS: Record<Drill['state'], string> = {
  scheduled: 'scheduled',
  running: 'running',
  done: 'done',
  missed: 'missed: the vault did not run then',
  called_off: 'called off: its steward is none any more',
};

export function scopeWords(scope: Scope): string {
  switch (scope.kind) {
    case 'everyone':
      return 'Everyone';
    case 'share':
      return `${scope.value} of 100, by chance`;
    case 'app':
      return `The application ${scope.value}, for everybody`;
    case 'person':
      return 'One person';
    default:
      return `${scope.kind === 'country' ? 'Country' : 'Cohort'} ${scope.value}`;
  }
}

export function groupWords(group: Group): string {
  if (group.country === null) return 'Others, of several countries';
  const country = group.country || 'no country';
  if (group.cohort === null) return `${country} · other cohorts`;
  return group.cohort ? `${country} · ${group.cohort}` : country;
}

/** "0.42 s", "12.3 s": how long after the pause. */
export function span(ms: number): string {
  const seconds = Math.max(0, ms) / 1000;
  return `${seconds < 10 ? seconds.toFixed(2) : seconds.toFixed(1)} s`;
}

export function count(number: number): string {
  return number.toLocaleString('en-GB');
}

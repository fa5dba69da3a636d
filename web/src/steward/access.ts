// What does the part about access get, and how is it put in words? Shapes are those of docs/spec/staff-page.md. Pure.

export type Kind = 'screen' | 'keystrokes' | 'pointer' | 'window' | 'site' | 'control';
export type State = 'waiting' | 'denied' | 'granted' | 'expired' | 'revoked';
export type ApprovingRole = 'security' | 'representative';

export interface Answer {
  name: string;
  role: ApprovingRole;
  verdict: 'approve' | 'deny';
  comment: string;
  at_ms: number;
  signed: boolean;
}

export interface Asked {
  people: number;
  ids: string[];
  cohort: string;
  kinds: { kind: Kind; at_most: string }[];
  purpose: string;
  output: string;
  reason: string;
  duration_ms: number;
  created_ms: number;
  since_ms: number | null;
  emergency: boolean;
}

export interface Request {
  request_id: string;
  sha256: string;
  state: State;
  grant_id: string | null;
  requester: string;
  signed: boolean;
  asked: Asked;
  answers: Answer[];
  expires_ms: number | null;
  extent: { named: number; people: number | null; segments: number | null } | null;
  undisclosed: boolean;
  /** Empty if whoever is here may answer now; "-" if nobody expects it; else why not. */
  answer: string;
  may_revoke: boolean;
  may_review: boolean;
}

/** What the keyholder sounds an alarm about: an emergency, or a policy that could not be applied. */
export interface Alarm {
  number: number;
  at_ms: number;
  kind: 'emergency' | 'policy';
  grant_id: string | null;
  words: string;
}

export interface Disclosed {
  title: string;
  version: number;
  retention_days: number;
  kinds: Record<Kind, { app: string; level: string }[]>;
}

export interface AccessState {
  at_ms: number;
  me: { name: string; role: string };
  purposes: { purpose: string; words: string; disclosed: boolean }[];
  disclosed: Disclosed | null;
  requests: Request[];
  /** Null if the keyholder does not answer. */
  alarms: Alarm[] | null;
}

export interface Draft {
  people: string[];
  cohort: string;
  kinds: Kind[];
  at_most: Partial<Record<Kind, string>>;
  purpose: string;
  output: string;
  reason: string;
  hours: number;
  since_hours: number | null;
  emergency: boolean;
}

export interface Missing {
  field: string;
  words: string;
}

export const KIND_WORDS: Record<Kind, string> = {
  screen: 'Screen',
  keystrokes: 'Keyboard',
  pointer: 'Pointer',
  window: 'Window titles',
  site: 'Addresses',
  control: 'Controls',
};
export const KINDS = Object.keys(KIND_WORDS) as Kind[];

/** How closely a kind can be asked for, the least first. The screen has one level: as it was recorded. */
export const AT_MOST: Partial<Record<Kind, [string, string][]>> = {
  keystrokes: [
    ['count', 'only how many'],
    ['shape', 'only that letters and digits are typed'],
    ['exact', 'as recorded'],
  ],
  pointer: [
    ['clicks', 'only clicks and scrolling'],
    ['full', 'as recorded'],
  ],
  window: [
    ['app', 'only the application'],
    ['exact', 'as recorded'],
  ],
  site: [
    ['host', 'only the host'],
    ['exact', 'as recorded'],
  ],
  control: [
    ['role', 'only what sort of control'],
    ['exact', 'as recorded'],
  ],
};

export function atMostWords(kind: Kind, level: string): string {
  return AT_MOST[kind]?.find(([name]) => name === level)?.[1] ?? 'as recorded';
}

/** "redacted in Web browser and Spreadsheet; exact in Editor": what people agreed to for this kind. */
export function agreedWords(disclosed: Disclosed, kind: Kind): string {
  const levels = new Map<string, string[]>();
  for (const { app, level } of disclosed.kinds[kind]) levels.set(level, [...(levels.get(level) ?? []), app]);
  return [...levels].map(([level, apps]) => `${level} in ${apps.join(', ')}`).join('; ');
}

export function whose(asked: Asked): string {
  const people = asked.people === 1 ? 'one person' : `${asked.people.toLocaleString('en-GB')} people`;
  return asked.cohort ? `the cohort ${asked.cohort}, ${people}` : people;
}

/** "2 d 3 h", "4 h 10 min", "35 s": a duration, in its two largest units. */
export function spanWords(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  const parts: [number, string][] = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'min'],
    [seconds % 60, 's'],
  ];
  const first = parts.findIndex(([count]) => count > 0);
  if (first < 0) return '0 s';
  return parts
    .slice(first, first + 2)
    .filter(([count]) => count > 0)
    .map(([count, unit]) => `${count} ${unit}`)
    .join(' ');
}

/** Which approving roles have not said yes. One is enough in an emergency. */
export function stillNeeded(request: Request): ApprovingRole[] {
  const yes = request.answers.filter((each) => each.verdict === 'approve').map((each) => each.role);
  if (request.asked.emergency && yes.length) return [];
  return (['security', 'representative'] as const).filter((role) => !yes.includes(role));
}

// How does the page ask the viewer, and what does it get? Shapes are those of docs/spec/viewer.md.

export interface Fault {
  code: string;
  what: string;
  cause: string;
  fix: string;
}

export interface Overview {
  person_id: string;
  state: { word: string; title: string; sentence: string; next_step: string; reason: string };
  programme: { programme: string; version: number; title: string } | null;
  session_count: number;
  can_act: boolean;
  can_erase: boolean;
  can_mark: boolean;
}

export interface SessionSummary {
  session_id: string;
  start: string;
  origin_ns: string;
  duration_ms: number;
  size_bytes: number;
  segment_count: number;
  missing_count: number;
  /** How many segments have not left this machine, and when the first of them may; null if nothing sends it. */
  held_count: number;
  leaves_at: string | null;
}

export interface Segment {
  segment_id: string;
  sequence: number;
  start: number;
  end: number;
  place: string;
  leaves_at: string | null;
  fault: Fault | null;
}

export interface Region {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** What the person wants covered. */
export interface Covers {
  words?: string[];
  regions?: Region[];
  sites?: string[];
  apps?: string[];
}

export interface OwnCovers {
  covers: Required<Covers>;
  unfinished: boolean;
}

/** What covering would do, or did, to what is held. */
export interface Plan {
  rewritten: number;
  removed: number;
  untouched: number;
  left: number;
  rewritten_seconds: number;
  removed_seconds: number;
  reads_screen: boolean;
}

export interface SessionList {
  sessions: SessionSummary[];
  unreadable: Fault[];
  silent: Record<string, Fault>;
}

export type Session = SessionSummary & { segments: Segment[] };

export type Proof = 'checked' | 'failed';

export interface Opening {
  index: number;
  proof: Proof;
  fault: Fault | null;
  grant_id: string;
  at: string | null;
  number?: number;
  segment_id?: string;
  session_id?: string | null;
  who?: string;
  who_id?: string;
  approvers?: string[];
  kinds?: string;
  purpose?: string;
  reason?: string;
  output?: string;
  until?: string;
}

export interface Openings {
  log: { proof: Proof; fault: Fault | null; origin: string; witnesses: number; size?: number };
  /** Are they all? `count` passed; `passed_on`: how many keys the vault says it passed on, null if it does not say. */
  complete: { proof: Proof; fault: Fault | null; count: number; passed_on: number | null; ended_at: string | null };
  emergencies: Emergency[];
  ends: End[];
  entries: Opening[];
}

/** A grant was ended before its time (`verdict` is null), or an emergency was reviewed. */
export interface End {
  index: number;
  proof: Proof;
  fault: Fault | null;
  grant_id: string;
  at: string;
  who: string;
  verdict: 'justified' | 'not_justified' | null;
  words: string;
}

/** One approver permitted it in an emergency, whether or not anything was opened under it. */
export interface Emergency {
  index: number;
  proof: Proof;
  fault: Fault | null;
  at: string;
  grant_id: string;
  who: string;
  approvers: string[];
  purpose: string;
  until: string;
}

export interface Artefact {
  artefact_id: string;
  kind: 'dataset' | 'model' | 'assessment' | 'export';
  created_at: string;
  until: string;
  grant_id: string;
  purposes: string[];
  people_count: number;
  segment_count: number;
  made_by: string;
  state: string;
  explained: boolean;
}

export interface Agreement {
  programme: string;
  version: number;
  title: string;
  summary: string;
  controller: string;
  contact: string;
  countries: string[];
  until: string;
  formalities: { title: string; date: string; kept_at: string }[];
  legal_entities: string[];
  published_at: string;
  agreed_at: string;
  apps: { name: string; why: string; kinds: { kind: string; label: string; level: string; words: string; because: string }[] }[];
  purposes: string[];
  recipients: string[];
  retention_days: number;
  never_collected: string[];
  cpu_percent: number;
  megabytes_per_day: number;
  sha256: string;
  text: string;
  same_text: boolean;
}

export interface ProgrammeDrill {
  drill_id: string;
  at: string;
  seconds: number;
  slice: string;
  why: string;
  state: 'scheduled' | 'running' | 'done' | 'missed' | 'called_off';
  devices: number | null;
  proven: number | null;
  half_s: number | null;
  all_s: number | null;
}

export interface Programme {
  exempt: { asking: number; collection: number };
  drills: ProgrammeDrill[];
}

/** Which page this is, and what starts it. */
export const served = { name: 'The viewer', command: 'aboveboard view' };

/** What went wrong, in words for the person who meets it. */
export class Problem extends Error implements Fault {
  constructor(
    readonly code: string,
    readonly what: string,
    override readonly cause: string,
    readonly fix: string,
    readonly status: number,
  ) {
    super(what);
  }

  static of(error: unknown): Problem {
    if (error instanceof Problem) return error;
    return new Problem(
      'unavailable',
      `${served.name} does not answer`,
      'it was stopped, perhaps with Ctrl-C in its terminal',
      `start it again with '${served.command}' and open the address that it prints`,
      0,
    );
  }
}

const STORE = 'aboveboard.page';

/** Trade the token of the printed address for a signed-in tab, and take it out of the address bar. */
export async function signIn(): Promise<void> {
  const asked = new URLSearchParams(location.hash.slice(1));
  const token = asked.get('token');
  if (token === null) return;
  const at = asked.get('at');
  history.replaceState(null, '', at ? `${location.pathname}#${at}` : location.pathname);
  const answer = await ask('/api/sign-in', { method: 'POST', body: JSON.stringify({ token }) });
  const { page_key } = (await answer.json()) as { page_key: string };
  sessionStorage.setItem(STORE, page_key);
}

export async function getJson<T>(path: string): Promise<T> {
  return (await (await ask(path)).json()) as T;
}

export async function getBytes(path: string): Promise<ArrayBuffer> {
  return (await ask(path)).arrayBuffer();
}

export async function postJson<T>(path: string, body: unknown): Promise<T> {
  return (await (await ask(path, { method: 'POST', body: JSON.stringify(body) })).json()) as T;
}

export async function post(path: string, body?: unknown): Promise<void> {
  await ask(path, { method: 'POST', body: body === undefined ? null : JSON.stringify(body) });
}

async function ask(path: string, init: RequestInit = {}): Promise<Response> {
  const headers = { 'X-Aboveboard-Page': sessionStorage.getItem(STORE) ?? '' };
  let answer: Response;
  try {
    answer = await fetch(path, { ...init, headers, cache: 'no-store', redirect: 'error' });
  } catch (error) {
    throw Problem.of(error);
  }
  if (answer.ok) return answer;
  const words = (await answer.json().catch(() => ({}))) as Partial<Fault> & { reason?: string };
  throw new Problem(
    words.reason || words.code || 'error',
    words.what || `${served.name} answered with status ${answer.status}`,
    words.cause ?? '',
    words.fix ?? '',
    answer.status,
  );
}

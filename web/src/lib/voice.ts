// What does the page ask about notices and concerns, and what does it get? Shapes are those of docs/spec/viewer.md.
import { getJson, post, postJson, Problem, type Fault } from './api';

export interface Told {
  notice_id: string;
  kind: 'disclosure' | 'incident' | 'pause' | 'answer' | 'drill' | 'emergency';
  kind_words: string;
  title: string;
  text: string;
  at: string;
  seen: boolean;
}

export interface Notices {
  notices: Told[];
  /** How many are signed by nobody whom this person knows, and are not shown. */
  unbelieved: number;
}

export interface Concern {
  concern_id: string;
  text: string;
  anonymous: boolean;
  mine: boolean;
  checked: boolean;
  raised_at: string;
  answer_by: string;
  overdue: boolean;
  owned: boolean;
  answer: { text: string; by_name: string } | null;
  answered_at: string | null;
  joins: number;
  joins_openly: number;
  can_join: boolean;
}

export interface Concerns {
  concerns: Concern[];
  anonymous_left: number;
  /** Passes were fetched so lately that fetching and using could be seen to belong together. */
  anonymous_fresh: boolean;
  passes_fault: Fault | null;
}

/** Null where there is nobody to ask: the vault does not run. */
export const fetchNotices = (): Promise<Notices | Problem> => getJson<Notices>('/api/notices').catch(Problem.of);

export const fetchConcerns = (): Promise<Concerns | Problem> => getJson<Concerns>('/api/concerns').catch(Problem.of);

export const sayIHaveRead = (id: string): Promise<void> => post(`/api/notices/${id}/seen`);

export const raise = (text: string, anonymously: boolean): Promise<unknown> =>
  postJson('/api/concerns', { text, anonymously });

export const join = (id: string, anonymously: boolean): Promise<void> =>
  post(`/api/concerns/${id}/join`, { anonymously });

export const unread = (notices: Notices | Problem | null): Told[] =>
  notices && !(notices instanceof Problem) ? notices.notices.filter((each) => !each.seen) : [];

/** "shared by 3 others, 1 of them by name", for the line below a concern. */
export function shared(concern: Concern): string {
  if (!concern.joins) return 'nobody has joined yet';
  const others = concern.joins === 1 ? '1 other' : `${concern.joins} others`;
  return concern.joins_openly ? `shared by ${others}, ${concern.joins_openly} of them openly` : `shared by ${others}`;
}

export const FEWEST = 10;
export const MOST = 2000;

/** What keeps a text from being raised, in words; empty if nothing does. */
export function textTrouble(text: string): string {
  const length = [...text.trim()].length;
  if (length < FEWEST) return `A few words more: at least ${FEWEST} characters.`;
  return length > MOST ? `${length - MOST} characters too many.` : '';
}

// What does the page say of what would be erased, or was? Pure.

import { bytes, day, duration, plural } from './words';

export interface Wish {
  what: 'everything' | 'span' | 'recording' | 'moment' | 'app';
  session_id?: string;
  from_ms?: number;
  until_ms?: number;
  from_ns?: number;
  until_ns?: number;
  app?: string;
}

export interface Look {
  plan: string;
  segments: number;
  recorded_ns: number;
  size_bytes: number;
  artefacts: number;
  models: number;
  rewrapped: number;
  unread: number;
}

export interface Erased {
  segments: number;
  due: number;
  due_by: string;
  receipts: string[];
}

export interface Erasure {
  erasure_id: string;
  at: string;
  by: string;
  why: 'person' | 'retention' | 'order';
  evidence: string | null;
  done: boolean;
  segments: number;
  still_due: number;
}

/** What would go, in sentences. */
export function lookWords(look: Look): string[] {
  if (!look.segments) return ['Nothing of this is at the server. What is still on this machine goes.'];
  const words = [`${plural(look.segments, 'part')} of your recordings would be destroyed: ${duration(look.recorded_ns / 1e6)}, ${bytes(look.size_bytes)}.`];
  if (look.unread) words.push(`${plural(look.unread, 'part')} of them cannot be opened here, and ${look.unread === 1 ? 'is' : 'are'} counted in.`);
  if (look.artefacts) {
    const models = look.models ? `, ${plural(look.models, 'model')} among them` : '';
    words.push(`${plural(look.artefacts, 'thing')} made from them would have to go too${models}.`);
  }
  if (look.rewrapped) words.push(`${plural(look.rewrapped, 'other part')} stay${look.rewrapped === 1 ? 's' : ''}, and get${look.rewrapped === 1 ? 's' : ''} a new key.`);
  return words;
}

/** What was done, in sentences. */
export function doneWords(done: Erased): string[] {
  const words = [`${plural(done.segments, 'part')} of your recordings ${done.segments === 1 ? 'is' : 'are'} destroyed, and the keys with ${done.segments === 1 ? 'it' : 'them'}.`];
  if (done.due) words.push(`${plural(done.due, 'thing')} made from them ${done.due === 1 ? 'is' : 'are'} to be destroyed by ${day(done.due_by)}.`);
  words.push(`The receipt is in your folder: ${done.receipts.join(', ')}.`);
  return words;
}

/** One order of the list, in a sentence. */
export function orderWords(each: Erasure): string {
  const by = each.why === 'person' ? 'You had' : each.why === 'order' ? 'A steward had' : 'Their time was over:';
  const what = each.why === 'retention' ? `${plural(each.segments, 'part')} of your recordings` : `${plural(each.segments, 'part')} of your recordings erased`;
  const because = each.evidence ? ` (${each.evidence})` : '';
  const due = each.still_due ? `; ${plural(each.still_due, 'thing')} made from them ${each.still_due === 1 ? 'is' : 'are'} still due` : '';
  return `${by} ${what}${because}${each.done ? '' : '; this goes on'}${due}.`;
}

/** Wall time of a date-and-time field of the reader's own time zone, in nanoseconds; 0 if it is empty. */
export function wallNs(field: string): number {
  const ms = new Date(field).getTime();
  return Number.isNaN(ms) ? 0 : ms * 1e6;
}

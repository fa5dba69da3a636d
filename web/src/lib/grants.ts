// Which openings belong together, and which of them are looked for? One grant opens many segments, with one entry in
// the log for each. Pure.

import type { Artefact, Emergency, End, Opening, Openings } from './api';

export interface Grant {
  id: string;
  entries: Opening[];
  /** The first entry that can be read. */
  told: Opening | undefined;
  first: string;
  last: string;
  until: string;
  checked: number;
  failed: number;
  made: Artefact[];
  /** One approver was enough. */
  emergency: boolean;
  /** It was ended before its time. */
  ended: End | undefined;
  /** Of an emergency: what was found of it afterwards. */
  review: End | undefined;
}

export type Order = 'newest' | 'oldest' | 'most' | 'who';
export type Only = 'all' | 'open' | 'made' | 'failed';

/** The grants; entries that name none come each under its own number. `made`: what came of them. */
export function toGrants(openings: Openings, artefacts: Artefact[] = []): Grant[] {
  const groups = Map.groupBy(openings.entries, (entry) => entry.grant_id || `entry ${entry.index}`);
  const made = Map.groupBy(artefacts, (each) => each.grant_id);
  const urgent = new Set(openings.emergencies.map((each) => each.grant_id));
  return [...groups].map(([id, entries]) => {
    const times = entries.flatMap((entry) => entry.at ?? []).sort();
    const checked = entries.filter((entry) => entry.proof === 'checked').length;
    const told = entries.find((entry) => entry.who !== undefined);
    return {
      id,
      entries,
      told,
      first: times[0] ?? '',
      last: times.at(-1) ?? '',
      until: told?.until ?? '',
      checked,
      failed: entries.length - checked,
      made: made.get(id) ?? [],
      emergency: urgent.has(id),
      ...became(openings.ends, id),
    };
  });
}

/** What became of a grant: the first end of it counts, as the first review does. */
export function became(ends: End[], id: string): { ended: End | undefined; review: End | undefined } {
  const own = ends.filter((each) => each.grant_id === id && each.proof === 'checked');
  return { ended: own.find((each) => each.verdict === null), review: own.find((each) => each.verdict !== null) };
}

const ORDERS: Record<Order, (a: Grant, b: Grant) => number> = {
  newest: (a, b) => b.last.localeCompare(a.last),
  oldest: (a, b) => a.first.localeCompare(b.first),
  most: (a, b) => b.entries.length - a.entries.length,
  who: (a, b) => (a.told?.who ?? '').localeCompare(b.told?.who ?? ''),
};

/** Emergencies under which nothing was opened. */
export function unused(openings: Openings): Emergency[] {
  const used = new Set(openings.entries.map((each) => each.grant_id));
  return openings.emergencies.filter((each) => !used.has(each.grant_id));
}

/** Those that are looked for, in order: every word of `words` stands somewhere in what is shown of a grant. */
export function choose(grants: Grant[], words: string, only: Only, order: Order, now: string): Grant[] {
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
  const found = grants.filter((grant) => isOnly(grant, only, now) && matches(grant, wanted));
  return found.sort((a, b) => ORDERS[order](a, b) || ORDERS.newest(a, b));
}

function isOnly(grant: Grant, only: Only, now: string): boolean {
  if (only === 'open') return grant.until > now && !grant.ended;
  if (only === 'made') return grant.made.length > 0;
  return only === 'all' || grant.failed > 0;
}

function matches(grant: Grant, wanted: string[]): boolean {
  if (!wanted.length) return true;
  const { who, reason, purpose, output, kinds, approvers } = grant.told ?? {};
  const made = grant.made.flatMap((each) => [each.kind, each.artefact_id]);
  const ids = grant.entries.flatMap((each) => [each.segment_id, each.at?.slice(0, 10)]);
  const text = [grant.id, who, reason, purpose, output, kinds, ...(approvers ?? []), ...made, ...ids].join(' ').toLowerCase();
  return wanted.every((word) => text.includes(word));
}

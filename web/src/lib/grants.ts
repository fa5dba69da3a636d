// Which openings belong together? One grant opens many segments, with one entry in the log for each. Pure.

import type { Opening, Openings } from './api';

export interface Grant {
  id: string;
  entries: Opening[];
  first: string;
  last: string;
  checked: number;
  failed: number;
}

/** The grants, newest first; entries that name none come last, each under its own number. */
export function toGrants(openings: Openings): Grant[] {
  const groups = Map.groupBy(openings.entries, (entry) => entry.grant_id || `entry ${entry.index}`);
  const grants = [...groups].map(([id, entries]) => {
    const times = entries.flatMap((entry) => entry.at ?? []).sort();
    const checked = entries.filter((entry) => entry.proof === 'checked').length;
    return { id, entries, first: times[0] ?? '', last: times.at(-1) ?? '', checked, failed: entries.length - checked };
  });
  return grants.sort((a, b) => b.first.localeCompare(a.first));
}

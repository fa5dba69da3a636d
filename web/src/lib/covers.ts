// What does the page say of what a person wants covered? Pure.

import type { Covers, Plan, Region, Segment, SessionSummary } from './api';
import { clockTime, duration, plural } from './words';

export type CoverKind = 'words' | 'regions' | 'sites' | 'apps';

/** One thing that is covered, and how it is named. */
export interface Named {
  covers: Covers;
  label: string;
}

export function named(covers: Required<Covers>): Named[] {
  return [
    ...covers.words.map((each) => ({ covers: { words: [each] }, label: `word “${each}”` })),
    ...covers.regions.map((each) => ({ covers: { regions: [each] }, label: regionWords(each) })),
    ...covers.sites.map((each) => ({ covers: { sites: [each] }, label: `site ${each}` })),
    ...covers.apps.map((each) => ({ covers: { apps: [each] }, label: `application ${each}` })),
  ];
}

export function regionWords({ x, y, width, height }: Region): string {
  return `${width} × ${height} pixels at ${x}, ${y}`;
}

/** When the moment that is shown leaves this machine. */
export function leaves(segment: Segment | undefined, now = new Date()): string {
  if (segment?.place !== 'spool') return 'This moment has left this machine.';
  if (!segment.leaves_at) return 'This moment is still on this machine. It leaves with your next recording, or when you send it.';
  if (new Date(segment.leaves_at) <= now) return 'This moment is still on this machine, and leaves now.';
  return `This moment is still on this machine, leaves at ${clockTime(segment.leaves_at, now)}.`;
}

export function heldWords(session: SessionSummary): string {
  if (session.held_count === session.segment_count) return 'All of this recording is still on this machine.';
  return `${plural(session.held_count, 'part')} of this recording ${session.held_count === 1 ? 'is' : 'are'} still on this machine.`;
}

/** What it would do, or did, in sentences. */
export function planWords(plan: Plan, done: boolean): string[] {
  const words: string[] = [];
  const { rewritten, removed, left } = plan;
  if (!rewritten && !removed) words.push(done ? 'It was in nothing that is held.' : 'It is in nothing that is held.');
  if (rewritten) words.push(`${done ? 'It was' : 'It will be'} covered in ${plural(rewritten, 'part')} (${duration(plan.rewritten_seconds * 1000)}).`);
  if (removed) {
    const were = done ? (removed === 1 ? 'was' : 'were') : 'will be';
    words.push(
      `${plural(removed, 'part')} (${duration(plan.removed_seconds * 1000)}) ${were} deleted: ${removed === 1 ? 'it' : 'they'} cannot be changed any more.`,
    );
  }
  if (left) words.push(`${plural(left, 'part')} of these recordings left before, and cannot be changed from here.`);
  if (!plan.reads_screen) words.push('Text on the screen cannot be read on this machine, so all of it is covered.');
  words.push(done ? 'It is covered from now on.' : 'It will be covered from now on. Nobody is told what it was.');
  return words;
}

// Which stretches of a session were left out, and why? Pure: markers and segments in, stretches out.

import type { Segment } from './api';
import type { MarkerRow, Row } from './rows';

export interface Stretch {
  start: number;
  end: number;
  reason: string;
  title: string;
  /** One or two words, for where there is little room. */
  label: string;
  sentence: string;
  next_step: string;
  count: number;
}

const JOIN_MS = 250;
/** Segments follow each other within this time; a longer hole is one. */
const HOLE_MS = 1000;

/** Everything that is not in this recording: what the recorder says, holes that nothing explains, damaged parts. */
export function leftOut(rows: readonly Row[], segments: readonly Segment[], damaged: ReadonlySet<string>): Stretch[] {
  const marked = join(rows.filter((row): row is MarkerRow => row.kind === 'marker' && row.reason !== 'session'));
  const broken = segments
    .filter((segment) => damaged.has(segment.segment_id))
    .map((segment) => ({
      start: segment.start,
      end: segment.end,
      reason: 'damaged',
      title: 'Damaged',
      label: 'Damaged',
      sentence: 'This part cannot be opened: it is not as your device sealed it.',
      next_step: 'Report it to the contact in what you agreed to. The rest of the recording is not affected.',
      count: 0,
    }));
  return [...marked, ...holes(segments, marked), ...broken].sort((a, b) => a.start - b.start);
}

function join(markers: readonly MarkerRow[]): Stretch[] {
  const joined: Stretch[] = [];
  for (const { start, end, reason, title, label, sentence, next_step, count } of markers.toSorted((a, b) => a.start - b.start)) {
    const before = joined.findLast((each) => each.reason === reason);
    if (before && start <= before.end + JOIN_MS) {
      before.end = Math.max(before.end, end);
      before.count += count;
    } else {
      joined.push({ start, end, reason, title, label, sentence, next_step, count });
    }
  }
  return joined;
}

function holes(segments: readonly Segment[], marked: readonly Stretch[]): Stretch[] {
  const found: Stretch[] = [];
  let covered = 0;
  for (const { start, end } of segments.toSorted((a, b) => a.start - b.start)) {
    const explained = marked.some((each) => each.start <= covered + HOLE_MS && each.end >= start - HOLE_MS);
    if (start - covered > HOLE_MS && !explained) {
      found.push({
        start: covered,
        end: start,
        reason: 'nothing',
        title: 'Nothing recorded',
        label: 'Nothing',
        sentence: 'There is no recording of this time: what was open then was dropped before it was sealed, or has not arrived.',
        next_step: 'Nothing to do. It happens when recording is paused or the computer stops.',
        count: 0,
      });
    }
    covered = Math.max(covered, end);
  }
  return found;
}

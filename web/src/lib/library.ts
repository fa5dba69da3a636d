// Which parts of a session are loaded? Events of all segments, in order; screens only near the playhead.

import { getBytes, getJson, Problem, type Segment, type Session } from './api';
import type { Row } from './rows';
import { unpack, type Pack } from './screen';

const SCREENS_KEPT = 6;

export class Library {
  private readonly screens = new Map<string, Promise<Pack | null>>();

  constructor(
    readonly session: Session,
    private readonly onFault: (segment: Segment, fault: Problem) => void,
  ) {}

  /** The last segment that begins at or before `time`. */
  segmentAt(time: number): Segment | undefined {
    return this.session.segments.findLast((segment) => segment.start <= time) ?? this.session.segments[0];
  }

  after(segment: Segment): Segment | undefined {
    return this.session.segments.find((each) => each.start > segment.start);
  }

  /** The segment's screen; `null` if it cannot be opened. The last few stay in memory. */
  screen(segment: Segment): Promise<Pack | null> {
    const known = this.screens.get(segment.segment_id);
    if (known) {
      this.screens.delete(segment.segment_id);
      this.screens.set(segment.segment_id, known);
      return known;
    }
    const wanted = this.fetchScreen(segment);
    this.screens.set(segment.segment_id, wanted);
    const oldest = this.screens.keys().next();
    if (this.screens.size > SCREENS_KEPT && !oldest.done) this.screens.delete(oldest.value);
    return wanted;
  }

  /** The segment's events; none if it cannot be opened. */
  async events(segment: Segment): Promise<Row[]> {
    try {
      return await getJson<Row[]>(this.path(segment, 'events'));
    } catch (error) {
      this.onFault(segment, Problem.of(error));
      return [];
    }
  }

  private async fetchScreen(segment: Segment): Promise<Pack | null> {
    try {
      return unpack(await getBytes(this.path(segment, 'screen')));
    } catch (error) {
      this.onFault(segment, Problem.of(error));
      return null;
    }
  }

  private path(segment: Segment, what: string): string {
    const { session_id, origin_ns } = this.session;
    return `/api/sessions/${session_id}/segments/${segment.segment_id}/${what}?origin_ns=${origin_ns}`;
  }
}

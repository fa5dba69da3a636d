// Where is the replay, and what is shown there? One session at a time; time is milliseconds since its start.

import { getJson, Problem, type Segment, type Session } from './api';
import { Library } from './library';
import { toMoments } from './moments';
import { countUntil, lastUntil, type KeyRow, type Row, type RowOf } from './rows';
import { ScreenBuffer } from './screen';
import { leftOut } from './stretches';

export const SPEEDS = [0.5, 1, 2, 4, 8] as const;
/** Playback does not sit through a hole that is longer than this. */
const SKIP_MS = 1500;

type Spot = { t: number; x: number; y: number };

export class Replay {
  session = $state.raw<Session | null>(null);
  rows = $state.raw<Row[]>([]);
  faults = $state.raw<Map<string, Problem>>(new Map());
  loaded = $state(0);
  problem = $state.raw<Problem | null>(null);
  time = $state(0);
  playing = $state(false);
  speed = $state<number>(1);

  readonly duration = $derived(this.session?.duration_ms ?? 0);
  readonly size = $derived.by(() => {
    const head = this.rows.find((row): row is RowOf<'session'> => row.kind === 'session');
    return { width: head?.screen_width || 1280, height: head?.screen_height || 800 };
  });
  readonly stretches = $derived(
    this.session ? leftOut(this.rows, this.session.segments, new Set(this.faults.keys())) : [],
  );
  readonly moments = $derived(toMoments(this.rows, this.stretches));
  readonly spots = $derived(this.rows.filter((row) => row.kind === 'pointer' || row.kind === 'button' || row.kind === 'scroll'));
  readonly hasMoves = $derived(this.rows.some((row) => row.kind === 'pointer'));
  readonly presses = $derived(this.rows.filter((row): row is RowOf<'button'> => row.kind === 'button' && row.pressed));
  readonly strokes = $derived(this.rows.filter((row): row is KeyRow => row.kind === 'key' && row.pressed));
  readonly windows = $derived(this.rows.filter((row) => row.kind === 'window'));
  readonly sites = $derived([...new Set(this.rows.flatMap((row) => (row.kind === 'site' && row.host ? [row.host] : [])))]);
  readonly apps = $derived([...new Set(this.windows.map((row) => row.app).filter(Boolean))]);
  readonly segment = $derived(this.session?.segments.findLast((each) => each.start <= this.time) ?? this.session?.segments[0]);
  readonly current = $derived(countUntil(this.moments, this.time) - 1);
  readonly missing = $derived(this.stretches.filter((each) => each.start <= this.time && this.time < each.end));

  private library: Library | null = null;
  private openings = 0;
  private frame = 0;
  private before = 0;
  private buffer: ScreenBuffer | null = null;
  private target: { canvas: HTMLCanvasElement; pen: CanvasRenderingContext2D } | null = null;
  private wanted = -1;
  private painting = false;

  /** The same recording anew, at the same moment: something in it was covered. */
  async reopen(): Promise<void> {
    const time = this.time;
    if (this.session) await this.open(this.session.session_id);
    this.seek(time);
  }

  async open(sessionId: string): Promise<void> {
    this.pause();
    // What is still on its way belongs to the session before: it must not count as read of this one.
    const opening = ++this.openings;
    this.library = null;
    this.session = null;
    this.rows = [];
    this.faults = new Map();
    this.loaded = 0;
    this.problem = null;
    this.time = 0;
    this.buffer = null;
    try {
      const session = await getJson<Session>(`/api/sessions/${sessionId}`);
      if (opening !== this.openings) return;
      const library = new Library(session, (segment, fault) => this.fail(library, segment, fault));
      this.library = library;
      this.session = session;
      await this.readAll(library);
    } catch (error) {
      if (opening === this.openings) this.problem = Problem.of(error);
    }
  }

  private async readAll(library: Library): Promise<void> {
    const rows: Row[] = [];
    const { segments } = library.session;
    for (const segment of segments) {
      rows.push(...(await library.events(segment)));
      if (this.library !== library) return;
      this.loaded += 1;
      // The first segment is shown at once; later ones in steps, so that a long session stays quick.
      if (this.loaded <= 2 || this.loaded % 16 === 0 || this.loaded === segments.length) {
        this.rows = rows.toSorted((a, b) => a.t - b.t);
      }
      this.refresh();
    }
  }

  private fail(library: Library, segment: Segment, fault: Problem): void {
    if (this.library !== library) return;
    this.faults = new Map(this.faults).set(segment.segment_id, fault);
  }

  play(): void {
    if (!this.session || this.playing) return;
    if (this.time >= this.duration - 1) this.seek(0);
    this.playing = true;
    this.before = performance.now();
    this.frame = requestAnimationFrame((now) => this.tick(now));
  }

  pause(): void {
    this.playing = false;
    cancelAnimationFrame(this.frame);
  }

  toggle(): void {
    if (this.playing) this.pause();
    else this.play();
  }

  seek(time: number): void {
    this.time = Math.min(Math.max(0, time), this.duration);
    this.refresh();
  }

  private tick(now: number): void {
    if (!this.playing) return;
    const next = this.time + (now - this.before) * this.speed;
    this.before = now;
    this.seek(this.overHole(next));
    if (this.time >= this.duration) this.pause();
    else this.frame = requestAnimationFrame((later) => this.tick(later));
  }

  private overHole(time: number): number {
    const segment = this.library?.segmentAt(time);
    const next = segment && this.library?.after(segment);
    if (segment && next && time > segment.end + SKIP_MS / 3 && next.start - segment.end > SKIP_MS) return next.start;
    return time;
  }

  /** Where the pointer is at the playhead; without recorded moves it shows only for a moment around a click. */
  pointer(): Spot | undefined {
    const spot = lastUntil(this.spots, this.time);
    return spot && (this.hasMoves || this.time - spot.t < 900) ? spot : undefined;
  }

  attach(canvas: HTMLCanvasElement): () => void {
    const pen = canvas.getContext('2d', { alpha: false });
    this.target = pen ? { canvas, pen } : null;
    this.refresh();
    return () => (this.target = null);
  }

  refresh(): void {
    this.wanted = this.time;
    if (!this.painting) void this.paint();
  }

  /** Paint until the picture is that of the newest wish. `data-painted` on the canvas says which time it shows. */
  private async paint(): Promise<void> {
    this.painting = true;
    try {
      while (this.wanted >= 0 && this.target && this.library && this.loaded) {
        const time = this.wanted;
        this.wanted = -1;
        const library = this.library;
        const segment = library.segmentAt(time);
        const pack = segment ? await library.screen(segment) : null;
        if (library !== this.library) continue;
        const { width, height } = this.size;
        if (this.buffer?.width !== width || this.buffer.height !== height) this.buffer = new ScreenBuffer(width, height);
        const buffer = this.buffer;
        if (segment && pack) {
          const done = await buffer.draw(segment.segment_id, pack, time, () => this.wanted >= 0);
          if (!done) continue;
          const next = library.after(segment);
          if (next && this.playing) void library.screen(next);
        } else {
          buffer.clear();
        }
        this.show(buffer, time);
      }
    } finally {
      this.painting = false;
    }
  }

  private show(buffer: ScreenBuffer, time: number): void {
    if (!this.target) return;
    const { canvas, pen } = this.target;
    if (canvas.width !== buffer.width || canvas.height !== buffer.height) {
      canvas.width = buffer.width;
      canvas.height = buffer.height;
    }
    buffer.copyTo(pen);
    canvas.dataset['painted'] = time.toFixed(3);
  }
}

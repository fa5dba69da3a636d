// Where do marks on the timeline go? Pure geometry.

/** An area over `width` pixels whose height says how much happened there: an SVG path standing on `base`. */
export function density(items: readonly { t: number }[], span: number, width: number, base: number, height: number): string {
  const columns = Math.max(1, Math.floor(width / 3));
  const counts = new Array<number>(columns).fill(0);
  for (const { t } of items) {
    const column = Math.min(columns - 1, Math.max(0, Math.floor((t / span) * columns)));
    counts[column] = (counts[column] ?? 0) + 1;
  }
  const most = Math.max(1, ...counts);
  const step = width / columns;
  const parts = counts.map((count, column) => {
    if (!count) return '';
    const tall = Math.max(2, Math.sqrt(count / most) * height);
    return `M${(column * step).toFixed(1)} ${base}v${(-tall).toFixed(1)}h${(step - 0.6).toFixed(1)}v${tall.toFixed(1)}z`;
  });
  return parts.join('');
}

const STEPS_S = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400];

/** Labelled times along the axis, about 90 pixels apart. */
export function ticks(span: number, width: number): { t: number; label: string; anchor: 'start' | 'middle' | 'end' }[] {
  const wanted = (span / 1000) * (90 / Math.max(width, 90));
  const step = (STEPS_S.find((each) => each >= wanted) ?? 28_800) * 1000;
  const found: { t: number; label: string; anchor: 'start' | 'middle' | 'end' }[] = [];
  for (let t = 0; t <= span; t += step) {
    const seconds = t / 1000;
    const label = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
    const near = (span - t) * (width / span) < 16;
    found.push({ t, label, anchor: t === 0 ? 'start' : near ? 'end' : 'middle' });
  }
  return found;
}

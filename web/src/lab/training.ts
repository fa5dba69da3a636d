// What does the lab answer of the models that are trained on a data set, and how is a curve drawn? Pure.

export type Point = readonly [step: number, loss: number];

export interface Rate {
  successes: number;
  episodes: number;
  low: number;
  high: number;
}

export interface Training {
  state: 'running' | 'stopped' | 'done';
  /** The model's, once it is done; else empty. */
  artefact_id: string;
  kind: 'click_policy' | 'element_policy' | 'vision_language';
  part: number;
  parts: number;
  dataset_sha256: string;
  grant_id: string;
  made_by: string;
  commit: string;
  began_ms: number;
  seconds: number;
  steps: number;
  resumed_at: number;
  loss: Point[];
  held_out: Point[];
  tried: { task: string; policy: Rate; random: Rate }[];
}

export const KINDS: Record<Training['kind'], string> = {
  click_policy: 'Click policy',
  element_policy: 'Policy over elements',
  vision_language: 'Vision-language model',
};

export const STATES: Record<Training['state'], [badge: string, words: string]> = {
  running: ['good', 'training now'],
  stopped: ['bad', 'stopped'],
  done: ['quiet', 'done'],
};

export interface Scale {
  /** The last step: the right edge. */
  steps: number;
  low: number;
  high: number;
}

/** Where all curves lie between; it begins at 0 unless a loss is below. */
export function scaleOf(steps: number, ...curves: (readonly Point[])[]): Scale {
  const losses = curves.flat().map(([, loss]) => loss);
  const low = Math.min(0, ...losses);
  const high = Math.max(low + 1e-9, ...losses);
  return { steps: Math.max(1, steps, ...curves.flat().map(([step]) => step)), low, high };
}

/** Round values from `low` to `high`, both ends only where they are round: at most `most`. */
export function ticks(low: number, high: number, most = 5): number[] {
  const rough = (high - low) / most;
  const power = 10 ** Math.floor(Math.log10(rough));
  const each = [1, 2, 5, 10].map((one) => one * power).find((one) => one >= rough) ?? 10 * power;
  const first = Math.ceil(low / each - 1e-9);
  const last = Math.floor(high / each + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, place) => Number(((first + place) * each).toPrecision(12)));
}

/** From the left and from the top, in hundredths. */
export function place(scale: Scale, [step, loss]: Point): [x: number, y: number] {
  return [(100 * step) / scale.steps, 100 * (1 - (loss - scale.low) / (scale.high - scale.low))];
}

/** The points of an SVG polyline in a box of 100 by 100. */
export function polyline(scale: Scale, curve: readonly Point[]): string {
  return curve.map((point) => place(scale, point).map((each) => each.toFixed(2)).join(',')).join(' ');
}

/** A loss in three figures. */
export function figures(loss: number): string {
  return Number(loss.toPrecision(3)).toLocaleString('en-GB', { maximumFractionDigits: 6 });
}

/** The curve in a sentence, for whoever does not see it. */
export function inWords(one: Pick<Training, 'loss' | 'held_out'>): string {
  const first = one.loss[0];
  const last = one.loss.at(-1);
  if (!first || !last) return 'No step is done yet';
  const told = `Loss ${figures(first[1])} at step ${first[0]}, ${figures(last[1])} at step ${last[0]}`;
  const held = one.held_out.at(-1);
  return held ? `${told}; of what is held out ${figures(held[1])} after step ${held[0]}` : told;
}

/** How far it is: the last step that was told. */
export function done(one: Pick<Training, 'loss' | 'state' | 'steps'>): number {
  return one.state === 'done' ? one.steps : (one.loss.at(-1)?.[0] ?? 0);
}

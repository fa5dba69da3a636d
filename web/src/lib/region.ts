// Which rectangle of the screen lies between two points? Pure.

import type { Region } from './api';

export interface Point {
  x: number;
  y: number;
}

/** Whole pixels, within the screen; null if it would be empty. */
export function between(one: Point, other: Point, size: { width: number; height: number }): Region | null {
  const within = (value: number, most: number): number => Math.min(Math.max(Math.round(value), 0), most);
  const x = within(Math.min(one.x, other.x), size.width);
  const y = within(Math.min(one.y, other.y), size.height);
  const width = within(Math.max(one.x, other.x), size.width) - x;
  const height = within(Math.max(one.y, other.y), size.height) - y;
  return width > 0 && height > 0 ? { x, y, width, height } : null;
}

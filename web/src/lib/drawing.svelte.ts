// Which part of the screen does the person mark on the picture, by drawing or by numbers?

import type { Region } from './api';
import { between, type Point } from './region';

export class Drawing {
  on = $state(false);
  box = $state<Region | null>(null);
  private from: Point | null = null;
  private scale = 1;

  begin(event: PointerEvent, scale: number): void {
    (event.currentTarget as HTMLElement).setPointerCapture(event.pointerId);
    this.scale = scale || 1;
    this.from = this.point(event);
    this.box = null;
  }

  move(event: PointerEvent, size: { width: number; height: number }): void {
    if (this.from) this.box = between(this.from, this.point(event), size);
  }

  end(): void {
    this.from = null;
  }

  stop(): void {
    this.on = false;
    this.box = null;
    this.from = null;
  }

  private point(event: PointerEvent): Point {
    return { x: event.offsetX / this.scale, y: event.offsetY / this.scale };
  }
}

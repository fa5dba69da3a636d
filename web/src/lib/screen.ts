// How does a pack of patches become what was on the screen at some time?
//
// Patches are drawn in order on a hidden canvas; only a whole picture is put on the visible one, so that a jump never
// shows a half-built screen. Images are decoded a few at a time and let go at once: memory stays small.

export interface Patch {
  t: number;
  x: number;
  y: number;
  w: number;
  h: number;
  whole: boolean;
  format: 'png' | 'webp' | 'copy';
  offset: number;
  size: number;
  from_x: number;
  from_y: number;
}

export interface Pack {
  patches: Patch[];
  images: Uint8Array<ArrayBuffer>;
}

const MAGIC = 'ABSCREEN';
const VERSION = 2;
const HEAD_BYTES = 16;
const BATCH = 12;

/** Read a pack (docs/spec/viewer.md); throws if it is not one. */
export function unpack(data: ArrayBuffer): Pack {
  const magic = new TextDecoder().decode(data.slice(0, MAGIC.length));
  const view = new DataView(data);
  if (magic !== MAGIC || view.getUint32(8, true) !== VERSION) throw new Error('this is not a pack of screen patches');
  const length = view.getUint32(12, true);
  const index = new TextDecoder().decode(new Uint8Array(data, HEAD_BYTES, length));
  return { patches: JSON.parse(index) as Patch[], images: new Uint8Array(data, HEAD_BYTES + length) };
}

/** Which patches, `[from, to)`, must be drawn to see `time`, if the first `drawn` are already there (-1: none are). */
export function needed(patches: readonly Patch[], time: number, drawn: number): { from: number; to: number } {
  let to = 0;
  while (to < patches.length && (patches[to]?.t ?? Infinity) <= time) to += 1;
  // A segment's first picture is its beginning, even if it was taken a moment after the segment's start.
  if (to === 0 && patches[0]?.whole) to = 1;
  let whole = to;
  while (whole > 0 && !patches[whole - 1]?.whole) whole -= 1;
  const fresh = Math.max(0, whole - 1);
  if (drawn < 0 || drawn > to) return { from: fresh, to };
  return { from: Math.max(drawn, fresh), to };
}

/** One screen, built up from patches. */
export class ScreenBuffer {
  private readonly canvas = document.createElement('canvas');
  private readonly pen: CanvasRenderingContext2D;
  private shown = '';
  private drawn = -1;

  constructor(
    readonly width: number,
    readonly height: number,
  ) {
    this.canvas.width = width;
    this.canvas.height = height;
    const pen = this.canvas.getContext('2d', { alpha: false });
    if (!pen) throw new Error('this browser has no canvas');
    this.pen = pen;
  }

  /** Draw what `pack` (the segment called `name`) shows at `time`, until `stop` says that it is no longer wanted. */
  async draw(name: string, pack: Pack, time: number, stop: () => boolean): Promise<boolean> {
    const drawn = this.shown === name ? this.drawn : -1;
    let { from, to } = needed(pack.patches, time, drawn);
    if (drawn < 0 && !pack.patches[from]?.whole) this.clear();
    this.shown = name;
    this.drawn = from;
    while (from < to) {
      const batch = pack.patches.slice(from, Math.min(to, from + BATCH));
      const bitmaps = await Promise.all(batch.map((patch) => decode(pack, patch)));
      batch.forEach((patch, place) => {
        const bitmap = bitmaps[place];
        if (bitmap) this.pen.drawImage(bitmap, patch.x, patch.y);
        else if (patch.format === 'copy') this.copy(patch);
        bitmap?.close();
      });
      from += batch.length;
      this.drawn = from;
      if (from < to && stop()) return false;
    }
    return true;
  }

  /** What was scrolled: pixels of this canvas, as they are just now, put elsewhere. The two places may overlap. */
  private copy({ from_x, from_y, w, h, x, y }: Patch): void {
    this.pen.drawImage(this.canvas, from_x, from_y, w, h, x, y, w, h);
  }

  /** Put the picture on `target`. */
  copyTo(target: CanvasRenderingContext2D): void {
    target.drawImage(this.canvas, 0, 0);
  }

  clear(): void {
    this.pen.fillStyle = '#000';
    this.pen.fillRect(0, 0, this.width, this.height);
    this.shown = '';
    this.drawn = -1;
  }
}

/** `null` for a copy, and for an image that cannot be decoded: its rectangle keeps what was there. */
async function decode(pack: Pack, patch: Patch): Promise<ImageBitmap | null> {
  if (patch.format === 'copy') return null;
  const image = pack.images.subarray(patch.offset, patch.offset + patch.size);
  const blob = new Blob([image], { type: `image/${patch.format}` });
  return createImageBitmap(blob, { colorSpaceConversion: 'none' }).catch(() => null);
}

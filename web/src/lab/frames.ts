// Which frames does the page hold? The last few, in memory; forgotten when the data set may not be shown any more.

import { getBytes } from '../lib/api';

const KEPT = 12;
const kept = new Map<string, Promise<ImageBitmap>>();

export function frame(sha256: string): Promise<ImageBitmap> {
  const found = kept.get(sha256) ?? read(sha256);
  kept.delete(sha256);
  kept.set(sha256, found);
  for (const oldest of [...kept.keys()].slice(0, -KEPT)) kept.delete(oldest);
  return found;
}

export function forget(): void {
  for (const each of kept.values()) void each.then((picture) => picture.close(), () => undefined);
  kept.clear();
}

async function read(sha256: string): Promise<ImageBitmap> {
  try {
    return await createImageBitmap(new Blob([await getBytes(`/api/frames/${sha256}`)], { type: 'image/png' }));
  } catch (error) {
    kept.delete(sha256);
    throw error;
  }
}

/** Random numbers and shapes that are the same for the same seed. */
import type { Ring } from './annotation.ts';

export interface Random {
  /** At least 0, below 1. */
  next(): number;
  /** Whole, from `low` to `high`, both included. */
  int(low: number, high: number): number;
}

/** mulberry32. */
export function random(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  return { next, int: (low, high) => low + Math.floor(next() * (high - low + 1)) };
}

/** A ring around a point that does not cross itself: radii vary, angles grow. */
export function starRing(r: Random, cx: number, cy: number, least: number, most: number, points: number): Ring {
  const ring: Ring = [];
  for (let i = 0; i < points; i += 1) {
    const angle = (2 * Math.PI * (i + 0.8 * r.next())) / points;
    const radius = least + (most - least) * r.next();
    ring.push(cx + radius * Math.cos(angle), cy + radius * Math.sin(angle));
  }
  return ring;
}

/** A mask of blots: smooth enough to look like objects, with holes and pixels that touch at corners only. */
export function randomMask(r: Random, width: number, height: number): Uint8Array {
  const mask = new Uint8Array(width * height);
  for (let blot = r.int(0, 5); blot > 0; blot -= 1) {
    const [cx, cy, radius, value] = [r.int(0, width), r.int(0, height), r.int(1, Math.max(2, width >> 1)), r.next() < 0.7 ? 1 : 0];
    for (let y = 0; y < height; y += 1) for (let x = 0; x < width; x += 1) if ((x - cx) ** 2 + (y - cy) ** 2 < radius ** 2) mask[y * width + x] = value;
  }
  for (let dot = r.int(0, width); dot > 0; dot -= 1) mask[r.int(0, mask.length - 1)]! ^= 1;
  return mask;
}

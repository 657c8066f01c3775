/**
 * Draws a machined metal surface as a camera over a line sees it: brushed grain, uneven light, noise, and one defect or none. Not a photograph, but the
 * defects differ from the surface as real ones do: by relief, by reflection, by colour.
 */
import { generator, normal } from '../../learn/random.ts';
import { type Defect, defects } from './defects.ts';

export type SurfaceClass = 'OK' | Defect;
export const SURFACE_CLASSES: readonly SurfaceClass[] = ['OK', 'scratch', 'dent', 'stain'];

/** Brightness 0..1 in each channel, row by row, and the surface's slope where something has pressed it. */
export interface Canvas {
  readonly size: number;
  readonly red: Float32Array;
  readonly green: Float32Array;
  readonly blue: Float32Array;
}

/** RGB, size × size × 3, the same for the same arguments on every machine (up to the last bit of Math.sin and its like). */
export function drawSurface(kind: SurfaceClass, size: number, seed: number, index: number): Buffer {
  const random = generator(seed, SURFACE_CLASSES.indexOf(kind), index);
  const canvas = metal(size, random);
  if (kind !== 'OK') defects[kind](canvas, random);
  return expose(canvas, random);
}

function metal(size: number, random: () => number): Canvas {
  const base = 0.42 + 0.2 * random();
  const angle = (random() - 0.5) * 0.5 + (random() < 0.25 ? Math.PI / 2 : 0);
  const grain = brushed(size, angle, random);
  const light = { angle: 2 * Math.PI * random(), strength: 0.05 + 0.12 * random() };
  const vignette = 0.1 * random();
  const warmth = (random() - 0.5) * 0.03;
  const [red, green, blue] = [new Float32Array(size * size), new Float32Array(size * size), new Float32Array(size * size)];
  const half = size / 2;
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const u = (x - half) / half;
      const v = (y - half) / half;
      const lit = 1 + light.strength * (u * Math.cos(light.angle) + v * Math.sin(light.angle)) - vignette * (u * u + v * v) * 0.5;
      const value = (base + grain[y * size + x]!) * lit;
      red[y * size + x] = value * (1 + warmth);
      green[y * size + x] = value;
      blue[y * size + x] = value * (1.02 - warmth);
    }
  }
  return { size, red, green, blue };
}

/** Grain along a direction: noise that changes fast across and slowly along it, in three widths. */
function brushed(size: number, angle: number, random: () => number): Float32Array {
  const grain = new Float32Array(size * size);
  const strength = 0.02 + 0.025 * random();
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  for (const { across, along, share } of [
    { across: 1.2, along: 40, share: 0.5 },
    { across: 2.5, along: 90, share: 0.35 },
    { across: 9, along: 200, share: 0.25 },
  ]) {
    const noise = lattice(random);
    for (let y = 0; y < size; y++) {
      for (let x = 0; x < size; x++) {
        const scale = 128 / size;
        grain[y * size + x]! += strength * share * 2 * noise(((x * cos + y * sin) * scale) / along, ((y * cos - x * sin) * scale) / across);
      }
    }
  }
  return grain;
}

/** Value noise in −1..1 on a lattice, smoothly interpolated (K. Perlin's fade). */
export function lattice(random: () => number): (x: number, y: number) => number {
  const values = Float32Array.from({ length: 4096 }, () => 2 * random() - 1);
  const at = (x: number, y: number) => values[(Math.imul(x, 73856093) ^ Math.imul(y, 19349663)) & 4095]!;
  const fade = (t: number) => t * t * t * (t * (6 * t - 15) + 10);
  return (x, y) => {
    const [left, top] = [Math.floor(x), Math.floor(y)];
    const [u, v] = [fade(x - left), fade(y - top)];
    const upper = at(left, top) * (1 - u) + at(left + 1, top) * u;
    const lower = at(left, top + 1) * (1 - u) + at(left + 1, top + 1) * u;
    return upper * (1 - v) + lower * v;
  };
}

/** The camera: exposure, sensor noise, dust, 8 bits. */
function expose({ size, red, green, blue }: Canvas, random: () => number): Buffer {
  const gain = 0.92 + 0.16 * random();
  const noise = 0.006 + 0.008 * random();
  for (let speck = Math.floor(3 * random()); speck > 0; speck--) {
    const at = Math.floor(random() * size * size);
    for (const channel of [red, green, blue]) channel[at]! *= 0.8;
  }
  const pixels = Buffer.allocUnsafe(size * size * 3);
  for (let i = 0; i < size * size; i++) {
    const shake = noise * normal(random);
    pixels[3 * i] = 255 * Math.min(1, Math.max(0, red[i]! * gain + shake));
    pixels[3 * i + 1] = 255 * Math.min(1, Math.max(0, green[i]! * gain + shake));
    pixels[3 * i + 2] = 255 * Math.min(1, Math.max(0, blue[i]! * gain + shake));
  }
  return pixels;
}

/** What can be wrong with a surface. Lengths are in shares of the picture's side. */
import { type Canvas, lattice } from './surface.ts';

export type Defect = 'dent' | 'scratch' | 'stain';

export const defects: { [Kind in Defect]: (canvas: Canvas, random: () => number) => void } = { dent, scratch, stain };

const between = (random: () => number, low: number, high: number) => low + (high - low) * random();

function shade({ size, red, green, blue }: Canvas, x: number, y: number, factor: number, colour: readonly [number, number, number] = [1, 1, 1]): void {
  if (x < 0 || y < 0 || x >= size || y >= size) return;
  const at = y * size + x;
  red[at]! *= 1 + factor * colour[0];
  green[at]! *= 1 + factor * colour[1];
  blue[at]! *= 1 + factor * colour[2];
}

/** A thin bent groove, one flank bright and the other dark; now and then a second, finer one beside it. */
function scratch(canvas: Canvas, random: () => number): void {
  const { size } = canvas;
  const lines = random() < 0.3 ? 2 : 1;
  const direction = between(random, 0, Math.PI);
  const bend = between(random, -0.6, 0.6);
  const [centreX, centreY] = [between(random, 0.3, 0.7) * size, between(random, 0.3, 0.7) * size];
  for (let line = 0; line < lines; line++) {
    const length = between(random, 0.35, 0.8) * size * (line === 0 ? 1 : 0.6);
    const width = (between(random, 0.01, 0.02) * size) / (line + 1);
    const depth = between(random, 0.5, 0.9);
    const offset = line * between(random, 0.04, 0.1) * size;
    const normalX = -Math.sin(direction);
    const normalY = Math.cos(direction);
    for (let y = 0; y < size; y++) {
      for (let x = 0; x < size; x++) {
        const along = (x - centreX) * Math.cos(direction) + (y - centreY) * Math.sin(direction);
        if (Math.abs(along) > length / 2) continue;
        const across = (x - centreX) * normalX + (y - centreY) * normalY - offset - (bend * along * along) / size;
        if (Math.abs(across) > 4 * width) continue;
        const taper = Math.sqrt(1 - (2 * along) ** 2 / length ** 2);
        const bright = Math.exp(-((across / width) ** 2));
        const dark = Math.exp(-(((across - 1.6 * width) / width) ** 2));
        shade(canvas, x, y, depth * taper * (bright - 0.8 * dark));
      }
    }
  }
}

/** A round hollow: the side towards the light dark, the far side bright, a soft rim around it. */
function dent(canvas: Canvas, random: () => number): void {
  const { size } = canvas;
  const radius = between(random, 0.12, 0.2) * size;
  const squeeze = between(random, 0.75, 1.3);
  const tilt = between(random, 0, Math.PI);
  const light = between(random, 0, 2 * Math.PI);
  const depth = between(random, 0.45, 0.75);
  const [centreX, centreY] = [between(random, 0.25, 0.75) * size, between(random, 0.25, 0.75) * size];
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const u = ((x - centreX) * Math.cos(tilt) + (y - centreY) * Math.sin(tilt)) / radius;
      const v = (((y - centreY) * Math.cos(tilt) - (x - centreX) * Math.sin(tilt)) / radius) * squeeze;
      const distance = u * u + v * v;
      if (distance > 6) continue;
      // The slope of a Gaussian hollow, as the light sees it.
      const slope = (u * Math.cos(light) + v * Math.sin(light)) * Math.exp(-distance) * 1.6;
      const rim = 0.15 * Math.exp(-((Math.sqrt(distance) - 1.3) ** 2) * 8);
      shade(canvas, x, y, depth * (slope + rim));
    }
  }
}

/** A dried drop of coolant or oil: ragged edge, darker towards it, brownish or bluish. */
function stain(canvas: Canvas, random: () => number): void {
  const { size } = canvas;
  const radius = between(random, 0.14, 0.28) * size;
  const edge = lattice(random);
  const inside = lattice(random);
  const strength = between(random, 0.25, 0.45);
  const colour = random() < 0.7 ? ([-0.75, -1, -1.35] as const) : ([-1.2, -1, -0.7] as const);
  const [centreX, centreY] = [between(random, 0.25, 0.75) * size, between(random, 0.25, 0.75) * size];
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const [u, v] = [(x - centreX) / radius, (y - centreY) / radius];
      const distance = Math.sqrt(u * u + v * v) * (1 + 0.35 * edge(u * 1.7 + 10, v * 1.7 + 10));
      if (distance > 1.15) continue;
      const cover = 1 / (1 + Math.exp((distance - 0.95) * 25));
      const ring = 0.5 * Math.exp(-(((distance - 0.9) / 0.08) ** 2));
      shade(canvas, x, y, strength * cover * (0.75 + 0.35 * inside(u * 3, v * 3) + ring), colour);
    }
  }
}

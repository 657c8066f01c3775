/** The door for geometry that came from a file: what is admitted is finite, has area and lies in the picture. Nothing is changed without being said. */
import type { Box, Geometry, Part } from './annotation.ts';
import { clipBox, clipParts } from './clip.ts';
import { distinctPoints, openRing, ringArea, ringsBox, selfCrossing } from './geometry.ts';
import type { FindingKind } from './report.ts';
import { splitCuts } from './rings.ts';
import { areaOf } from './shapes.ts';

/** Beyond this a number is no coordinate of a picture, pixels. */
const FARTHEST = 1e9;
/** What sticks out less than this share of the picture's side is the rounding of a text file and stays. */
const ROUNDING = 1e-6;
/** Shapes so many times as long as the picture are mistakes worth a finding of their own. */
const HUGE = 4;

export interface Admitted {
  /** null: not admitted. The very same object where nothing had to be changed. */
  geometry: Geometry | null;
  findings: FindingKind[];
}

/** Checks a geometry against its picture; with a size of 0 (unknown) it is not cut. `maxPoints` of a polygon. */
export function admit(geometry: Geometry, width: number, height: number, maxPoints: number): Admitted {
  switch (geometry.kind) {
    case 'box':
      return admitBox(geometry, width, height);
    case 'polygon':
      return admitPolygon(geometry, width, height, maxPoints);
    case 'mask': {
      const { rle } = geometry;
      if (width > 0 && (rle.width !== width || rle.height !== height)) return { geometry: null, findings: ['mask_size'] };
      return areaOf(geometry) === 0 ? { geometry: null, findings: ['zero_area'] } : { geometry, findings: [] };
    }
    case 'whole':
      return { geometry, findings: [] };
  }
}

const usable = (value: number): boolean => Math.abs(value) <= FARTHEST;

function fits(box: Box, width: number, height: number): boolean {
  const [ex, ey] = [width * ROUNDING, height * ROUNDING];
  return box.x >= -ex && box.y >= -ey && box.x + box.width <= width + ex && box.y + box.height <= height + ey;
}

function admitBox(geometry: Geometry & { kind: 'box' }, width: number, height: number): Admitted {
  if (![geometry.x, geometry.y, geometry.width, geometry.height].every(usable)) return { geometry: null, findings: ['not_finite'] };
  const findings: FindingKind[] = [];
  let box: Geometry & { kind: 'box' } = geometry;
  if (box.width < 0 || box.height < 0) {
    findings.push('negative_size');
    box = {
      kind: 'box',
      x: Math.min(box.x, box.x + box.width),
      y: Math.min(box.y, box.y + box.height),
      width: Math.abs(box.width),
      height: Math.abs(box.height),
    };
  }
  if (box.width === 0 || box.height === 0) return { geometry: null, findings: [...findings, 'zero_area'] };
  if (width === 0 || fits(box, width, height)) return { geometry: box, findings };
  const cut = clipBox(box, { x: 0, y: 0, width, height });
  if (cut === null) return { geometry: null, findings: [...findings, 'outside'] };
  findings.push(box.width > HUGE * width || box.height > HUGE * height ? 'huge_shape' : 'clipped');
  return { geometry: { kind: 'box', ...cut }, findings };
}

function admitPolygon(geometry: Geometry & { kind: 'polygon' }, width: number, height: number, maxPoints: number): Admitted {
  const findings = new Set<FindingKind>();
  let parts: Part[] = [];
  let points = 0;
  let changed = false;
  for (const part of geometry.parts) {
    const rings = [part.outer, ...part.holes].map(openRing);
    points += rings.reduce((sum, ring) => sum + ring.length / 2, 0);
    if (points > maxPoints) return { geometry: null, findings: ['too_many_points'] };
    if (rings.some((ring) => ring.length % 2 !== 0 || !ring.every(usable))) return { geometry: null, findings: ['not_finite'] };
    const [outer, ...holes] = rings;
    if (distinctPoints(outer!) < 3) {
      findings.add('too_few_points');
      changed = true;
      continue;
    }
    // Cuts come out first: on their way they may cross other lines, which does not make a region wrong.
    const split = holes.length === 0 ? splitCuts(outer!) : [{ outer: outer!, holes }];
    const crossing = split.some((piece) => selfCrossing([piece.outer, ...piece.holes]));
    // A line that crosses itself, an eight, may enclose area although the shoelace formula gives none.
    if (crossing) findings.add('self_crossing');
    else if (ringArea(outer!) === 0) {
      findings.add('zero_area');
      changed = true;
      continue;
    }
    const same = split.length === 1 && split[0]!.outer === part.outer && rings.every((ring, i) => i === 0 || ring === part.holes[i - 1]);
    changed ||= !same;
    parts.push(...(same ? [part] : split));
  }
  if (parts.length === 0) return { geometry: null, findings: [...findings] };
  const box = ringsBox(parts.map(({ outer }) => outer))!;
  if (width > 0 && !fits(box, width, height)) {
    parts = clipParts(parts, { x: 0, y: 0, width, height });
    if (parts.length === 0) return { geometry: null, findings: ['outside'] };
    findings.add(box.width > HUGE * width || box.height > HUGE * height ? 'huge_shape' : 'clipped');
    changed = true;
  }
  return { geometry: changed ? { kind: 'polygon', parts } : geometry, findings: [...findings] };
}

/** What can be asked of and done to a shape of any kind: its area and box, its mask, its outline, cutting and moving it with the picture. */
import { type Box, type Geometry, geometryOf, type Part, type PictureLabels, type Rle, reshaped, type Shape } from './annotation.ts';
import { clipBox, clipParts } from './clip.ts';
import { boxRing, invert, type Matrix, partsArea, ringsBox, ringsOf, simplifyRing, transformRing } from './geometry.ts';
import { rasterise, traceMask } from './raster.ts';
import { decodeInBox, decodeMask, encodeMask, rleArea, rleBox } from './rle.ts';

/** Square pixels; 0 for the label of a whole picture. */
export function areaOf(geometry: Geometry): number {
  switch (geometry.kind) {
    case 'box':
      return geometry.width * geometry.height;
    case 'polygon':
      return partsArea(geometry.parts);
    case 'mask':
      return rleArea(geometry.rle);
    case 'whole':
      return 0;
  }
}

/** The smallest upright box around; null for an empty mask and for the label of a whole picture. */
export function boxOf(geometry: Geometry): Box | null {
  switch (geometry.kind) {
    case 'box':
      return { x: geometry.x, y: geometry.y, width: geometry.width, height: geometry.height };
    case 'polygon':
      return ringsBox(ringsOf(geometry.parts));
    case 'mask':
      return rleBox(geometry.rle);
    case 'whole':
      return null;
  }
}

/** The pixels of a shape in a picture of this size; a whole picture's label covers it all. Throws RangeError for a mask of another size. */
export function maskOf(geometry: Geometry, width: number, height: number): Rle {
  switch (geometry.kind) {
    case 'box':
      return rasterise([{ outer: boxRing(geometry), holes: [] }], width, height);
    case 'polygon':
      return rasterise(geometry.parts, width, height);
    case 'mask':
      if (geometry.rle.width !== width || geometry.rle.height !== height) throw new RangeError('a mask of another size');
      return geometry.rle;
    case 'whole':
      return rasterise([{ outer: [0, 0, width, 0, width, height, 0, height], holes: [] }], width, height);
  }
}

/**
 * The outline of a shape. A mask is traced along its pixels, exactly; with a tolerance (pixels) the stairs are smoothed. None for the label of a whole
 * picture.
 */
export function outlineOf(geometry: Geometry, tolerance = 0): Part[] {
  switch (geometry.kind) {
    case 'box':
      return [{ outer: boxRing(geometry), holes: [] }];
    case 'polygon':
      return geometry.parts;
    case 'mask': {
      const decoded = decodeInBox(geometry.rle);
      if (decoded === null) return [];
      const { box, mask } = decoded;
      const moved = traceMask(mask, box.width, box.height).map((part) => mapRings(part, (ring) => transformRing(ring, [1, 0, 0, 1, box.x, box.y])));
      return tolerance > 0 ? moved.map((part) => mapRings(part, (ring) => simplifyRing(ring, tolerance))) : moved;
    }
    case 'whole':
      return [];
  }
}

function mapRings({ outer, holes }: Part, map: (ring: number[]) => number[]): Part {
  return { outer: map(outer), holes: holes.map(map) };
}

/** What of a shape lies in a picture of this size; null for nothing. Unchanged shapes are returned as they are, attributes and all. */
export function clipShape(shape: Shape, width: number, height: number): Shape | null {
  const frame: Box = { x: 0, y: 0, width, height };
  switch (shape.kind) {
    case 'box': {
      const box = clipBox(shape, frame);
      if (box === null) return null;
      const same = box.x === shape.x && box.y === shape.y && box.x + box.width === shape.x + shape.width && box.y + box.height === shape.y + shape.height;
      return same ? shape : reshaped(shape, { kind: 'box', ...box });
    }
    case 'polygon': {
      const parts = clipParts(shape.parts, frame);
      if (parts.length === 0) return null;
      return parts.length === shape.parts.length && parts.every((part, i) => part === shape.parts[i]) ? shape : reshaped(shape, { kind: 'polygon', parts });
    }
    case 'mask':
      return shape.rle.width === width && shape.rle.height === height ? shape : null;
    case 'whole':
      return shape;
  }
}

export interface Placement {
  /** From the old picture's pixels to the new one's. */
  matrix: Matrix;
  /** Size of the new picture, pixels. */
  width: number;
  height: number;
  /** A shape of which less than this share of its area is left in the new picture is dropped (tiles, crops). Default 0: whatever is seen stays. */
  leastVisible?: number;
}

/**
 * A geometry in another picture, not yet cut to it. A box under a rotation that is no multiple of 90° becomes the box around its turned corners, which is
 * larger than the object. Masks are resampled at pixel centres: exact for flips, quarter turns and shifts by whole pixels.
 */
export function transformGeometry(geometry: Geometry, { matrix, width, height }: Placement): Geometry {
  switch (geometry.kind) {
    case 'box':
      return { kind: 'box', ...ringsBox([transformRing(boxRing(geometry), matrix)])! };
    case 'polygon':
      return { kind: 'polygon', parts: geometry.parts.map((part) => mapRings(part, (ring) => transformRing(ring, matrix))) };
    case 'mask':
      return { kind: 'mask', rle: transformMask(geometry.rle, matrix, width, height) };
    case 'whole':
      return geometry;
  }
}

function transformMask(rle: Rle, matrix: Matrix, width: number, height: number): Rle {
  const [a, b, c, d, e, f] = invert(matrix);
  const from = decodeMask(rle);
  const to = new Uint8Array(width * height);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const [cx, cy] = [x + 0.5, y + 0.5];
      const sx = Math.floor(a * cx + c * cy + e);
      const sy = Math.floor(b * cx + d * cy + f);
      if (sx >= 0 && sy >= 0 && sx < rle.width && sy < rle.height) to[y * width + x] = from[sy * rle.width + sx]!;
    }
  }
  return encodeMask(to, width, height);
}

/** The labels of a picture after it was resized, cropped, turned or tiled. `dropped` counts the shapes of which too little is left. */
export function transformPicture(labels: PictureLabels, placement: Placement): { labels: PictureLabels; dropped: number } {
  const shapes: Shape[] = [];
  let dropped = 0;
  for (const shape of labels.shapes) {
    if (shape.kind === 'whole') {
      shapes.push(shape);
      continue;
    }
    const moved = reshaped(shape, transformGeometry(geometryOf(shape), placement));
    const left = clipShape(moved, placement.width, placement.height);
    const area = left === null ? 0 : areaOf(left);
    const [a, b, c, d] = placement.matrix;
    // A mask is cut while it is resampled: what it would cover without the frame follows from the map's scale.
    const whole = shape.kind === 'mask' ? areaOf(shape) * Math.abs(a * d - b * c) : areaOf(moved);
    if (left === null || area === 0 || area < whole * (placement.leastVisible ?? 0)) dropped += 1;
    else shapes.push(left);
  }
  return { labels: { ...labels, width: placement.width, height: placement.height, shapes }, dropped };
}

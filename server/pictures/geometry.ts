/** Methods that move pixels: labels follow them. */
import { compose, flipHorizontally, flipVertically, IDENTITY, rotation, scaling, translation } from '../labels/geometry.ts';
import { method } from './method.ts';
import { LARGEST_SIDE, type LabelledPicture, placed, redraw } from './raster.ts';

/** Of a shape that a crop or tile cuts: with less than this share left it says nothing about the object any more. */
const LEAST_VISIBLE = 0.1;

const side = (standard: number) => ({ kind: 'integer', minimum: 16, maximum: LARGEST_SIDE, default: standard, unit: 'px' }) as const;
const share = (standard: number) => ({ kind: 'number', minimum: 0, maximum: 100, default: standard, unit: '%' }) as const;

export const resize = method({
  parameters: {
    /** long_side: keeps the proportions; exact: stretches; pad: keeps the proportions and fills up. */
    mode: { kind: 'choice', choices: ['long_side', 'exact', 'pad'], default: 'long_side' },
    long_side: { ...side(512), when: { name: 'mode', is: ['long_side'] } },
    width: { ...side(224), when: { name: 'mode', is: ['exact', 'pad'] } },
    height: { ...side(224), when: { name: 'mode', is: ['exact', 'pad'] } },
    enlarge: { kind: 'boolean', default: false, when: { name: 'mode', is: ['long_side', 'pad'] } },
    background: { kind: 'colour', default: '#000000', when: { name: 'mode', is: ['pad'] } },
  },
  async apply(picture, { mode, width, height, long_side, enlarge, background }) {
    const wanted = mode === 'long_side' ? { width: long_side, height: long_side } : { width, height };
    const scale = Math.min(wanted.width / picture.width, wanted.height / picture.height);
    if (mode === 'exact') return [await scaled(picture, width, height)];
    const kept = scale > 1 && !enlarge ? 1 : scale;
    const inner = await scaled(picture, Math.max(1, Math.round(picture.width * kept)), Math.max(1, Math.round(picture.height * kept)));
    if (mode === 'long_side') return [inner];
    const left = Math.floor((width - inner.width) / 2);
    const top = Math.floor((height - inner.height) / 2);
    const raster = await redraw(inner, (pipeline) =>
      pipeline.extend({ left, top, right: width - inner.width - left, bottom: height - inner.height - top, background }),
    );
    return [placed(inner, raster, { matrix: translation(left, top), width, height })];
  },
});

async function scaled(picture: LabelledPicture, width: number, height: number): Promise<LabelledPicture> {
  if (width === picture.width && height === picture.height) return picture;
  const raster = await redraw(picture, (pipeline) => pipeline.resize(width, height, { fit: 'fill' }));
  return placed(picture, raster, { matrix: scaling(width / picture.width, height / picture.height), width, height });
}

async function cut(picture: LabelledPicture, left: number, top: number, width: number, height: number): Promise<LabelledPicture> {
  const raster = await redraw(picture, (pipeline) => pipeline.extract({ left, top, width, height }));
  return placed(picture, raster, { matrix: translation(-left, -top), width, height, leastVisible: LEAST_VISIBLE });
}

export const crop = method({
  parameters: { left: share(10), top: share(10), right: share(10), bottom: share(10) },
  /** What is cut off at each side, in shares of the picture; at least one pixel is left. */
  async apply(picture, { left, top, right, bottom }) {
    const x = Math.min(picture.width - 1, Math.round((picture.width * left) / 100));
    const y = Math.min(picture.height - 1, Math.round((picture.height * top) / 100));
    const width = Math.max(1, Math.round(picture.width * (1 - right / 100)) - x);
    const height = Math.max(1, Math.round(picture.height * (1 - bottom / 100)) - y);
    return [await cut(picture, x, y, width, height)];
  },
});

export const rotate = method({
  parameters: {
    angle: { kind: 'number', minimum: -180, maximum: 180, default: 90, unit: '°' },
    background: { kind: 'colour', default: '#000000' },
  },
  async apply(picture, { angle, background }) {
    return [await turned(picture, angle, background)];
  },
});

/** Clockwise. The picture grows so that its corners stay in it. */
export async function turned(picture: LabelledPicture, angle: number, background: string): Promise<LabelledPicture> {
  if (angle % 360 === 0) return picture;
  const raster = await redraw(picture, (pipeline) => pipeline.rotate(angle, { background }));
  const about = rotation(angle, picture.width / 2, picture.height / 2);
  const matrix = compose(about, translation((raster.width - picture.width) / 2, (raster.height - picture.height) / 2));
  return placed(picture, raster, { matrix, width: raster.width, height: raster.height });
}

export const flip = method({
  parameters: { direction: { kind: 'choice', choices: ['horizontal', 'vertical', 'both'], default: 'horizontal' } },
  async apply(picture, { direction }) {
    return [await flipped(picture, direction !== 'vertical', direction !== 'horizontal')];
  },
});

export async function flipped(picture: LabelledPicture, leftRight: boolean, upDown: boolean): Promise<LabelledPicture> {
  const { width, height } = picture;
  const across = leftRight ? flipHorizontally(width) : IDENTITY;
  const along = upDown ? flipVertically(height) : IDENTITY;
  const raster = await redraw(picture, (pipeline) => pipeline.flop(leftRight).flip(upDown));
  return placed(picture, raster, { matrix: compose(across, along), width, height });
}

export const tile = method({
  parameters: {
    width: side(256),
    height: side(256),
    overlap: { kind: 'integer', minimum: 0, maximum: 90, default: 10, unit: '%' },
    /** Parts without any shape are left out; pictures without labels and classification keep all. */
    skip_empty: { kind: 'boolean', default: false },
  },
  /** Parts of equal size; the last of a row and column reach back over their neighbours, so that no part is smaller and nothing is left out. */
  async apply(picture, { width, height, overlap, skip_empty }) {
    const columns = starts(picture.width, width, overlap);
    const rows = starts(picture.height, height, overlap);
    const tiles: LabelledPicture[] = [];
    const outlined = picture.shapes?.some(({ kind }) => kind !== 'whole') ?? false;
    for (const [row, top] of rows.entries()) {
      for (const [column, left] of columns.entries()) {
        const part = await cut(picture, left, top, Math.min(width, picture.width), Math.min(height, picture.height));
        if (skip_empty && outlined && part.shapes?.length === 0) continue;
        tiles.push({ ...part, name: numbered(picture.name, `r${row + 1}c${column + 1}`) });
      }
    }
    return tiles;
  },
});

function starts(length: number, part: number, overlap: number): number[] {
  if (part >= length) return [0];
  const step = Math.max(1, Math.round(part * (1 - overlap / 100)));
  const count = Math.ceil((length - part) / step) + 1;
  return Array.from({ length: count }, (_, i) => Math.min(i * step, length - part));
}

/** `a/b.png` with `r1c2` → `a/b_r1c2.png`. */
export function numbered(name: string, mark: string): string {
  const dot = name.lastIndexOf('.');
  return dot > name.lastIndexOf('/') + 1 ? `${name.slice(0, dot)}_${mark}${name.slice(dot)}` : `${name}_${mark}`;
}

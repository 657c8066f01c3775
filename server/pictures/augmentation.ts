/** Changed copies beside each picture: more to learn from where pictures are few. */
import { flipped, numbered, turned } from './geometry.ts';
import { method } from './method.ts';
import type { LabelledPicture } from './raster.ts';
import { adjusted } from './tone.ts';

export const augment = method({
  parameters: {
    copies: { kind: 'integer', minimum: 1, maximum: 10, default: 1 },
    flip_horizontal: { kind: 'boolean', default: true },
    flip_vertical: { kind: 'boolean', default: false },
    /** Turns up to this angle, to either side. */
    rotate: { kind: 'integer', minimum: 0, maximum: 180, default: 10, unit: '°' },
    brightness: { kind: 'integer', minimum: 0, maximum: 50, default: 15, unit: '%' },
    contrast: { kind: 'integer', minimum: 0, maximum: 50, default: 15, unit: '%' },
  },
  /** The picture itself and its copies. */
  async apply(picture, { copies, flip_horizontal, flip_vertical, rotate, brightness, contrast }, random) {
    const all: LabelledPicture[] = [picture];
    const within = (limit: number) => (2 * random() - 1) * limit;
    for (let copy = 1; copy <= copies; copy++) {
      const leftRight = flip_horizontal && random() < 0.5;
      const upDown = flip_vertical && random() < 0.5;
      const angle = rotate === 0 ? 0 : Math.round(within(rotate) * 10) / 10;
      const tone = { brightness: within(brightness), contrast: within(contrast), saturation: 0, gamma: 1, invert: false };
      const moved = await turned(await flipped(picture, leftRight, upDown), angle, '#808080');
      all.push({ ...(await adjusted(moved, tone)), name: numbered(picture.name, `aug${copy}`) });
    }
    return all;
  },
});

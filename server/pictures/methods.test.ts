import sharp from 'sharp';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { PreprocessStep, PreprocessValue } from '../http/preprocess-schemas.ts';
import type { Shape } from '../labels/annotation.ts';
import { decodeMask } from '../labels/rle.ts';
import { maskOf } from '../labels/shapes.ts';
import { generator } from '../learn/random.ts';
import { PICTURE_METHODS, type PictureMethodName, throughChain } from './methods.ts';
import { decodeRaster, encodeRaster, type LabelledPicture } from './raster.ts';

const methods = suite('methods for pictures');

const step = (method: PictureMethodName, parameters: Record<string, PreprocessValue> = {}): PreprocessStep => {
  const specs = PICTURE_METHODS[method].parameters as Record<string, { default: PreprocessValue }>;
  const defaults = Object.fromEntries(Object.entries(specs).map(([name, spec]) => [name, spec.default]));
  return { method, parameters: { ...defaults, ...parameters } };
};
async function all(pictures: AsyncGenerator<LabelledPicture>): Promise<LabelledPicture[]> {
  const made: LabelledPicture[] = [];
  for await (const picture of pictures) made.push(picture);
  return made;
}
const run = (picture: LabelledPicture, ...chain: PreprocessStep[]) => all(throughChain(picture, chain, generator(1)));
const one = async (picture: LabelledPicture, ...chain: PreprocessStep[]) => {
  const pictures = await run(picture, ...chain);
  assert.is(pictures.length, 1);
  return pictures[0]!;
};

/** A white L on black, its polygon, the box around it and its mask. */
function drawing(channels: 1 | 3 = 3): LabelledPicture {
  const [width, height] = [120, 80];
  const inside = (x: number, y: number) => (x >= 20 && x < 40 && y >= 10 && y < 70) || (x >= 20 && x < 100 && y >= 50 && y < 70);
  const data = new Uint8Array(width * height * channels);
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) if (inside(x, y)) data.fill(255, (y * width + x) * channels, (y * width + x + 1) * channels);
  const polygon: Shape = { kind: 'polygon', parts: [{ outer: [20, 10, 40, 10, 40, 50, 100, 50, 100, 70, 20, 70], holes: [] }], label: 0 };
  return {
    name: 'parts/L.png',
    data,
    width,
    height,
    channels,
    shapes: [polygon, { kind: 'box', x: 20, y: 10, width: 80, height: 60, label: 0 }, { kind: 'mask', rle: maskOf(polygon, width, height), label: 0 }],
  };
}

/** Share of the pixels on which the bright part of the picture and a shape agree: intersection over union. */
function agreement(picture: LabelledPicture, shape: Shape): number {
  const mask = decodeMask(maskOf(shape, picture.width, picture.height));
  let both = 0;
  let either = 0;
  for (let pixel = 0; pixel < mask.length; pixel++) {
    const bright = picture.data[pixel * picture.channels]! > 127;
    if (bright && mask[pixel]) both += 1;
    if (bright || mask[pixel]) either += 1;
  }
  return both / either;
}

const GEOMETRIC: [string, PreprocessStep][] = [
  ['resize to a long side', step('resize', { long_side: 60 })],
  ['enlarge', step('resize', { long_side: 300, enlarge: true })],
  ['stretch', step('resize', { mode: 'exact', width: 90, height: 150 })],
  ['pad', step('resize', { mode: 'pad', width: 200, height: 200, enlarge: true })],
  ['pad without enlarging', step('resize', { mode: 'pad', width: 200, height: 160 })],
  ['crop', step('crop', { left: 20, top: 5, right: 10, bottom: 20 })],
  ['turn by 90°', step('rotate', { angle: 90 })],
  ['turn by -90°', step('rotate', { angle: -90 })],
  ['turn by 180°', step('rotate', { angle: 180 })],
  ['turn by 30°', step('rotate', { angle: 30 })],
  ['turn by -7.5°', step('rotate', { angle: -7.5 })],
  ['flip left and right', step('flip')],
  ['flip up and down', step('flip', { direction: 'vertical' })],
  ['flip both', step('flip', { direction: 'both' })],
];

for (const [name, geometric] of GEOMETRIC) {
  methods(`labels follow the pixels: ${name}`, async () => {
    for (const channels of [1, 3] as const) {
      const result = await one(drawing(channels), geometric);
      assert.is(result.channels, channels);
      assert.is(result.data.length, result.width * result.height * channels);
      const [polygon, , mask] = result.shapes!;
      assert.ok(agreement(result, polygon!) > 0.93, `polygon: ${agreement(result, polygon!)}`);
      assert.ok(agreement(result, mask!) > 0.93, `mask: ${agreement(result, mask!)}`);
    }
  });
}

methods('sizes are those that were asked for', async () => {
  const size = async (...chain: PreprocessStep[]) => {
    const { width, height } = await one(drawing(), ...chain);
    return [width, height];
  };
  assert.equal(await size(step('resize', { long_side: 60 })), [60, 40]);
  assert.equal(await size(step('resize', { long_side: 600 })), [120, 80]);
  assert.equal(await size(step('resize', { mode: 'pad', width: 64, height: 64 })), [64, 64]);
  assert.equal(await size(step('rotate', { angle: 90 })), [80, 120]);
  assert.equal(await size(step('crop', { left: 50, top: 50, right: 50, bottom: 50 })), [1, 1]);
  assert.equal(await size(step('crop', { left: 100, top: 100, right: 100, bottom: 100 })), [1, 1]);
});

methods('boxes move with a resize and are cut by a crop', async () => {
  const small = await one(drawing(), step('resize', { long_side: 60 }));
  assert.equal(small.shapes![1], { kind: 'box', x: 10, y: 5, width: 40, height: 30, label: 0 });
  const cropped = await one(drawing(), step('crop', { left: 25, top: 0, right: 0, bottom: 0 }));
  assert.equal(cropped.shapes![1], { kind: 'box', x: 0, y: 10, width: 70, height: 60, label: 0 });
});

methods('tiles cover the picture, are of one size, and hold their part of the labels', async () => {
  const picture = drawing();
  const tiles = await run(picture, step('tile', { width: 50, height: 50, overlap: 10 }));
  assert.equal(
    tiles.map(({ name, width, height }) => [name, width, height]),
    ['r1c1', 'r1c2', 'r1c3', 'r2c1', 'r2c2', 'r2c3'].map((mark) => [`parts/L_${mark}.png`, 50, 50]),
  );
  for (const part of tiles) for (const shape of part.shapes!) if (shape.kind !== 'box') assert.is(agreement(part, shape), 1);
  const corner = tiles.at(-1)!;
  // The last tile ends where the picture ends.
  assert.is(corner.data[0], picture.data[(30 * 120 + 70) * 3]);
  const found = await run(picture, step('tile', { width: 20, height: 20, overlap: 0, skip_empty: true }));
  assert.ok(found.length > 0 && found.length < 24 && found.every(({ shapes }) => shapes!.length > 0));
  assert.is((await run({ ...picture, shapes: null }, step('tile', { width: 20, height: 20, overlap: 0, skip_empty: true }))).length, 24);
  assert.is((await run(picture, step('tile', { width: 400, height: 400 }))).length, 1);
});

methods('grey has one channel; a class of the whole picture stays', async () => {
  const whole: Shape = { kind: 'whole', label: 2 };
  const grey = await one({ ...drawing(), shapes: [whole] }, step('grayscale'), step('rotate', { angle: 45 }));
  assert.is(grey.channels, 1);
  assert.equal(grey.shapes, [whole]);
});

/** Levels 100 to 131, a flat picture. */
function flat(): LabelledPicture {
  const data = new Uint8Array(64 * 64 * 3);
  for (let pixel = 0; pixel < 64 * 64; pixel++) data.fill(100 + (pixel % 32), pixel * 3, pixel * 3 + 3);
  return { name: 'flat.png', data, width: 64, height: 64, channels: 3, shapes: null };
}
const range = ({ data }: LabelledPicture) => Math.max(...data) - Math.min(...data);

methods('contrast: stretched and equalised to the whole range, CLAHE within its limit', async () => {
  assert.is(range(await one(flat(), step('contrast', { mode: 'stretch', clip: 0 }))), 255);
  assert.is(range(await one(flat(), step('contrast', { mode: 'equalize' }))), 255);
  const gentle = range(await one(flat(), step('contrast', { mode: 'clahe', tile: 50, limit: 2 })));
  const strong = range(await one(flat(), step('contrast', { mode: 'clahe', tile: 50, limit: 8 })));
  assert.ok(gentle > range(flat()) && strong > gentle, `${range(flat())} ${gentle} ${strong}`);
  const black = { ...flat(), data: new Uint8Array(64 * 64 * 3) };
  for (const mode of ['stretch', 'equalize'] as const) assert.is(range(await one(black, step('contrast', { mode }))), 0);
});

methods('contrast keeps hues: what the channels differ by stays', async () => {
  const tinted = flat();
  for (let at = 0; at < tinted.data.length; at += 3) tinted.data[at]! += 20;
  const { data } = await one(tinted, step('contrast', { mode: 'stretch', clip: 10 }));
  const within = Array.from({ length: data.length / 3 }, (_, i) => [data[3 * i]!, data[3 * i + 1]!]).filter(([r, g]) => r! < 255 && g! > 0);
  assert.ok(within.length > 500);
  for (const [r, g] of within) assert.is(r! - g!, 20);
});

methods('colour: brightness, contrast, gamma, inversion and saturation', async () => {
  const middle = ({ data }: LabelledPicture) => data.reduce((sum, value) => sum + value, 0) / data.length;
  const before = middle(flat());
  assert.ok(Math.abs(middle(await one(flat(), step('colour', { brightness: 25 }))) - before - 32) < 1);
  assert.ok(range(await one(flat(), step('colour', { contrast: 100 }))) >= 2 * range(flat()) - 1);
  assert.ok(middle(await one(flat(), step('colour', { gamma: 2 }))) > before + 30);
  assert.ok(Math.abs(middle(await one(flat(), step('colour', { invert: true }))) - (255 - before)) < 1);
  const tinted = flat();
  for (let at = 0; at < tinted.data.length; at += 3) tinted.data[at] = 220;
  const { data } = await one(tinted, step('colour', { saturation: -100 }));
  for (let at = 0; at < data.length; at += 3) assert.ok(Math.abs(data[at]! - data[at + 1]!) <= 2);
});

methods('denoise removes a speck, sharpen steepens an edge', async () => {
  const specked = flat();
  specked.data.fill(255, (32 * 64 + 32) * 3, (32 * 64 + 33) * 3);
  assert.ok((await one(specked, step('denoise'))).data[(32 * 64 + 32) * 3]! < 140);
  const soft = await one(drawing(), step('denoise', { mode: 'gaussian', radius: 2 }));
  const steepness = ({ data, channels }: LabelledPicture) => data[(30 * 120 + 22) * channels]! - data[(30 * 120 + 17) * channels]!;
  const crisp = await one(soft, step('sharpen', { radius: 2, amount: 200 }));
  assert.ok(steepness(crisp) > steepness(soft), `${steepness(soft)} ${steepness(crisp)}`);
});

methods('augmentation: the picture and its copies, the same for the same seed', async () => {
  const chain = [step('augment', { copies: 3, rotate: 20, flip_vertical: true })];
  const first = await all(throughChain(drawing(), chain, generator(7, 3)));
  const again = await all(throughChain(drawing(), chain, generator(7, 3)));
  const other = await all(throughChain(drawing(), chain, generator(8, 3)));
  assert.equal(first, again);
  assert.not.equal(first, other);
  assert.equal(
    first.map(({ name }) => name),
    ['parts/L.png', 'parts/L_aug1.png', 'parts/L_aug2.png', 'parts/L_aug3.png'],
  );
  assert.equal(first[0], drawing());
  for (const copy of first) assert.ok(agreement(copy, copy.shapes![0]!) > 0.9, `${copy.name}: ${agreement(copy, copy.shapes![0]!)}`);
});

methods('a chain of several methods multiplies tiles and copies', async () => {
  const made = await run(drawing(), step('tile', { width: 60, height: 80, overlap: 0 }), step('grayscale'), step('augment', { copies: 2 }));
  assert.is(made.length, 6);
  assert.is(new Set(made.map(({ name }) => name)).size, 6);
});

methods('pictures of all kinds are decoded and encoded: grey, alpha, 16 bits', async () => {
  const grey = await encodeRaster(drawing(1), 'image/png');
  assert.equal((await decodeRaster(grey)).data, Buffer.from(drawing(1).data));
  const rgb = await decodeRaster(await encodeRaster(drawing(3), 'image/jpeg'));
  assert.is(rgb.channels, 3);
  const clear = await sharp({ create: { width: 9, height: 7, channels: 4, background: { r: 0, g: 0, b: 0, alpha: 0 } } })
    .png()
    .toBuffer();
  const flattened = await decodeRaster(clear);
  assert.equal([flattened.channels, flattened.data[0]], [3, 255]);
  const deep = await sharp(clear).toColourspace('rgb16').png().toBuffer();
  assert.is((await decodeRaster(deep)).data.length, 9 * 7 * 3);
});

methods.run();

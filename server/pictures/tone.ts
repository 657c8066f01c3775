/** Methods that change brightness and colour; what is where stays. */
import { method } from './method.ts';
import { type LabelledPicture, luminance, redraw } from './raster.ts';

export const grayscale = method({
  parameters: {},
  async apply(picture) {
    return [{ ...picture, ...(await luminance(picture)) }];
  },
});

export const contrast = method({
  parameters: {
    /** clahe: equalised in tiles with a limit (Zuiderveld, 1994); equalize: over the whole picture; stretch: the given share of the darkest and lightest pixels clipped. */
    mode: { kind: 'choice', choices: ['clahe', 'equalize', 'stretch'], default: 'clahe' },
    /** Side of a tile, in shares of the picture. */
    tile: { kind: 'integer', minimum: 5, maximum: 100, default: 12, unit: '%', when: { name: 'mode', is: ['clahe'] } },
    /** Steepest slope of a tile's curve: the higher, the stronger. */
    limit: { kind: 'integer', minimum: 1, maximum: 20, default: 3, when: { name: 'mode', is: ['clahe'] } },
    clip: { kind: 'number', minimum: 0, maximum: 20, default: 1, unit: '%', when: { name: 'mode', is: ['stretch'] } },
  },
  async apply(picture, { mode, tile, limit, clip }) {
    const grey = await luminance(picture);
    const curve = async (): Promise<Uint8Array> => {
      if (mode === 'clahe') {
        const width = Math.max(3, Math.round((picture.width * tile) / 100));
        const height = Math.max(3, Math.round((picture.height * tile) / 100));
        return (await redraw(grey, (pipeline) => pipeline.clahe({ width, height, maxSlope: limit }))).data;
      }
      const table = mode === 'equalize' ? equalizing(grey.data) : stretching(grey.data, clip / 100);
      return grey.data.map((value) => table[value]!);
    };
    return [withLuminance(picture, grey.data, await curve())];
  },
});

/** Adds what the luminance gained to each channel: the same as changing Y in YCbCr, so that hues stay. */
function withLuminance(picture: LabelledPicture, before: Uint8Array, after: Uint8Array): LabelledPicture {
  const { channels } = picture;
  const data = new Uint8ClampedArray(picture.data.length);
  for (let pixel = 0; pixel < before.length; pixel++) {
    const gain = after[pixel]! - before[pixel]!;
    for (let at = pixel * channels; at < (pixel + 1) * channels; at++) data[at] = picture.data[at]! + gain;
  }
  return { ...picture, data: new Uint8Array(data.buffer) };
}

function histogram(data: Uint8Array): Uint32Array {
  const counts = new Uint32Array(256);
  for (const value of data) counts[value]! += 1;
  return counts;
}

/** Maps each value to its share of the pixels below it (Gonzalez & Woods, Digital Image Processing, 3.3.1). */
function equalizing(data: Uint8Array): Uint8ClampedArray {
  const counts = histogram(data);
  const table = new Uint8ClampedArray(256);
  const darkest = counts.find((count) => count > 0) ?? 0;
  const rest = data.length - darkest;
  let below = 0;
  for (let value = 0; value < 256; value++) {
    below += counts[value]!;
    table[value] = rest === 0 ? value : Math.round(((below - darkest) / rest) * 255);
  }
  return table;
}

/** A straight line from the quantile `clip` to the quantile 1 − `clip`. */
function stretching(data: Uint8Array, clip: number): Uint8ClampedArray {
  const counts = histogram(data);
  const quantile = (order: readonly number[]) => {
    let seen = 0;
    for (const value of order) {
      seen += counts[value]!;
      if (seen > clip * data.length) return value;
    }
    return order.at(-1)!;
  };
  const rising = Array.from({ length: 256 }, (_, value) => value);
  const low = quantile(rising);
  const high = quantile(rising.toReversed());
  return Uint8ClampedArray.from(rising, (value) => (high <= low ? value : ((value - low) / (high - low)) * 255));
}

const percent = { kind: 'integer', minimum: -100, maximum: 100, default: 0, unit: '%' } as const;

export const colour = method({
  parameters: {
    brightness: percent,
    contrast: percent,
    saturation: percent,
    /** Above 1: the dark parts become lighter. */
    gamma: { kind: 'number', minimum: 0.3, maximum: 3, default: 1 },
    invert: { kind: 'boolean', default: false },
  },
  async apply(picture, values) {
    return [await adjusted(picture, values)];
  },
});

/** Brightness ±100 %: ±128 levels; contrast about the middle grey; saturation −100 %: grey. */
export async function adjusted(
  picture: LabelledPicture,
  { brightness, contrast, saturation, gamma, invert }: { brightness: number; contrast: number; saturation: number; gamma: number; invert: boolean },
): Promise<LabelledPicture> {
  const slope = 1 + contrast / 100;
  const table = Uint8ClampedArray.from({ length: 256 }, (_, value) => {
    const level = 255 * (value / 255) ** (1 / gamma);
    const toned = (level - 127.5) * slope + 127.5 + (128 * brightness) / 100;
    return invert ? 255 - toned : toned;
  });
  const toned = { ...picture, data: picture.data.map((value) => table[value]!) };
  if (saturation === 0 || picture.channels === 1) return toned;
  return { ...toned, ...(await redraw(toned, (pipeline) => pipeline.modulate({ saturation: 1 + saturation / 100 }))) };
}

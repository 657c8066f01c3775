/**
 * Windows bitmaps, which many cameras on factory floors write: 1, 4 and 8 bit with a palette (also packed as run lengths), 16, 24 and 32 bit, also with bit
 * fields. Microsoft, "Bitmap Storage" and "Bitmap Compression".
 */
import { StudioError } from '../../errors.ts';

export interface RawPicture {
  /** RGB, row by row from the top. */
  data: Buffer;
  width: number;
  height: number;
}

const FILE_HEADER = 14;
const PLAIN = 0;
const RLE8 = 1;
const RLE4 = 2;
const BIT_FIELDS = 3;
const PALETTES: readonly number[] = [1, 4, 8];
/** Red, green and blue of 16 bits without fields of their own: five bits each. */
const FIVE_BITS = [0x7c00, 0x3e0, 0x1f];

const damaged = (why: string) => new StudioError('picture_damaged', {}, why);

/** Throws StudioError: picture_unsupported, picture_damaged, picture_too_many_pixels. */
export function decodeBmp(file: Buffer, maxPixels: number): RawPicture {
  if (file.length < 54 || file.readUInt32LE(14) < 40) throw new StudioError(file.length < 54 ? 'picture_damaged' : 'picture_unsupported');
  const pixels = file.readUInt32LE(10);
  const headerBytes = file.readUInt32LE(14);
  const width = file.readInt32LE(18);
  const signedHeight = file.readInt32LE(22);
  const bits = file.readUInt16LE(28);
  const compression = file.readUInt32LE(30);
  const height = Math.abs(signedHeight);
  if (width <= 0 || height === 0) throw damaged(`size ${width}×${signedHeight}`);
  if (width * height > maxPixels) throw new StudioError('picture_too_many_pixels', { width, height, limitMp: maxPixels / 1e6 });
  const runs = (compression === RLE8 && bits === 8) || (compression === RLE4 && bits === 4);
  const withFields = bits === 16 || bits === 32;
  if (![...PALETTES, 16, 24, 32].includes(bits) || (compression !== PLAIN && !runs && !(compression === BIT_FIELDS && withFields)))
    throw new StudioError('picture_unsupported', {}, `bitmap with ${bits} bits, compression ${compression}`);
  const palette = FILE_HEADER + headerBytes;
  const shape = { width, height, upsideDown: signedHeight > 0 };
  if (PALETTES.includes(bits)) {
    // What is not said in run lengths has the first colour.
    const codes = runs ? unpackRuns(file.subarray(pixels), width, height, bits) : unpackCodes(rowsOf(file, pixels, width, height, bits), width, height, bits);
    const colours = file.subarray(palette, Math.max(palette, Math.min(pixels, palette + 4 * 2 ** bits)));
    return draw(shape, (x, y, data, to) => {
      const at = 4 * codes[y * width + x]!;
      if (at + 3 > colours.length) throw damaged('a colour beyond the palette');
      data[to] = colours[at + 2]!;
      data[to + 1] = colours[at + 1]!;
      data[to + 2] = colours[at]!;
    });
  }
  const rows = rowsOf(file, pixels, width, height, bits);
  const stride = strideOf(width, bits);
  if (bits === 24 || (bits === 32 && compression === PLAIN)) {
    const step = bits / 8;
    return draw(shape, (x, y, data, to) => {
      const at = stride * y + step * x;
      data[to] = rows[at + 2]!;
      data[to + 1] = rows[at + 1]!;
      data[to + 2] = rows[at]!;
    });
  }
  if (compression === BIT_FIELDS && file.length < 66) throw damaged('the file ends within its header');
  const masks = compression === BIT_FIELDS ? [54, 58, 62].map((at) => file.readUInt32LE(at)) : FIVE_BITS;
  const fields = masks.map((mask) => {
    if (mask === 0) throw damaged('a colour without bits');
    const shift = Math.log2((mask & -mask) >>> 0);
    return { mask, shift, most: mask >>> shift };
  });
  return draw(shape, (x, y, data, to) => {
    const value = bits === 16 ? rows.readUInt16LE(stride * y + 2 * x) : rows.readUInt32LE(stride * y + 4 * x);
    for (let channel = 0; channel < 3; channel++) {
      const { mask, shift, most } = fields[channel]!;
      data[to + channel] = Math.round((255 * ((value & mask) >>> shift)) / most);
    }
  });
}

/** Each row begins at a multiple of four bytes. */
const strideOf = (width: number, bits: number) => Math.ceil((width * bits) / 32) * 4;

function rowsOf(file: Buffer, at: number, width: number, height: number, bits: number): Buffer {
  const bytes = strideOf(width, bits) * height;
  if (at + bytes > file.length) throw damaged('the file ends within the picture');
  return file.subarray(at, at + bytes);
}

/** `pixel` writes three bytes for the pixel (x, y) of the file, whose rows may stand on their head. */
function draw(
  { width, height, upsideDown }: { width: number; height: number; upsideDown: boolean },
  pixel: (x: number, y: number, data: Buffer, to: number) => void,
): RawPicture {
  const data = Buffer.allocUnsafe(width * height * 3);
  for (let row = 0, to = 0; row < height; row++) {
    const y = upsideDown ? height - 1 - row : row;
    for (let x = 0; x < width; x++, to += 3) pixel(x, y, data, to);
  }
  return { data, width, height };
}

/** A byte for each pixel. */
function unpackCodes(rows: Buffer, width: number, height: number, bits: number): Uint8Array {
  const codes = new Uint8Array(width * height);
  const stride = strideOf(width, bits);
  for (let y = 0, to = 0; y < height; y++) {
    for (let x = 0; x < width; x++, to++) {
      const bit = x * bits;
      codes[to] = (rows[stride * y + (bit >> 3)]! >> (8 - bits - (bit & 7))) & (2 ** bits - 1);
    }
  }
  return codes;
}

/** Run lengths: (count, colour); or 0 and: 0 end of row, 1 end of picture, 2 a step right and up, 3… so many pixels as they are, filled up to two bytes. */
function unpackRuns(packed: Buffer, width: number, height: number, bits: number): Uint8Array {
  const codes = new Uint8Array(width * height);
  let x = 0;
  let y = 0;
  let at = 0;
  const byte = (): number => {
    if (at >= packed.length) throw damaged('the file ends within the picture');
    return packed[at++]!;
  };
  /** Of a byte that holds one pixel, or two. */
  const codeOf = (value: number, position: number) => (bits === 8 ? value : position % 2 === 0 ? value >> 4 : value & 15);
  const put = (code: number) => {
    if (y >= height) throw damaged('a pixel beyond the picture');
    // Some programs fill rows up to whole bytes.
    if (x < width) codes[y * width + x] = code;
    x += 1;
  };
  for (;;) {
    // Some leave out the mark of the end.
    if (at === packed.length && (y >= height || (y === height - 1 && x >= width))) return codes;
    const count = byte();
    const second = byte();
    if (count > 0) for (let i = 0; i < count; i++) put(codeOf(second, i));
    else if (second === 0) {
      x = 0;
      y += 1;
    } else if (second === 1) return codes;
    else if (second === 2) {
      x += byte();
      y += byte();
    } else {
      let value = 0;
      for (let i = 0; i < second; i++) {
        if (bits === 8 || i % 2 === 0) value = byte();
        put(codeOf(value, i));
      }
      const bytes = bits === 8 ? second : Math.ceil(second / 2);
      if (bytes % 2 === 1) byte();
    }
  }
}

/** Windows bitmaps of every kind, written by hand after Microsoft's "Bitmap Storage": 4 × 2 pixels, red, green, blue, white over black, red, green, blue. */

export const BITMAP_KINDS = ['1', '4', '8', '16', '24', '32', 'rle4', 'rle8', 'fields16', 'fields32', 'top down'] as const;
export type BitmapKind = (typeof BITMAP_KINDS)[number];

const RED = [255, 0, 0];
const GREEN = [0, 255, 0];
const BLUE = [0, 0, 255];
const WHITE = [255, 255, 255];
const BLACK = [0, 0, 0];
const PALETTE = [BLACK, RED, GREEN, BLUE, WHITE];
const ROWS = [
  [1, 2, 3, 4],
  [0, 1, 2, 3],
];

/** RGB from the top; of one bit there are only black and white. */
export const bitmapPixels = (kind: BitmapKind): number[] =>
  kind === '1' ? [BLACK, WHITE, BLACK, WHITE, WHITE, WHITE, BLACK, BLACK].flat() : ROWS.flatMap((row) => row.flatMap((code) => PALETTE[code]!));

/** As the file has them: the lowest row first, each filled up to four bytes. */
const rows = (bytesOf: (row: readonly number[]) => number[], order: readonly (readonly number[])[] = ROWS.toReversed()) =>
  Buffer.concat(
    order.map((row) => {
      const bytes = bytesOf(row);
      return Buffer.from([...bytes, ...new Array<number>((4 - (bytes.length % 4)) % 4).fill(0)]);
    }),
  );
const words = (size: 2 | 4, numberOf: (rgb: readonly number[]) => number) =>
  rows((row) =>
    row.flatMap((code) => {
      const bytes = Buffer.alloc(size);
      bytes.writeUIntLE(numberOf(PALETTE[code]!), 0, size);
      return [...bytes];
    }),
  );
const bgr = (row: readonly number[]) => row.flatMap((code) => PALETTE[code]!.toReversed());
const quads = (palette: readonly (readonly number[])[]) => Buffer.from(palette.flatMap((rgb) => [...rgb.toReversed(), 0]));
const masks = (...values: number[]) => {
  const bytes = Buffer.alloc(4 * values.length);
  for (const [i, value] of values.entries()) bytes.writeUInt32LE(value, 4 * i);
  return bytes;
};

interface Parts {
  bits: number;
  compression?: number;
  /** Palette or bit masks. */
  between?: Buffer;
  pixels: Buffer;
  height?: number;
}

const KINDS: { [kind in BitmapKind]: () => Parts } = {
  1: () => ({ bits: 1, between: quads([BLACK, WHITE]), pixels: Buffer.from([0b11000000, 0, 0, 0, 0b01010000, 0, 0, 0]) }),
  4: () => ({ bits: 4, between: quads(PALETTE), pixels: rows(([a, b, c, d]) => [(a! << 4) | b!, (c! << 4) | d!]) }),
  8: () => ({ bits: 8, between: quads(PALETTE), pixels: rows((row) => [...row]) }),
  16: () => ({ bits: 16, pixels: words(2, ([r, g, b]) => ((r! >> 3) << 10) | ((g! >> 3) << 5) | (b! >> 3)) }),
  24: () => ({ bits: 24, pixels: rows(bgr) }),
  32: () => ({ bits: 32, pixels: words(4, ([r, g, b]) => ((r! << 16) | (g! << 8) | b!) >>> 0) }),
  // A stretch as it is, the end of the row; two runs of two that alternate, the end.
  rle4: () => ({ bits: 4, compression: 2, between: quads(PALETTE), pixels: Buffer.from([0, 4, 0x01, 0x23, 0, 0, 2, 0x12, 2, 0x34, 0, 1]) }),
  // The first pixel is passed over and has the first colour; a stretch of three, filled up to two bytes; the end of the row; runs of one, the end.
  rle8: () => ({ bits: 8, compression: 1, between: quads(PALETTE), pixels: Buffer.from([0, 2, 1, 0, 0, 3, 1, 2, 3, 0, 0, 0, 1, 1, 1, 2, 1, 3, 1, 4, 0, 1]) }),
  fields16: () => ({
    bits: 16,
    compression: 3,
    between: masks(0xf800, 0x7e0, 0x1f),
    pixels: words(2, ([r, g, b]) => ((r! >> 3) << 11) | ((g! >> 2) << 5) | (b! >> 3)),
  }),
  fields32: () => ({
    bits: 32,
    compression: 3,
    between: masks(0xff, 0xff00, 0xff0000),
    pixels: words(4, ([r, g, b]) => ((b! << 16) | (g! << 8) | r!) >>> 0),
  }),
  'top down': () => ({ bits: 24, pixels: rows(bgr, ROWS), height: -2 }),
};

export function bitmap(kind: BitmapKind): Buffer {
  const { bits, compression = 0, between = Buffer.alloc(0), pixels, height = 2 } = KINDS[kind]();
  const head = Buffer.alloc(54);
  head.write('BM');
  head.writeUInt32LE(54 + between.length + pixels.length, 2);
  head.writeUInt32LE(54 + between.length, 10);
  head.writeUInt32LE(40, 14);
  head.writeInt32LE(4, 18);
  head.writeInt32LE(height, 22);
  head.writeUInt16LE(1, 26);
  head.writeUInt16LE(bits, 28);
  head.writeUInt32LE(compression, 30);
  return Buffer.concat([head, between, pixels]);
}

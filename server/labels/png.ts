/**
 * PNG (W3C recommendation) down to the stored samples. Label masks keep class numbers in palette indices or grey values, and image libraries turn indices into
 * colours, stretch grey values of fewer than eight bits and convert colours by embedded profiles: all of which would destroy labels.
 */
import { promisify } from 'node:util';
import { crc32, deflate, inflateSync, type ZlibOptions } from 'node:zlib';
import { Turns } from './turns.ts';

const compress = promisify(deflate) as (data: Uint8Array, options: ZlibOptions) => Promise<Buffer>;
/** Rows of a picture between two looks at the clock. */
const ROWS_AT_ONCE = 64;

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
/** Samples of a pixel by colour type: grey, –, RGB, palette, grey + alpha, –, RGB + alpha. */
const CHANNELS = [1, 0, 3, 1, 2, 0, 4];
const DEPTHS: { [colourType: number]: number[] } = { 0: [1, 2, 4, 8, 16], 2: [8, 16], 3: [1, 2, 4, 8], 4: [8, 16], 6: [8, 16] };

export interface PngSamples {
  width: number;
  height: number;
  channels: 1 | 2 | 3 | 4;
  bitDepth: number;
  /** Samples row by row, as stored: palette indices are not looked up, nothing is scaled. */
  samples: Uint8Array | Uint16Array;
  /** Red, green, blue of each index; only of indexed files. */
  palette: Uint8Array | null;
}

export function isPng(data: Uint8Array): boolean {
  return data.length >= 8 && SIGNATURE.equals(data.subarray(0, 8));
}

/** Decodes a PNG of any colour type, bit depth and interlacing. Throws RangeError where it is none, damaged, or has more than `maxPixels`. */
export function decodePng(data: Buffer, maxPixels: number): PngSamples {
  if (!isPng(data)) throw new RangeError('not a PNG file');
  let at = 8;
  let header: Buffer | null = null;
  let palette: Uint8Array | null = null;
  const compressed: Buffer[] = [];
  for (;;) {
    if (at + 12 > data.length) throw new RangeError('the file is cut off');
    const length = data.readUInt32BE(at);
    const type = data.toString('latin1', at + 4, at + 8);
    if (at + 12 + length > data.length) throw new RangeError('the file is cut off');
    const body = data.subarray(at + 8, at + 8 + length);
    if (crc32(data.subarray(at + 4, at + 8 + length)) !== data.readUInt32BE(at + 8 + length)) throw new RangeError(`the ${type} part is damaged`);
    at += 12 + length;
    if (header === null && type !== 'IHDR') throw new RangeError('no header');
    if (type === 'IHDR') header = body;
    else if (type === 'PLTE') palette = body;
    else if (type === 'IDAT') compressed.push(body);
    else if (type === 'IEND') break;
  }
  if (header === null || header.length !== 13) throw new RangeError('no header');
  const [width, height, bitDepth, colourType, interlaced] = [header.readUInt32BE(0), header.readUInt32BE(4), header[8]!, header[9]!, header[12]!];
  if (width === 0 || height === 0 || width * height > maxPixels) throw new RangeError(`${width} × ${height} pixels`);
  if (DEPTHS[colourType]?.includes(bitDepth) !== true || header[10] !== 0 || header[11] !== 0 || interlaced > 1) throw new RangeError('an unknown kind of PNG');
  if (colourType === 3 && palette === null) throw new RangeError('no palette');
  const channels = CHANNELS[colourType] as 1 | 2 | 3 | 4;
  const passes = interlaced === 1 ? ADAM7 : [[0, 0, 1, 1] as const];
  let expected = 0;
  for (const [x0, y0, dx, dy] of passes) {
    const [w, h] = [Math.ceil((width - x0) / dx), Math.ceil((height - y0) / dy)];
    if (w > 0 && h > 0) expected += h * (1 + Math.ceil((w * channels * bitDepth) / 8));
  }
  let raw: Buffer;
  try {
    // One byte more is allowed, so that a stream which goes on is told from one that fits.
    raw = inflateSync(Buffer.concat(compressed), { maxOutputLength: expected + 1 });
  } catch (error) {
    throw new RangeError((error as Error).message);
  }
  if (raw.length < expected) throw new RangeError('pixels are missing');
  const samples = bitDepth === 16 ? new Uint16Array(width * height * channels) : new Uint8Array(width * height * channels);
  let offset = 0;
  for (const [x0, y0, dx, dy] of passes) {
    const [w, h] = [Math.ceil((width - x0) / dx), Math.ceil((height - y0) / dy)];
    if (w <= 0 || h <= 0) continue;
    const stride = Math.ceil((w * channels * bitDepth) / 8);
    unfilter(raw, offset, h, stride, Math.max(1, (channels * bitDepth) >> 3));
    for (let y = 0; y < h; y += 1) {
      const row = offset + y * (stride + 1) + 1;
      const to = (y0 + y * dy) * width;
      for (let x = 0; x < w; x += 1) {
        for (let c = 0; c < channels; c += 1) samples[(to + x0 + x * dx) * channels + c] = sample(raw, row, x * channels + c, bitDepth);
      }
    }
    offset += h * (stride + 1);
  }
  return { width, height, channels, bitDepth, samples, palette: colourType === 3 ? palette : null };
}

/** First pixel and steps of the seven passes of an interlaced picture. */
const ADAM7 = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const;

function sample(raw: Buffer, row: number, i: number, bitDepth: number): number {
  if (bitDepth === 8) return raw[row + i]!;
  if (bitDepth === 16) return (raw[row + 2 * i]! << 8) | raw[row + 2 * i + 1]!;
  const bit = i * bitDepth;
  return (raw[row + (bit >> 3)]! >> (8 - bitDepth - (bit & 7))) & ((1 << bitDepth) - 1);
}

/** Undoes the row filters in place: each byte was stored less a prediction from its left (a), upper (b) and upper left (c) neighbour. */
function unfilter(raw: Buffer, offset: number, rows: number, stride: number, step: number): void {
  for (let y = 0; y < rows; y += 1) {
    const row = offset + y * (stride + 1);
    const filter = raw[row]!;
    if (filter === 0) continue;
    if (filter > 4) throw new RangeError(`row filter ${filter}`);
    const up = row - stride - 1;
    for (let i = 1; i <= stride; i += 1) {
      const a = i > step ? raw[row + i - step]! : 0;
      const b = y > 0 ? raw[up + i]! : 0;
      let predicted = 0;
      if (filter === 1) predicted = a;
      else if (filter === 2) predicted = b;
      else if (filter === 3) predicted = (a + b) >> 1;
      else {
        const c = y > 0 && i > step ? raw[up + i - step]! : 0;
        const [pa, pb, pc] = [Math.abs(b - c), Math.abs(a - c), Math.abs(a + b - 2 * c)];
        predicted = pa <= pb && pa <= pc ? a : pb <= pc ? b : c;
      }
      raw[row + i] = (raw[row + i]! + predicted) & 255;
    }
  }
}

function part(type: string, body: Buffer): Buffer {
  const out = Buffer.alloc(body.length + 12);
  out.writeUInt32BE(body.length, 0);
  out.write(type, 4, 'latin1');
  body.copy(out, 8);
  out.writeUInt32BE(crc32(out.subarray(4, 8 + body.length)), 8 + body.length);
  return out;
}

/**
 * Encodes samples row by row: one channel with a palette (indexed), one channel without (grey), or three (RGB); 8 bits, or 16 for a Uint16Array in grey. The
 * pixels are compressed by another thread.
 */
export async function encodePng(samples: Uint8Array | Uint16Array, width: number, height: number, channels: 1 | 3, palette?: Uint8Array): Promise<Buffer> {
  const turns = new Turns();
  const wide = samples instanceof Uint16Array;
  const stride = width * channels * (wide ? 2 : 1);
  const raw = Buffer.alloc((stride + 1) * height);
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  for (let y = 0; y < height; y += 1) {
    const row = samples.subarray(y * width * channels, (y + 1) * width * channels);
    const at = y * (stride + 1) + 1;
    if (wide) for (let i = 0; i < row.length; i += 1) view.setUint16(at + 2 * i, row[i]!);
    else raw.set(row, at);
    if (y % ROWS_AT_ONCE === 0) await turns.pass();
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header[8] = wide ? 16 : 8;
  header[9] = palette !== undefined ? 3 : channels === 3 ? 2 : 0;
  const parts = [SIGNATURE, part('IHDR', header)];
  if (palette !== undefined) parts.push(part('PLTE', Buffer.from(palette)));
  parts.push(part('IDAT', await compress(raw, { level: 6 })), part('IEND', Buffer.alloc(0)));
  return Buffer.concat(parts);
}

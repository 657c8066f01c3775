/** Windows bitmaps, which many cameras on factory floors write: uncompressed, 8 bit with a palette, 24 or 32 bit. Microsoft, "Bitmap Storage". */
import { StudioError } from '../../errors.ts';

export interface RawPicture {
  /** RGB, row by row from the top. */
  data: Buffer;
  width: number;
  height: number;
}

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
  if (width <= 0 || height === 0) throw new StudioError('picture_damaged', {}, `size ${width}×${signedHeight}`);
  if (width * height > maxPixels) throw new StudioError('picture_too_many_pixels', { width, height, limitMp: maxPixels / 1e6 });
  if (compression !== 0 || (bits !== 8 && bits !== 24 && bits !== 32)) {
    throw new StudioError('picture_unsupported', {}, `bitmap with ${bits} bits, compression ${compression}`);
  }
  const stride = Math.ceil((width * bits) / 32) * 4;
  if (pixels + stride * height > file.length) throw new StudioError('picture_damaged', {}, 'the file ends within the picture');
  const palette = 14 + headerBytes;
  const step = bits / 8;
  const data = Buffer.allocUnsafe(width * height * 3);
  for (let y = 0, to = 0; y < height; y++) {
    // Rows stand on their head unless the height is negative.
    let from = pixels + stride * (signedHeight > 0 ? height - 1 - y : y);
    for (let x = 0; x < width; x++, from += step, to += 3) {
      const at = bits === 8 ? palette + 4 * file[from]! : from;
      if (bits === 8 && at + 3 > pixels) throw new StudioError('picture_damaged', {}, 'a colour beyond the palette');
      data[to] = file[at + 2]!;
      data[to + 1] = file[at + 1]!;
      data[to + 2] = file[at]!;
    }
  }
  return { data, width, height };
}

/** Checks one picture of unknown origin and brings it into the form in which it is kept. */
import type { Metadata, Sharp, SharpOptions } from 'sharp';
import { StudioError } from '../../errors.ts';
import { sharp } from '../../sharp.ts';
import type { PictureItem } from '../../store/pictures.ts';
import type { IngestLimits } from '../protocol.ts';
import { decodeBmp } from './bmp.ts';
import { isArchive, pictureFormat } from './content.ts';
import { jpegHead } from './jpeg.ts';

// Only the decoders of the formats that we take, and only from memory: libvips has many more, and a file cannot ask for them by its content.
sharp.block({ operation: ['VipsForeignLoad'] });
sharp.unblock({
  operation: ['VipsForeignLoadJpegBuffer', 'VipsForeignLoadPngBuffer', 'VipsForeignLoadWebpBuffer', 'VipsForeignLoadTiffBuffer', 'VipsForeignLoadNsgifBuffer'],
});

const JPEG_QUALITY = 95;
/** Seconds after which a decoder is given up: files can be made that take minutes. */
const TIMEOUT = 30;

export interface CheckedPicture {
  encoded: Buffer;
  mime: PictureItem['mime'];
  /** Pixels, upright. */
  width: number;
  height: number;
  /** Upright size of the file; null where it was within the limit and has not been made smaller. */
  original: { width: number; height: number } | null;
}

const MIME = { jpeg: 'image/jpeg', png: 'image/png', webp: 'image/webp' } as const;

/**
 * The file itself where a browser can show it as it is: JPEG, PNG or WebP, upright, long side within the limit. Otherwise encoded anew: JPEG as JPEG,
 * all else as PNG, 8 bit, sRGB, upright, reduced. Every picture is decoded to its last row, so that a cut-off one is found now and not in the
 * middle of a training. `bitsUsed`: of samples of 16 bits; asked for where there are such. Throws StudioError: the reason why it cannot be used.
 */
export async function checkPicture(file: Buffer, limits: IngestLimits, bitsUsed: () => Promise<SampleBits> = async () => 16): Promise<CheckedPicture> {
  if (file.length === 0) throw new StudioError('picture_empty');
  const format = pictureFormat(file);
  if (format === undefined) throw new StudioError(isArchive(file) ? 'nested_archive' : 'picture_unsupported');
  const bmp = format === 'bmp' ? decodeBmp(file, limits.maxPixels) : undefined;
  const decode = (limitInputPixels: number | false = limits.maxPixels): Sharp => {
    const options: SharpOptions = { limitInputPixels, failOn: 'error' };
    const input = bmp === undefined ? sharp(file, options) : sharp(bmp.data, { ...options, raw: { width: bmp.width, height: bmp.height, channels: 3 } });
    return input.timeout({ seconds: TIMEOUT });
  };
  try {
    const head = format === 'jpeg' ? jpegHead(file) : null;
    const isSmall = head !== null && Math.max(head.width, head.height) <= limits.maxSide && head.width * head.height <= limits.maxPixels;
    if (isSmall && head.orientation === 1 && head.bits === 8) {
      const { info } = await decode().raw().toBuffer({ resolveWithObject: true });
      const { width, height } = info;
      if (width === head.width && height === head.height) return { encoded: file, mime: MIME.jpeg, width, height, original: null };
    }
    // Reads the header only, so the size may be told whatever it is.
    const meta = await decode(false).metadata();
    if (meta.width * meta.height > limits.maxPixels) {
      throw new StudioError('picture_too_many_pixels', { width: meta.width, height: meta.height, limitMp: limits.maxPixels / 1e6 });
    }
    if ((meta.pages ?? 1) > 1) throw new StudioError('picture_animated', {}, `${meta.pages} frames or pages`);
    if (meta.depth !== 'uchar' && meta.depth !== 'ushort') throw new StudioError('picture_unsupported', {}, `samples of type ${meta.depth}`);
    const reduced = Math.max(meta.width, meta.height) > limits.maxSide;
    const upright = (meta.orientation ?? 1) === 1;
    const bits = meta.depth === 'ushort' ? await bitsUsed() : 16;
    if (upright && !reduced && bits === 16 && (format === 'jpeg' || format === 'png' || format === 'webp')) {
      await decode().raw().toBuffer();
      return { encoded: file, mime: MIME[format], width: meta.width, height: meta.height, original: null };
    }
    const grey = meta.space === 'b-w' || meta.space === 'grey16';
    const reduce = decode().autoOrient().resize({ width: limits.maxSide, height: limits.maxSide, fit: 'inside', withoutEnlargement: true });
    const redrawn = bits === 16 ? reduce.toColourspace(grey ? 'b-w' : 'srgb') : await toEightBits(reduce.toColourspace(grey ? 'grey16' : 'rgb16'), bits);
    const kept = format === 'jpeg' ? redrawn.jpeg({ quality: JPEG_QUALITY, chromaSubsampling: '4:4:4' }) : redrawn.png();
    const { data, info } = await kept.toBuffer({ resolveWithObject: true });
    const original = reduced ? uprightSize(meta) : null;
    return { encoded: data, mime: format === 'jpeg' ? MIME.jpeg : MIME.png, width: info.width, height: info.height, original };
  } catch (error) {
    if (error instanceof StudioError) throw error;
    throw new StudioError('picture_damaged', {}, (error as Error).message);
  }
}

/** Cameras of 12 and 14 bits write samples of 16. */
const USED = [12, 14, 16] as const;
export type SampleBits = (typeof USED)[number];

const leastBits = (most: number): SampleBits => USED.find((bits) => most < 2 ** bits) ?? 16;

/** How many of its 16 bits a picture uses; null where its samples have 8, or it cannot be read. */
export async function sampleBits(file: Buffer, limits: IngestLimits): Promise<SampleBits | null> {
  const format = pictureFormat(file);
  if (format !== 'tiff' && format !== 'png') return null;
  try {
    const options: SharpOptions = { limitInputPixels: limits.maxPixels, failOn: 'error' };
    const { depth, space } = await sharp(file, options).metadata();
    if (depth !== 'ushort') return null;
    const sixteen = sharp(file, options)
      .timeout({ seconds: TIMEOUT })
      .removeAlpha()
      .toColourspace(space === 'grey16' || space === 'b-w' ? 'grey16' : 'rgb16');
    return leastBits(largest(samplesOf(await sixteen.raw({ depth: 'ushort' }).toBuffer())));
  } catch {
    return null;
  }
}

const samplesOf = (bytes: Buffer) => new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2);

function largest(samples: Uint16Array): number {
  let most = 0;
  for (const sample of samples) if (sample > most) most = sample;
  return most;
}

/** What making a picture smaller may add to its brightest samples. */
const OVERSHOOT = 1.25;

/** `bits` of 16 to 8; more of them where the picture has brighter samples, so that nothing is cut off. */
async function toEightBits(picture: Sharp, bits: SampleBits): Promise<Sharp> {
  const { data, info } = await picture.raw({ depth: 'ushort' }).toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  const samples = samplesOf(data);
  // Opacity is always of 16 bits.
  const opacity = channels === 2 || channels === 4 ? channels - 1 : -1;
  const own = leastBits(largest(opacity < 0 ? samples : samples.filter((_, at) => at % channels !== opacity)) / OVERSHOOT);
  const white = 2 ** Math.max(bits, own) - 1;
  const bytes = Buffer.allocUnsafe(samples.length);
  for (let at = 0; at < samples.length; at++)
    bytes[at] = at % channels === opacity ? samples[at]! >> 8 : Math.min(255, Math.round((255 * samples[at]!) / white));
  return sharp(bytes, { raw: { width, height, channels } });
}

/** Orientations 5 to 8 of EXIF are turned by a quarter. */
function uprightSize({ width, height, orientation = 1 }: Metadata): { width: number; height: number } {
  return orientation >= 5 ? { width: height, height: width } : { width, height };
}

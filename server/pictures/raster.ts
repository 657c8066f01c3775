/** A decoded picture between two methods of preprocessing, with its labels. */
import type { Sharp } from 'sharp';
import type { Shape } from '../labels/annotation.ts';
import { type Placement, transformPicture } from '../labels/shapes.ts';

/** Not loaded with this file: the daemon reads what the methods say of their parameters, and never draws. */
async function library() {
  return (await import('../sharp.ts')).sharp;
}

/** Quality of the JPEGs that are written; 4:4:4, so that thin coloured scratches stay. */
const JPEG_QUALITY = 95;
/** Of a side: a chain of enlargements must not fill the memory. */
export const LARGEST_SIDE = 4096;

export interface Raster {
  /** Row by row, 8 bits a sample: width × height × channels. */
  data: Uint8Array;
  width: number;
  height: number;
  /** Grey or RGB. */
  channels: 1 | 3;
}

export interface LabelledPicture extends Raster {
  /** As the user named it (path within the upload). */
  name: string;
  /** null: not labelled. For classification one shape of the kind `whole`. */
  shapes: Shape[] | null;
}

/** Decodes a stored picture: upright already, transparent parts on white, 8 bits, grey stays grey. Throws what the decoder throws. */
export async function decodeRaster(encoded: Buffer): Promise<Raster> {
  const sharp = await library();
  const picture = sharp(encoded, { failOn: 'error' });
  const { space } = await picture.metadata();
  return rasterOf(picture.flatten({ background: '#ffffff' }).toColourspace(space === 'b-w' || space === 'grey16' ? 'b-w' : 'srgb'));
}

/** The pixels that a pipeline ends with. */
async function rasterOf(pipeline: Sharp): Promise<Raster> {
  const { data, info } = await pipeline.raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true });
  if (info.channels === 1 || info.channels === 3) return { data, width: info.width, height: info.height, channels: info.channels };
  const sharp = await library();
  return rasterOf(sharp(data, { raw: info }).removeAlpha());
}

/** The start of a pipeline on a raster. */
export async function pipelineOf({ data, width, height, channels }: Raster): Promise<Sharp> {
  const sharp = await library();
  return sharp(data, { raw: { width, height, channels } });
}

const spaceOf = ({ channels }: Raster) => (channels === 1 ? 'b-w' : 'srgb');

/** What a pipeline makes of the pixels; grey stays grey. */
export async function redraw(raster: Raster, draw: (pipeline: Sharp) => Sharp): Promise<Raster> {
  return rasterOf(draw(await pipelineOf(raster)).toColourspace(spaceOf(raster)));
}

/** One channel. */
export async function luminance(raster: Raster): Promise<Raster> {
  return raster.channels === 1 ? raster : rasterOf((await pipelineOf(raster)).greyscale().toColourspace('b-w'));
}

/** The picture with other pixels, and its labels moved with them. */
export function placed(picture: LabelledPicture, raster: Raster, placement: Placement): LabelledPicture {
  const { name, width, height, shapes } = picture;
  if (shapes === null) return { ...picture, ...raster };
  return { ...picture, ...raster, shapes: transformPicture({ name, width, height, shapes }, placement).labels.shapes };
}

/** As JPEG where it came as JPEG, else as PNG: a method must not bring a format's artefacts into pictures that had none. */
export async function encodeRaster(raster: Raster, mime: 'image/jpeg' | 'image/png'): Promise<Buffer> {
  const pipeline = (await pipelineOf(raster)).toColourspace(spaceOf(raster));
  return mime === 'image/jpeg' ? pipeline.jpeg({ quality: JPEG_QUALITY, chromaSubsampling: '4:4:4' }).toBuffer() : pipeline.png().toBuffer();
}

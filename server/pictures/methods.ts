/** All methods of preprocessing pictures, and a chain of them. */
import { augment } from './augmentation.ts';
import { denoise, sharpen } from './filters.ts';
import { crop, flip, resize, rotate, tile } from './geometry.ts';
import type { ParameterValue } from './method.ts';
import type { LabelledPicture } from './raster.ts';
import { colour, contrast, grayscale } from './tone.ts';

/** In the order in which a person meets them. */
export const PICTURE_METHODS = { resize, crop, tile, rotate, flip, grayscale, contrast, colour, denoise, sharpen, augment } as const;
export type PictureMethodName = keyof typeof PICTURE_METHODS;

/** A method whose parameters are known when it runs: they were checked against its specification. */
interface AnyMethod {
  apply(picture: LabelledPicture, values: Record<string, ParameterValue>, random: () => number): Promise<LabelledPicture[]>;
}

export interface PictureStep {
  method: PictureMethodName;
  parameters: Record<string, ParameterValue>;
}

/**
 * A picture through the methods, one after another: what a method makes of it each goes on to the next. The pictures that are in work at one time are
 * those of one source picture. Throws what the methods throw.
 */
export async function throughChain(picture: LabelledPicture, chain: readonly PictureStep[], random: () => number): Promise<LabelledPicture[]> {
  let pictures = [picture];
  for (const { method, parameters } of chain) {
    const { apply } = PICTURE_METHODS[method] as unknown as AnyMethod;
    const made: LabelledPicture[] = [];
    for (const one of pictures) made.push(...(await apply(one, parameters, random)));
    pictures = made;
  }
  return pictures;
}

/** All methods of preprocessing pictures, and a chain of them. */
import type { PreprocessStep, PreprocessValue } from '../http/preprocess-schemas.ts';
import { augment } from './augmentation.ts';
import { denoise, sharpen } from './filters.ts';
import { crop, flip, resize, rotate, tile } from './geometry.ts';
import type { LabelledPicture } from './raster.ts';
import { colour, contrast, grayscale } from './tone.ts';

/** In the order in which a person meets them. */
export const PICTURE_METHODS = { resize, crop, tile, rotate, flip, grayscale, contrast, colour, denoise, sharpen, augment } as const;
export type PictureMethodName = keyof typeof PICTURE_METHODS;

/** A method whose parameters are known when it runs: they were checked against its specification. */
interface AnyMethod {
  apply(picture: LabelledPicture, values: Record<string, PreprocessValue>, random: () => number): Promise<LabelledPicture[]>;
}

/**
 * A picture through the methods, one after another (a chain that was checked, with all its parameters): what a method makes of it each goes on to the
 * next. What one of them makes is finished before the next one is begun, so that a few methods that multiply do not fill the memory. Throws what the
 * methods throw.
 */
export async function* throughChain(picture: LabelledPicture, chain: readonly PreprocessStep[], random: () => number): AsyncGenerator<LabelledPicture> {
  const [step, ...rest] = chain;
  if (step === undefined) {
    yield picture;
    return;
  }
  const { apply } = PICTURE_METHODS[step.method as PictureMethodName] as unknown as AnyMethod;
  for (const made of await apply(picture, step.parameters, random)) yield* throughChain(made, rest, random);
}

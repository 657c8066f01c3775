/** What a method of preprocessing is: its parameters as data, so that a form can be made of them, and what it does to a picture. */
import type { ParameterSpec } from '../http/preprocess-schemas.ts';
import type { LabelledPicture } from './raster.ts';

export type ParameterSpecs = Readonly<Record<string, ParameterSpec>>;

export type ValuesOf<Specs extends ParameterSpecs> = {
  [name in keyof Specs]: Specs[name] extends { kind: 'integer' | 'number' }
    ? number
    : Specs[name] extends { kind: 'boolean' }
      ? boolean
      : Specs[name] extends { choices: readonly (infer Choice)[] }
        ? Choice
        : string;
};

export interface PictureMethod<Specs extends ParameterSpecs = ParameterSpecs> {
  parameters: Specs;
  /** One picture in, one or more out. `random` is the same for the same dataset, picture and seed. Throws StudioError where the picture does not allow it. */
  apply(picture: LabelledPicture, values: ValuesOf<Specs>, random: () => number): Promise<LabelledPicture[]>;
}

/** Keeps the literal types of the parameters. */
export function method<const Specs extends ParameterSpecs>(definition: PictureMethod<Specs>): PictureMethod<Specs> {
  return definition;
}

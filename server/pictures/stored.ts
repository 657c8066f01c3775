/** Pictures of a picture set with their labels, as preprocessing takes them. */
import type { LabelSet } from '../store/label-set.ts';
import type { PictureSet } from '../store/pictures.ts';
import { decodeRaster, type LabelledPicture } from './raster.ts';

/** Picture n, decoded. A class of the whole picture becomes a shape of the kind `whole`. */
export async function storedPicture(set: PictureSet, labels: LabelSet | null, n: number): Promise<LabelledPicture> {
  const { data } = await set.picture(n);
  const raster = await decodeRaster(data);
  const label = labels?.labelOf(n) ?? null;
  const shapes = label === null ? ((await labels?.shapes(n)) ?? null) : [{ kind: 'whole', label } as const];
  return { ...raster, name: set.items[n]!.name, shapes };
}

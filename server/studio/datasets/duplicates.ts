/** Pictures that are the same to the last byte: they make a model look better than it is where they are both learned from and tested on. */
import type { Duplicates, PictureRow } from '../../http/schemas.ts';
import type { PictureItem } from '../../store/pictures.ts';

/**
 * Groups of two and more, those with different labels first, then in the order of the dataset. Gives way to the event loop every few thousand pictures.
 * `items`: those that are in the dataset; their numbers have gaps where some were taken out.
 */
export async function duplicatesOf(
  items: readonly PictureItem[],
  rowOf: (item: PictureItem) => PictureRow,
  { offset, limit }: { offset: number; limit: number },
): Promise<Duplicates> {
  const byContent = new Map<string, PictureItem[]>();
  for (const [i, item] of items.entries()) {
    const same = byContent.get(item.sha256);
    if (same === undefined) byContent.set(item.sha256, [item]);
    else same.push(item);
    if (i % 8192 === 8191) await new Promise((resolve) => setImmediate(resolve));
  }
  const groups = [...byContent.values()]
    .filter(({ length }) => length > 1)
    .map((pictures) => ({ pictures, labelsDiffer: new Set(pictures.map((item) => rowOf(item).label)).size > 1 }))
    .sort((a, b) => Number(b.labelsDiffer) - Number(a.labelsDiffer));
  return {
    groups: groups.length,
    extra: groups.reduce((sum, { pictures }) => sum + pictures.length - 1, 0),
    conflicts: groups.filter(({ labelsDiffer }) => labelsDiffer).length,
    rows: groups.slice(offset, offset + limit).map(({ pictures, labelsDiffer }) => ({
      labelsDiffer,
      pictures: pictures.slice(0, 20).map(rowOf),
      count: pictures.length,
    })),
  };
}

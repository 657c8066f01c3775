/** Pictures that are the same to the last byte: they make a model look better than it is where they are both learned from and tested on. */
import type { Duplicates } from '../../http/schemas.ts';
import type { LabelSet } from '../../store/label-set.ts';
import type { PictureItem } from '../../store/pictures.ts';

/** Groups of two and more, those with different labels first, then in the order of the dataset. Gives way to the event loop every few thousand pictures. */
export async function duplicatesOf(
  items: readonly PictureItem[],
  labels: LabelSet | null,
  { offset, limit }: { offset: number; limit: number },
): Promise<Duplicates> {
  const byContent = new Map<string, number[]>();
  for (const { n, sha256 } of items) {
    const same = byContent.get(sha256);
    if (same === undefined) byContent.set(sha256, [n]);
    else same.push(n);
    if (n % 8192 === 8191) await new Promise((resolve) => setImmediate(resolve));
  }
  const labelOf = (n: number) => labels?.labelOf(n) ?? null;
  const groups = [...byContent.values()]
    .filter(({ length }) => length > 1)
    .map((pictures) => ({ pictures, labelsDiffer: new Set(pictures.map(labelOf)).size > 1 }))
    .sort((a, b) => Number(b.labelsDiffer) - Number(a.labelsDiffer));
  return {
    groups: groups.length,
    extra: groups.reduce((sum, { pictures }) => sum + pictures.length - 1, 0),
    conflicts: groups.filter(({ labelsDiffer }) => labelsDiffer).length,
    rows: groups.slice(offset, offset + limit).map(({ pictures, labelsDiffer }) => ({
      labelsDiffer,
      pictures: pictures.slice(0, 20).map((n) => ({ n, name: items[n]!.name, label: labelOf(n) })),
      count: pictures.length,
    })),
  };
}

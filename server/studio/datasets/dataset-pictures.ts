/** The pictures of datasets: looked at page by page, compared with each other, taken out. */
import type { DuplicateQuery, Duplicates, PicturePage, PictureQuery, PictureRow } from '../../http/schemas.ts';
import type { GroupPreview } from '../../http/training-schemas.ts';
import { type LabelSet, labelFolder } from '../../store/label-set.ts';
import { excludePictures, type PictureItem } from '../../store/pictures.ts';
import type { StoredUser } from '../people/users.ts';
import type { Datasets, StoredDataset } from './datasets.ts';
import { duplicatesOf } from './duplicates.ts';
import { groupPreview } from './groups.ts';
import type { LabelSets, PictureSets } from './open-sets.ts';
import { checkReady } from './ready.ts';

export class DatasetPictures {
  readonly #datasets: Datasets;
  readonly #pictures: PictureSets;
  readonly #labelSets: LabelSets;

  constructor(datasets: Datasets, pictures: PictureSets, labelSets: LabelSets) {
    this.#datasets = datasets;
    this.#pictures = pictures;
    this.#labelSets = labelSets;
  }

  async items(reader: StoredUser, id: number, query: PictureQuery): Promise<PicturePage> {
    const { items, labels } = await this.#sets(reader, id);
    const search = query.search?.trim().toLowerCase() ?? '';
    const wanted = query.label ?? null;
    const fits = (n: number) => wanted === null || (wanted === -1 ? labels?.has(n) !== true : labels?.hasClass(n, wanted) === true);
    const found = wanted === null && search === '' ? items : items.filter(({ n, name }) => fits(n) && (search === '' || name.toLowerCase().includes(search)));
    const rows = found.slice(query.offset, query.offset + query.limit);
    return { total: found.length, rows: rows.map(this.#rowOf(reader, id, labels)) };
  }

  /** How its pictures are told of. */
  #rowOf(reader: StoredUser, id: number, labels: LabelSet | null): (item: PictureItem) => PictureRow {
    const isClassified = this.#datasets.visible(reader, id).problem === 'classification';
    return ({ n, name, width, height, bytes }) => {
      const row = { n, name, width, height, bytes, label: labels?.labelOf(n) ?? null };
      return isClassified ? row : { ...row, counts: labels?.has(n) === true ? labels.countsOf(n) : null };
    };
  }

  /** Its pictures, and their labels where it has any. */
  async #sets(reader: StoredUser, id: number): Promise<{ items: readonly PictureItem[]; labels: LabelSet | null }> {
    const folder = this.#readyFolder(reader, id);
    const { labelRevision } = this.#datasets.visible(reader, id);
    const [{ kept }, labels] = await Promise.all([
      this.#pictures.get(folder),
      labelRevision === null ? null : this.#labelSets.get(labelFolder(folder, labelRevision)),
    ]);
    return { items: kept, labels };
  }

  async duplicates(reader: StoredUser, id: number, query: DuplicateQuery): Promise<Duplicates> {
    const { items, labels } = await this.#sets(reader, id);
    return duplicatesOf(items, this.#rowOf(reader, id, labels), query);
  }

  /** What a group pattern makes of its pictures. */
  async groups(reader: StoredUser, id: number, pattern: string): Promise<GroupPreview> {
    const { items, labels } = await this.#sets(reader, id);
    return groupPreview(
      pattern,
      items.filter(({ n }) => labels?.has(n) === true).map(({ name }) => name),
    );
  }

  picture(reader: StoredUser, id: number, n: number, small: boolean): Promise<{ data: Buffer; mime: string }> {
    return this.#pictures.picture(this.#readyFolder(reader, id), n, small);
  }

  #readyFolder(reader: StoredUser, id: number): string {
    checkReady(this.#datasets.visible(reader, id));
    return this.#datasets.folder(id);
  }

  /** Takes pictures out of a ready dataset, once; their numbers stay. Done again after a crash it changes nothing more. */
  async exclude(id: number, numbers: readonly number[]): Promise<void> {
    const folder = this.#datasets.folder(id);
    const { items } = await this.#pictures.get(folder);
    await excludePictures(folder, numbers);
    this.#pictures.drop(folder);
    const count = items.length - numbers.length;
    await this.#datasets.amend(id, (before) => (before.count === count ? (before as StoredDataset) : { ...before, count }));
  }
}

/** Preprocessing: a dataset through a chain of methods becomes the next version of it. One at a time in a project. */
import { StudioError } from '../../errors.ts';
import type { Chain, Preview, PreviewRequest, TableLook, TableLookRequest } from '../../http/preprocess-schemas.ts';
import type { Dataset, DataType } from '../../http/schemas.ts';
import type { PreviewProcess } from '../../queue/preview-process.ts';
import type { Datasets, StoredDataset } from '../datasets/datasets.ts';
import type { StoredUser } from '../people/users.ts';
import type { Projects } from '../projects/projects.ts';
import { tableFolder } from '../tables/folder.ts';
import { checkedChain } from './chain.ts';

export class Preprocess {
  readonly #datasets: Datasets;
  readonly #projects: Projects;
  readonly #previews: PreviewProcess;
  /** Projects in which one is just being submitted. */
  readonly #starting = new Set<number>();

  constructor(datasets: Datasets, projects: Projects, previews: PreviewProcess) {
    this.#datasets = datasets;
    this.#projects = projects;
    this.#previews = previews;
  }

  /** The new dataset, still to be made. Throws preprocess_busy, dataset_ingesting, what editable() throws and what checkedChain() throws. */
  async start(reader: StoredUser, datasetId: number, chain: Chain): Promise<Dataset> {
    const source = this.#datasets.visible(reader, datasetId);
    const { id: projectId } = this.#projects.editable(reader, source.projectId);
    if (source.status !== 'ready') throw new StudioError('dataset_ingesting');
    const checked = checkedChain(source.type, chain);
    const being = this.#datasets.beingPreprocessed(projectId);
    if (being !== undefined || this.#starting.has(projectId)) throw new StudioError('preprocess_busy', { title: (being ?? source).name });
    this.#starting.add(projectId);
    try {
      return await this.#datasets.addPreprocessed(reader, source, checked);
    } finally {
      this.#starting.delete(projectId);
    }
  }

  /** Throws dataset_ingesting, preview_failed, what checkedChain() and the methods throw. */
  preview(reader: StoredUser, datasetId: number, { chain, pictures }: PreviewRequest): Promise<Preview> {
    const source = this.#source(reader, datasetId, 'image');
    return this.#previews.ask('chain', { ...this.#datasets.folders(source), chain: checkedChain(source.type, chain), pictures });
  }

  /** As preview(), of a table. */
  async lookAtTable(reader: StoredUser, datasetId: number, { chain }: TableLookRequest): Promise<TableLook> {
    const source = this.#source(reader, datasetId, 'tabular');
    const ask = { table: tableFolder(this.#datasets.folder(source.id)), target: source.table?.target ?? null, chain: checkedChain(source.type, chain) };
    return this.#previews.ask('table', ask);
  }

  #source(reader: StoredUser, datasetId: number, type: DataType): Readonly<StoredDataset> {
    const source = this.#datasets.visible(reader, datasetId);
    if (source.type !== type) throw new StudioError('not_found');
    if (source.status !== 'ready') throw new StudioError('dataset_ingesting');
    return source;
  }
}

/** Preprocessing: a dataset through a chain of methods becomes the next version of it. One at a time in a project. */
import { StudioError } from '../../errors.ts';
import type { Chain, Preview, PreviewRequest, TableLook, TableLookRequest } from '../../http/preprocess-schemas.ts';
import type { Dataset, DataType } from '../../http/schemas.ts';
import type { JobRules } from '../../queue/jobs.ts';
import type { PreviewProcess } from '../../queue/preview-process.ts';
import type { TableLimits } from '../../tables/limits.ts';
import type { DatasetJobs } from '../datasets/dataset-jobs.ts';
import type { Datasets, StoredDataset } from '../datasets/datasets.ts';
import { madePictures, madeTable } from '../datasets/made.ts';
import { checkReady } from '../datasets/ready.ts';
import type { StoredUser } from '../people/users.ts';
import type { Projects } from '../projects/projects.ts';
import { tableFolder } from '../tables/folder.ts';
import { checkedChain } from './chain.ts';

export interface PreprocessServices {
  datasets: Datasets;
  datasetJobs: DatasetJobs;
  projects: Projects;
  previews: PreviewProcess;
  /** So many pictures at most come of a chain. */
  maxPictures: number;
  tableLimits: TableLimits;
}

export class Preprocess {
  readonly #services: PreprocessServices;
  readonly #datasets: Datasets;
  /** Projects in which one is just being submitted. */
  readonly #starting = new Set<number>();

  constructor(services: PreprocessServices) {
    this.#services = services;
    this.#datasets = services.datasets;
  }

  /** The new dataset, still to be made. Throws preprocess_busy and what checkReady(), editable() and checkedChain() throw. */
  async start(reader: StoredUser, datasetId: number, chain: Chain): Promise<Dataset> {
    const from = this.#datasets.visible(reader, datasetId);
    const project = this.#services.projects.editable(reader, from.projectId);
    checkReady(from);
    const checked = checkedChain(from.type, chain);
    const being = this.#beingMade(project.id);
    if (being !== undefined || this.#starting.has(project.id)) throw new StudioError('preprocess_busy', { title: (being ?? from).name });
    this.#starting.add(project.id);
    try {
      const { id, version, name, description, visibility } = from;
      const source = { kind: 'preprocess', from: { id, version }, chain: checked, earlier: this.#datasets.chainOf(id) } as const;
      return await this.#services.datasetJobs.submit(reader, project, { name, description, visibility }, 'preprocess', async () => source);
    } finally {
      this.#starting.delete(project.id);
    }
  }

  /** What preprocessing makes in a project now. */
  #beingMade(projectId: number): Readonly<StoredDataset> | undefined {
    return this.#datasets.all().find((dataset) => dataset.projectId === projectId && dataset.status === 'ingesting' && dataset.source.kind === 'preprocess');
  }

  readonly rules: JobRules<'preprocess'> = {
    work: (job) => {
      const { datasetJobs, maxPictures, tableLimits } = this.#services;
      const { source } = datasetJobs.ofJob(job);
      if (source.kind !== 'preprocess') throw new StudioError('internal');
      const from = this.#datasets.get(source.from.id);
      if (from === undefined) throw new StudioError('not_found');
      if (from.type === 'image') {
        const { labelFile, labelFormat } = from;
        return { kind: 'preprocess', type: 'image', ...this.#datasets.folders(from), labelFile, labelFormat, chain: source.chain, maxPictures };
      }
      const table = tableFolder(this.#datasets.folder(from.id));
      return { kind: 'preprocess', type: 'tabular', table, target: from.table?.target ?? null, chain: source.chain, limits: tableLimits };
    },
    ended: (job, verdict, dir) => {
      const made = this.#datasets.get(job.subjectId)?.type === 'tabular' ? madeTable : madePictures;
      return this.#services.datasetJobs.ended(job, verdict, dir, made);
    },
  };

  /** Throws preview_failed and what checkReady(), checkedChain() and the methods throw. */
  preview(reader: StoredUser, datasetId: number, { chain, pictures }: PreviewRequest): Promise<Preview> {
    const source = this.#source(reader, datasetId, 'image');
    return this.#services.previews.ask('chain', { ...this.#datasets.folders(source), chain: checkedChain(source.type, chain), pictures });
  }

  /** As preview(), of a table. */
  async lookAtTable(reader: StoredUser, datasetId: number, { chain }: TableLookRequest): Promise<TableLook> {
    const source = this.#source(reader, datasetId, 'tabular');
    const ask = { table: tableFolder(this.#datasets.folder(source.id)), target: source.table?.target ?? null, chain: checkedChain(source.type, chain) };
    return this.#services.previews.ask('table', ask);
  }

  #source(reader: StoredUser, datasetId: number, type: DataType): Readonly<StoredDataset> {
    const source = this.#datasets.visible(reader, datasetId);
    if (source.type !== type) throw new StudioError('not_found');
    checkReady(source);
    return source;
  }
}

/**
 * The jobs that make datasets: the record of a new version when one is queued, and what it has made when it ends. Pictures and the sample have their own
 * here; tables (../tables/datasets.ts) and preprocessing (../preprocess/preprocess.ts) come with theirs.
 */
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { StudioError } from '../../errors.ts';
import type { Dataset, Locale, NewDataset } from '../../http/schemas.ts';
import type { IngestLimits } from '../../jobs/protocol.ts';
import { isLabelProblem } from '../../labels/problems.ts';
import type { JobRules, JobVerdict, StoredJob } from '../../queue/jobs.ts';
import type { Queue } from '../../queue/queue.ts';
import { syncFolder } from '../../store/durable.ts';
import { isThere } from '../../store/size.ts';
import type { Notifications } from '../notifications/notifications.ts';
import type { StoredUser } from '../people/users.ts';
import type { Projects, StoredProject } from '../projects/projects.ts';
import type { Uploads } from '../uploads/uploads.ts';
import type { Datasets, StoredDataset } from './datasets.ts';
import { failKept, hasUpload, mayPassLater } from './kept-upload.ts';
import { type MadeDataset, madePictures } from './made.ts';

/** The sample project's pictures: enough to learn from, few enough for two minutes on two cores. */
const SAMPLE = { perClass: 80, size: 64, seed: 42 };

export interface DatasetJobsOptions {
  datasets: Datasets;
  queue: Queue;
  uploads: Uploads;
  projects: Projects;
  notifications: Notifications;
  limits: IngestLimits;
}

export class DatasetJobs {
  readonly #options: DatasetJobsOptions;

  constructor(options: DatasetJobsOptions) {
    this.#options = options;
  }

  async add(reader: StoredUser, projectId: number, request: NewDataset): Promise<Dataset> {
    const project = this.#options.projects.editable(reader, projectId);
    const { uploads } = this.#options;
    if (project.type !== 'image') throw new StudioError('dataset_other_type');
    return uploads.handOver(reader.id, (take) =>
      this.submit(reader, project, request, 'ingest', async (dir) => {
        const upload = await take(request.uploadId, join(dir, 'upload'));
        const labels = request.labelUploadId === undefined ? null : await take(request.labelUploadId, join(dir, 'labels'));
        return { kind: 'upload', uploadName: upload.name, labelsName: labels?.name ?? null };
      }),
    );
  }

  async addSample(reader: StoredUser, projectId: number, locale: Locale): Promise<Dataset> {
    const name = locale === 'ko' ? '표면 결함' : 'Surface defects';
    return this.submit(reader, this.#options.projects.visible(reader, projectId), { name, description: '', visibility: 'private' }, 'sample', async () => ({
      kind: 'sample',
    }));
  }

  /** Makes the record of a new version and queues the job that fills it. `prepare` puts what the job needs into its folder. */
  async submit(
    reader: StoredUser,
    { id: projectId, type, model }: Readonly<StoredProject>,
    request: Pick<NewDataset, 'name' | 'description' | 'visibility'>,
    kind: 'ingest' | 'sample' | 'preprocess' | 'table',
    prepare: (dir: string) => Promise<StoredDataset['source']>,
  ): Promise<Dataset> {
    const { datasets, queue } = this.#options;
    let dataset: Readonly<StoredDataset> | undefined;
    const name = request.name.trim();
    try {
      await queue.submit(
        () => ({ kind, title: `${name} / v${dataset!.version}`, projectId, ownerId: reader.id, subjectId: dataset!.id, preset: null }),
        async (jobId, dir) => {
          const source = await prepare(dir);
          dataset = await datasets.add({
            projectId,
            name,
            description: request.description,
            type,
            problem: model,
            visibility: request.visibility,
            status: 'ingesting',
            jobId,
            source,
            sizeBytes: 0,
            count: 0,
            labelledCount: 0,
            labelRevision: null,
            classes: [],
            labelFile: null,
            labelFormat: null,
            labelFindings: 0,
            labelFailure: null,
            labelJob: null,
            report: null,
            createdAt: new Date().toISOString(),
            createdBy: reader.id,
          });
        },
      );
    } catch (error) {
      if (dataset !== undefined) await datasets.discard(dataset.id);
      throw error;
    }
    datasets.tell(dataset!);
    return datasets.view(dataset!);
  }

  /** Makes one that has failed of its upload once more. Throws dataset_not_failed. */
  async tryAgain(reader: StoredUser, id: number): Promise<Dataset> {
    const { datasets, projects, queue } = this.#options;
    const { projectId, name, version, source } = datasets.visible(reader, id);
    projects.editable(reader, projectId);
    const kind = source.kind === 'table' ? 'table' : 'ingest';
    let again: Readonly<StoredDataset> | undefined;
    try {
      await queue.submit(
        () => ({ kind, title: `${name} / v${version}`, projectId, ownerId: reader.id, subjectId: id, preset: null }),
        async (jobId) => {
          again = await datasets.amend(id, (before) => {
            if (before.status !== 'failed') throw new StudioError('dataset_not_failed');
            return { ...before, status: 'ingesting', jobId, sizeBytes: 0 };
          });
          if (again === undefined) throw new StudioError('not_found');
        },
      );
    } catch (error) {
      // Where it cannot be taken back either, the next start does it.
      if (again !== undefined) await failKept(datasets, again, datasets.folder(id));
      throw error;
    }
    return datasets.view(again!);
  }

  /** Where the upload of a job lies: in its own folder, or with the dataset when it is tried again. */
  async inputs({ subjectId }: Readonly<StoredJob>, dir: string): Promise<string> {
    return (await hasUpload(dir)) ? dir : this.#options.datasets.folder(subjectId);
  }

  readonly ingestRules: JobRules<'ingest'> = {
    work: async (job, dir) => {
      const { source, problem } = this.ofJob(job);
      if (source.kind !== 'upload' || !isLabelProblem(problem)) throw new StudioError('internal');
      const inputs = await this.inputs(job, dir);
      const labels = source.labelsName === null ? null : join(inputs, 'labels');
      return {
        kind: 'ingest',
        upload: join(inputs, 'upload'),
        uploadName: source.uploadName,
        labels,
        labelsName: source.labelsName,
        problem,
        limits: this.#options.limits,
      };
    },
    ended: (job, verdict, dir) => this.ended(job, verdict, dir, madePictures),
  };

  readonly sampleRules: JobRules<'sample'> = {
    work: () => ({ kind: 'sample', ...SAMPLE }),
    ended: (job, verdict, dir) => this.ended(job, verdict, dir, madePictures),
  };

  /** The dataset that a job makes. Throws not_found. */
  ofJob(job: Readonly<StoredJob>): Readonly<StoredDataset> {
    const dataset = this.#options.datasets.get(job.subjectId);
    if (dataset === undefined) throw new StudioError('not_found');
    return dataset;
  }

  /** Takes over what a job has made, as `made` finds it in the job's folder, or clears it away. */
  async ended(job: Readonly<StoredJob>, verdict: JobVerdict, dir: string, made: (dir: string) => Promise<MadeDataset>): Promise<void> {
    const dataset = this.#options.datasets.get(job.subjectId);
    // It may have been tried again meanwhile, with another job.
    if (dataset?.status === 'ingesting' && dataset.jobId === job.id) {
      if (verdict.state === 'succeeded') await this.#takeOver(dataset, await made(dir));
      else if (await this.#isToBeKept(dataset, verdict, dir)) await this.#keep(dataset, verdict, dir);
      else await this.#giveUp(dataset, verdict);
    }
    for (const name of ['upload', 'labels', 'out', 'checkpoint']) await rm(join(dir, name), { recursive: true, force: true });
  }

  /** First the files, then the record: a crash between the two is made good when this is called again. */
  async #takeOver(dataset: Readonly<StoredDataset>, { folder, record }: MadeDataset): Promise<void> {
    const { datasets, notifications } = this.#options;
    const target = datasets.folder(dataset.id);
    if (await isThere(folder)) {
      await rm(target, { recursive: true, force: true });
      await rename(folder, target);
      await syncFolder(datasets.dir);
    }
    const ready = await datasets.amend(dataset.id, (before) => ({ ...before, status: 'ready', ...record }));
    if (ready === undefined) return void (await rm(target, { recursive: true, force: true }));
    const what = `${ready.name} / v${ready.version}`;
    await notifications.add(
      ready.createdBy,
      'success',
      ready.type === 'tabular'
        ? { ko: `데이터셋 ${what} 준비가 끝났습니다(${ready.count}행).`, en: `The dataset ${what} is ready (${ready.count} rows).` }
        : { ko: `데이터셋 ${what} 준비가 끝났습니다(이미지 ${ready.count}장).`, en: `The dataset ${what} is ready (${ready.count} pictures).` },
      `/datasets/${ready.id}`,
    );
  }

  /** The same upload may do later; and one that is tried again and stopped is what it was before. */
  async #isToBeKept({ id, source }: Readonly<StoredDataset>, { state, failure }: JobVerdict, dir: string): Promise<boolean> {
    if (source.kind !== 'upload' && source.kind !== 'table') return false;
    const triedBefore = await hasUpload(this.#options.datasets.folder(id));
    return mayPassLater(failure) ? triedBefore || hasUpload(dir) : state === 'stopped' && triedBefore;
  }

  async #keep(dataset: Readonly<StoredDataset>, { state, failure }: JobVerdict, dir: string): Promise<void> {
    const { datasets, notifications } = this.#options;
    // What is half-made may be all that fills the disk.
    await rm(join(dir, 'out'), { recursive: true, force: true });
    await failKept(datasets, dataset, dir, failure ?? dataset.failure);
    if (state === 'stopped') return;
    await notifications.add(
      dataset.createdBy,
      'error',
      {
        ko: `‘${dataset.name}’ 데이터셋을 만들지 못했습니다. ${failure?.ko ?? ''} 올린 파일은 보관되어 있어 다시 올리지 않고 다시 시도할 수 있습니다.`,
        en: `The dataset ${dataset.name} could not be made. ${failure?.en ?? ''} The upload is kept, so you can try again without sending it once more.`,
      },
      `/datasets/${dataset.id}`,
    );
  }

  async #giveUp(dataset: Readonly<StoredDataset>, { state, failure }: JobVerdict): Promise<void> {
    const { datasets, notifications } = this.#options;
    await rm(datasets.folder(dataset.id), { recursive: true, force: true });
    await datasets.remove(dataset);
    if (state === 'stopped') return;
    await notifications.add(
      dataset.createdBy,
      'error',
      {
        ko: `‘${dataset.name}’ 데이터셋을 만들지 못했습니다. ${failure?.ko ?? ''}`,
        en: `The dataset ${dataset.name} could not be made. ${failure?.en ?? ''}`,
      },
      `/projects/${dataset.projectId}/data`,
    );
  }
}

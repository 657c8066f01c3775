/**
 * The jobs that make datasets: the record of a new version when one is queued, and what it has made when it ends. Pictures and the sample have their own
 * here; tables (../tables/datasets.ts) and preprocessing (../preprocess/preprocess.ts) come with theirs.
 */
import { rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { StudioError } from '../../errors.ts';
import type { Dataset, Locale, NewDataset } from '../../http/schemas.ts';
import type { IngestLimits } from '../../jobs/protocol.ts';
import { isLabelProblem } from '../../labels/formats.ts';
import type { JobRules, JobVerdict, StoredJob } from '../../queue/jobs.ts';
import type { Queue } from '../../queue/queue.ts';
import { syncFolder } from '../../store/durable.ts';
import type { Notifications } from '../notifications/notifications.ts';
import type { StoredUser } from '../people/users.ts';
import type { Projects, StoredProject } from '../projects/projects.ts';
import type { Uploads } from '../uploads/uploads.ts';
import type { Datasets, StoredDataset } from './datasets.ts';
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

  readonly ingestRules: JobRules<'ingest'> = {
    work: (job, dir) => {
      const { source, problem } = this.ofJob(job);
      if (source.kind !== 'upload' || !isLabelProblem(problem)) throw new StudioError('internal');
      const labels = source.labelsName === null ? null : join(dir, 'labels');
      return {
        kind: 'ingest',
        upload: join(dir, 'upload'),
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
    if (dataset?.status === 'ingesting') {
      if (verdict.state === 'succeeded') await this.#takeOver(dataset, await made(dir));
      else await this.#giveUp(dataset, verdict);
    }
    for (const name of ['upload', 'labels', 'out', 'checkpoint']) await rm(join(dir, name), { recursive: true, force: true });
  }

  /** First the files, then the record: a crash between the two is made good when this is called again. */
  async #takeOver(dataset: Readonly<StoredDataset>, { folder, record }: MadeDataset): Promise<void> {
    const { datasets, notifications } = this.#options;
    const target = datasets.folder(dataset.id);
    if (await exists(folder)) {
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

const exists = (path: string) =>
  stat(path).then(
    () => true,
    () => false,
  );

/** Inferences: a trained model applied to an upload or a dataset. */
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { StudioError } from '../../errors.ts';
import type { EventBus } from '../../events.ts';
import type { Failure, Inference, IngestReport, JobState, NewInference, PredictionPage, PredictionQuery } from '../../http/schemas.ts';
import type { InferOutcome, IngestLimits, IngestOutcome } from '../../jobs/protocol.ts';
import type { JobRules, JobVerdict, StoredJob } from '../../queue/jobs.ts';
import { isActive, type Queue } from '../../queue/queue.ts';
import type { Collection } from '../../store/collection.ts';
import { labelFolder } from '../../store/label-set.ts';
import type { DatasetUse } from '../datasets/dataset-deletion.ts';
import type { Datasets } from '../datasets/datasets.ts';
import type { PictureSets } from '../datasets/open-sets.ts';
import type { Experiments } from '../experiments/experiments.ts';
import type { Notifications } from '../notifications/notifications.ts';
import type { StoredUser } from '../people/users.ts';
import type { Projects } from '../projects/projects.ts';
import type { Uploads } from '../uploads/uploads.ts';
import { Predictions } from './predictions.ts';
import { resultsZip } from './results.ts';

export interface StoredInference {
  id: number;
  projectId: number;
  experimentId: number;
  experimentName: string;
  source: { kind: 'upload'; name: string } | { kind: 'dataset'; name: string; datasetId: number; labelRevision: number | null };
  state: JobState;
  jobId: number;
  classes: string[];
  count: number;
  perClass: number[];
  accuracy: number | null;
  /** Absent in records of older versions. */
  judged?: number;
  report: IngestReport | null;
  failure: Failure | null;
  createdAt: string;
  finishedAt: string | null;
}

export interface InferenceOptions {
  inferences: Collection<StoredInference>;
  queue: Queue;
  projects: Projects;
  datasets: Datasets;
  experiments: Experiments;
  uploads: Uploads;
  pictures: PictureSets;
  notifications: Notifications;
  events: EventBus;
  limits: IngestLimits;
}

export class Inferences {
  readonly #options: InferenceOptions;
  readonly #inferences: Collection<StoredInference>;
  readonly #predictions = new Predictions();

  constructor(options: InferenceOptions) {
    this.#options = options;
    this.#inferences = options.inferences;
  }

  // ---------------------------------------------------------------- looking

  get(id: number): Readonly<StoredInference> | undefined {
    return this.#inferences.get(id);
  }

  visible(reader: StoredUser, id: number): Readonly<StoredInference> {
    const inference = this.#inferences.get(id);
    if (inference === undefined) throw new StudioError('not_found');
    this.#options.projects.visible(reader, inference.projectId);
    return inference;
  }

  /** Newest first. */
  list(reader: StoredUser, projectId: number): Inference[] {
    this.#options.projects.visible(reader, projectId);
    return this.#inferences
      .filter((inference) => inference.projectId === projectId)
      .map((inference) => this.view(inference))
      .reverse();
  }

  view({ source, ...inference }: Readonly<StoredInference>): Inference {
    const experiment = this.#options.experiments.get(inference.experimentId);
    return { ...inference, experimentName: experiment?.name ?? inference.experimentName, sourceName: source.name };
  }

  usesOf(datasetId: number): DatasetUse[] {
    return this.#inferences
      .filter(({ source }) => source.kind === 'dataset' && source.datasetId === datasetId)
      .map(({ id, projectId }) => ({ projectId, ko: `추론 ${id}`, en: `Inference ${id}` }));
  }

  /** Was this revision of a dataset's labels compared with? */
  usesLabels(datasetId: number, revision: number): boolean {
    return (
      this.#inferences.find(({ source }) => source.kind === 'dataset' && source.datasetId === datasetId && source.labelRevision === revision) !== undefined
    );
  }

  isInferring(experimentId: number): boolean {
    return this.#inferences.find((inference) => inference.experimentId === experimentId && isGoingOn(inference)) !== undefined;
  }

  predictions(reader: StoredUser, id: number, query: PredictionQuery): Promise<PredictionPage> {
    const inference = this.#withResults(reader, id);
    return this.#predictions.page(this.#file(inference), inference.classes, query);
  }

  picture(reader: StoredUser, id: number, n: number, small: boolean): Promise<{ data: Buffer; mime: string }> {
    const { source, jobId } = this.visible(reader, id);
    const dir = source.kind === 'dataset' ? this.#options.datasets.folder(source.datasetId) : join(this.#options.queue.folder(jobId), 'out/pictures');
    return this.#options.pictures.picture(dir, n, small);
  }

  /** Throws results_not_ready. */
  results(reader: StoredUser, id: number): { zip: Readable; name: string } {
    const inference = this.#withResults(reader, id);
    return { zip: resultsZip(this.#file(inference), this.view(inference)), name: `inference-${id}-results.zip` };
  }

  #withResults(reader: StoredUser, id: number): Readonly<StoredInference> {
    const inference = this.visible(reader, id);
    if (isGoingOn(inference) || inference.classes.length === 0) throw new StudioError('results_not_ready');
    return inference;
  }

  #file(inference: Readonly<StoredInference>): string {
    return join(this.#options.queue.folder(inference.jobId), 'out/predictions.jsonl');
  }

  // ---------------------------------------------------------------- what the buttons do

  async add(reader: StoredUser, projectId: number, request: NewInference): Promise<Inference> {
    const { queue, projects, datasets, experiments, uploads } = this.#options;
    projects.editable(reader, projectId);
    const { experiment } = experiments.usableModel(projectId, request.experimentId);
    const { source } = request;
    const dataset = source.kind === 'dataset' ? datasets.usable(projectId, source.datasetId) : undefined;
    if (source.kind === 'upload') await uploads.checkFinished(reader.id, source.uploadId);
    let inference: Readonly<StoredInference> | undefined;
    try {
      await uploads.handOver(reader.id, (take) =>
        queue.submit(
          () => ({
            kind: 'infer',
            title: `${experiment.name} · ${inference!.source.name}`,
            projectId,
            ownerId: reader.id,
            subjectId: inference!.id,
            preset: null,
          }),
          async (jobId, dir) => {
            const stored: StoredInference['source'] =
              dataset !== undefined
                ? { kind: 'dataset', datasetId: dataset.id, name: `${dataset.name} / v${dataset.version}`, labelRevision: dataset.labelRevision }
                : { kind: 'upload', name: (await take((source as { uploadId: string }).uploadId, join(dir, 'upload'))).name };
            inference = await this.#inferences.add((id) => ({
              id,
              projectId,
              experimentId: experiment.id,
              experimentName: experiment.name,
              source: stored,
              state: 'pending',
              jobId,
              classes: [],
              count: 0,
              perClass: [],
              accuracy: null,
              report: null,
              failure: null,
              createdAt: new Date().toISOString(),
              finishedAt: null,
            }));
          },
        ),
      );
    } catch (error) {
      if (inference !== undefined) await this.#inferences.delete(inference.id);
      throw error;
    }
    const added = this.#inferences.get(inference!.id) ?? inference!;
    this.#changed(added);
    return this.view(added);
  }

  async stop(reader: StoredUser, id: number): Promise<Inference> {
    const inference = this.visible(reader, id);
    this.#options.projects.owned(reader, inference.projectId);
    await this.#options.queue.stop(inference.jobId);
    return this.view(this.#inferences.get(id) ?? inference);
  }

  async delete(reader: StoredUser, id: number): Promise<void> {
    const inference = this.visible(reader, id);
    this.#options.projects.editable(reader, inference.projectId);
    if (isGoingOn(inference)) throw new StudioError('inference_running');
    await this.#remove(inference);
  }

  async deleteOf(experimentId: number): Promise<void> {
    for (const inference of this.#inferences.filter((candidate) => candidate.experimentId === experimentId)) await this.#remove(inference);
  }

  async deleteAllOf(projectId: number): Promise<void> {
    for (const inference of this.#inferences.filter((candidate) => candidate.projectId === projectId)) await this.#remove(inference);
  }

  async #remove(inference: Readonly<StoredInference>): Promise<void> {
    const { id, projectId, jobId } = inference;
    await this.#inferences.delete(id);
    this.#options.events.emit('change', { kind: 'inference', id, projectId, deleted: true, audience: this.#options.projects.audience(projectId) });
    this.#predictions.drop(this.#file(inference));
    this.#options.pictures.drop(join(this.#options.queue.folder(jobId), 'out/pictures'));
    await this.#options.queue.delete(jobId);
  }

  // ---------------------------------------------------------------- its job

  readonly rules: JobRules<'infer'> = {
    work: (job, dir) => {
      const inference = this.#inferences.get(job.subjectId);
      if (inference === undefined) throw new StudioError('not_found');
      const { source } = inference;
      const { file: model } = this.#options.experiments.usableModel(inference.projectId, inference.experimentId);
      if (source.kind === 'upload') {
        return { kind: 'infer', model, source: { kind: 'upload', upload: join(dir, 'upload'), uploadName: source.name, limits: this.#options.limits } };
      }
      const dataset = this.#options.datasets.get(source.datasetId);
      if (dataset === undefined) throw new StudioError('dataset_unreadable');
      const folder = this.#options.datasets.folder(dataset.id);
      const labels = source.labelRevision === null ? null : labelFolder(folder, source.labelRevision);
      return { kind: 'infer', model, source: { kind: 'dataset', dataset: folder, labels } };
    },
    started: async (job) => {
      const inference = await this.#inferences.update(job.subjectId, (before) => ({ ...before, state: 'running' }));
      if (inference !== undefined) this.#changed(inference);
    },
    ended: (job, verdict, dir) => this.#ended(job, verdict, dir),
  };

  async #ended(job: Readonly<StoredJob>, { state, failure }: JobVerdict, dir: string): Promise<void> {
    const outcome = state === 'failed' ? null : await readJson<InferOutcome>(join(dir, 'out/result.json'));
    if (state === 'succeeded' && outcome === null) throw new StudioError('model_unreadable');
    const ingest = await readJson<IngestOutcome>(join(dir, 'out/ingest.json'));
    const inference = await this.#inferences.update(job.subjectId, (before) =>
      before.finishedAt !== null
        ? before
        : {
            ...before,
            state,
            failure,
            classes: outcome?.classes ?? [],
            count: outcome?.count ?? 0,
            perClass: outcome?.perClass ?? [],
            accuracy: outcome?.accuracy ?? null,
            judged: outcome?.judged ?? 0,
            report: ingest?.report ?? null,
            finishedAt: new Date().toISOString(),
          },
    );
    await rm(join(dir, 'upload'), { force: true });
    if (inference === undefined) return;
    this.#changed(inference);
    if (state === 'stopped') return;
    const what = `${inference.experimentName} · ${inference.source.name}`;
    const text =
      state === 'succeeded'
        ? { ko: `추론이 끝났습니다: ${what}`, en: `The inference has finished: ${what}` }
        : { ko: `추론이 실패했습니다: ${what}. ${failure?.ko ?? ''}`, en: `The inference has failed: ${what}. ${failure?.en ?? ''}` };
    await this.#options.notifications.add(
      job.ownerId,
      state === 'succeeded' ? 'success' : 'error',
      text,
      `/projects/${inference.projectId}/inference?inference=${inference.id}`,
    );
  }

  /** Puts right what a crash left between the records. Before the queue starts. */
  async recover(): Promise<void> {
    for (const inference of [...this.#inferences.all()]) {
      const job = this.#options.queue.get(inference.jobId);
      const orphan = this.#options.projects.get(inference.projectId) === undefined;
      if (orphan || (isGoingOn(inference) && job === undefined)) await this.#inferences.delete(inference.id);
      else if (isGoingOn(inference) && job !== undefined && !isActive(job)) {
        await this.#ended(job, { state: job.state as JobVerdict['state'], failure: job.failure }, this.#options.queue.folder(job.id));
      }
    }
  }

  #changed({ id, projectId }: Readonly<StoredInference>): void {
    this.#options.events.emit('change', { kind: 'inference', id, projectId, deleted: false, audience: this.#options.projects.audience(projectId) });
  }
}

const isGoingOn = ({ state }: Readonly<StoredInference>) => state === 'pending' || state === 'running';

async function readJson<T>(file: string): Promise<T | null> {
  return readFile(file, 'utf8').then(
    (text) => JSON.parse(text) as T,
    () => null,
  );
}

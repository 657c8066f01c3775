/**
 * The labels of datasets: given, replaced, looked at, downloaded. Each change is a new revision, a folder of its own beside the pictures; what was trained or
 * compared with an older one keeps that.
 */
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import type { Config } from '../../config.ts';
import { StudioError } from '../../errors.ts';
import type { DatasetStatistics, DownloadFormat, LabelReport, PictureShapes } from '../../http/label-schemas.ts';
import type { Dataset } from '../../http/schemas.ts';
import type { LabelOutcome } from '../../jobs/label-import.ts';
import type { IngestLimits } from '../../jobs/protocol.ts';
import type { FormatName } from '../../labels/annotation.ts';
import { formatsOf, isLabelProblem, type LabelProblem } from '../../labels/problems.ts';
import { LOSSES, type Loss } from '../../labels/report.ts';
import { FairTurns, type Turn } from '../../queue/fair-turns.ts';
import type { JobRules, JobVerdict, StoredJob } from '../../queue/jobs.ts';
import { LabelFiles } from '../../queue/label-files.ts';
import type { PreviewProcess } from '../../queue/preview-process.ts';
import { isActive, type Queue } from '../../queue/queue.ts';
import { moveDurably } from '../../store/durable.ts';
import { LabelSet, labelFolder } from '../../store/label-set.ts';
import { PictureSet } from '../../store/pictures.ts';
import { isThere } from '../../store/size.ts';
import type { Notifications } from '../notifications/notifications.ts';
import type { StoredUser } from '../people/users.ts';
import type { Projects } from '../projects/projects.ts';
import type { Uploads } from '../uploads/uploads.ts';
import type { Datasets, StoredDataset } from './datasets.ts';
import { datasetZip } from './download.ts';
import type { LabelSets, PictureSets } from './open-sets.ts';
import { checkReady } from './ready.ts';
import { statisticsOf } from './statistics.ts';

export interface DatasetLabelsOptions {
  datasets: Datasets;
  queue: Queue;
  uploads: Uploads;
  pictures: PictureSets;
  labelSets: LabelSets;
  previews: PreviewProcess;
  projects: Projects;
  notifications: Notifications;
  limits: IngestLimits;
  downloads: Config['download'];
  /** Is a revision used by an experiment or an inference? */
  inUse(datasetId: number, revision: number): boolean;
  /** Are people labelling it just now? */
  isAnnotated(datasetId: number): boolean;
}

export class DatasetLabels {
  readonly #options: DatasetLabelsOptions;
  readonly #writing: FairTurns;
  /** How many downloads of each person are under way or wait. */
  readonly #downloads = new Map<number, number>();

  constructor(options: DatasetLabelsOptions) {
    this.#options = options;
    this.#writing = new FairTurns({ atOnce: options.downloads.label_writers, patienceMs: options.downloads.patience_seconds * 1000 });
  }

  // ---------------------------------------------------------------- looking

  /** A dataset of pictures that is ready, its problem one that has labels. Throws not_found and what checkReady() throws. */
  #ready(reader: StoredUser, id: number): Readonly<StoredDataset> & { problem: LabelProblem } {
    const dataset = this.#options.datasets.visible(reader, id);
    const { type, problem } = dataset;
    if (type !== 'image' || !isLabelProblem(problem)) throw new StudioError('not_found');
    checkReady(dataset);
    return { ...dataset, problem };
  }

  #folder({ id, labelRevision }: Readonly<StoredDataset>): string | null {
    return labelRevision === null ? null : labelFolder(this.#options.datasets.folder(id), labelRevision);
  }

  async #labels(dataset: Readonly<StoredDataset>): Promise<LabelSet | null> {
    const folder = this.#folder(dataset);
    return folder === null ? null : this.#options.labelSets.get(folder);
  }

  async report(reader: StoredUser, id: number): Promise<LabelReport | null> {
    const folder = this.#folder(this.#ready(reader, id));
    if (folder === null) return null;
    return readFile(join(folder, 'report.json'), 'utf8').then(
      (text) => JSON.parse(text) as LabelReport,
      () => null,
    );
  }

  /** Throws not_found where there is no such picture. */
  async shapes(reader: StoredUser, id: number, n: number): Promise<PictureShapes> {
    const dataset = this.#ready(reader, id);
    if ((await this.#options.pictures.get(this.#options.datasets.folder(id))).items[n] === undefined) throw new StudioError('not_found');
    return { shapes: (await (await this.#labels(dataset))?.shapes(n)) ?? null };
  }

  async statistics(reader: StoredUser, id: number): Promise<DatasetStatistics> {
    const dataset = this.#ready(reader, id);
    const { kept } = await this.#options.pictures.get(this.#options.datasets.folder(id));
    return statisticsOf(kept, await this.#labels(dataset));
  }

  async formats(reader: StoredUser, id: number): Promise<DownloadFormat[]> {
    const dataset = this.#ready(reader, id);
    const labels = await this.#labels(dataset);
    const formats: DownloadFormat[] = [];
    const names = formatsOf(dataset.problem);
    // Writers trace and compress masks as large as they come: not here.
    const asked = labels && { forms: labels.head.forms, classes: [...labels.classes], formats: names, problem: dataset.problem };
    const told = asked && (await this.#options.previews.ask('losses', asked));
    for (const [i, format] of names.entries()) {
      const losses = told?.[i] ?? {};
      if (labels !== null && format === 'masks' && labels.head.melting > 0) {
        losses.instances = labels.head.melting;
        if (losses.rasterised !== undefined) losses.overlap = labels.head.melting;
      }
      formats.push({ format, losses: (Object.keys(losses) as Loss[]).map((loss) => ({ loss, count: losses[loss]!, ...LOSSES[loss] })) });
    }
    return formats;
  }

  /** Throws label_format_unsuited, too_many_downloads. */
  checkDownload(reader: StoredUser, id: number, format: FormatName): void {
    if (!formatsOf(this.#ready(reader, id).problem).includes(format)) throw new StudioError('label_format_unsuited');
    const { max_at_once: limit } = this.#options.downloads;
    if ((this.#downloads.get(reader.id) ?? 0) >= limit) throw new StudioError('too_many_downloads', { count: limit });
  }

  /** Its label files may have to wait for those of others: until `gone`. Throws what checkDownload() throws, and the reason of `gone`. */
  async download(reader: StoredUser, id: number, format: FormatName, gone: AbortSignal): Promise<{ zip: Readable; name: string }> {
    this.checkDownload(reader, id, format);
    const ended = this.#countDownload(reader.id);
    try {
      const needsWriter = format !== 'folders' && this.#folder(this.#ready(reader, id)) !== null;
      const turn = needsWriter ? await this.#writing.take(reader.id, gone) : null;
      try {
        // As it is now: it may have other labels, or be gone.
        const { zip, name } = await this.#zip(this.#ready(reader, id), format, turn);
        zip.once('close', ended);
        if (gone.aborted) zip.destroy();
        return { zip, name };
      } catch (error) {
        turn?.end();
        throw error;
      }
    } catch (error) {
      ended();
      throw error;
    }
  }

  #countDownload(personId: number): () => void {
    this.#downloads.set(personId, (this.#downloads.get(personId) ?? 0) + 1);
    return () => {
      const count = this.#downloads.get(personId)! - 1;
      if (count > 0) this.#downloads.set(personId, count);
      else this.#downloads.delete(personId);
    };
  }

  async #zip(dataset: Readonly<StoredDataset> & { problem: LabelProblem }, format: FormatName, turn: Turn | null): Promise<{ zip: Readable; name: string }> {
    const { id, problem } = dataset;
    const folder = this.#folder(dataset);
    const pictures = this.#options.datasets.folder(id);
    // Opened for this download alone: those that are looked at may be closed while it goes on.
    const set = await PictureSet.open(pictures);
    try {
      const folders = folder !== null && format === 'folders' ? await LabelSet.open(folder) : null;
      const labels = folder !== null && turn !== null ? await LabelFiles.open({ dataset: pictures, labels: folder, format, problem }, turn) : null;
      // Its labels may have gone while it waited.
      if (labels === null) turn?.end();
      const zip = datasetZip({ set, format, folders, labels, at: new Date(dataset.createdAt) });
      return { zip, name: `${dataset.name}_v${dataset.version}_${format}.zip` };
    } catch (error) {
      await set.close();
      throw error;
    }
  }

  // ---------------------------------------------------------------- Label Upload

  /** Throws labels_busy, and what the upload throws. */
  async upload(reader: StoredUser, id: number, uploadId: string): Promise<Dataset> {
    const { datasets, projects, queue, uploads } = this.#options;
    const dataset = this.#ready(reader, id);
    projects.editable(reader, dataset.projectId);
    if (dataset.labelJob !== null) throw new StudioError('labels_busy');
    if (this.#options.isAnnotated(id)) throw new StudioError('annotation_exists');
    await uploads.checkFinished(reader.id, uploadId);
    const revision = await this.nextRevision(id);
    let taken: { jobId: number; uploadName: string } | undefined;
    try {
      await uploads.handOver(reader.id, (take) =>
        queue.submit(
          () => ({
            kind: 'labels',
            title: `${dataset.name} / v${dataset.version}`,
            projectId: dataset.projectId,
            ownerId: reader.id,
            subjectId: id,
            preset: null,
          }),
          async (jobId, dir) => {
            const { name } = await take(uploadId, join(dir, 'upload'));
            taken = { jobId, uploadName: name };
            await datasets.amend(id, (before) => {
              if (before.labelJob !== null) throw new StudioError('labels_busy');
              return { ...before, labelJob: { jobId, revision, uploadName: name } };
            });
          },
        ),
      );
    } catch (error) {
      if (taken !== undefined) await this.#endJob(id, taken.jobId, {});
      throw error;
    }
    return datasets.view(datasets.visible(reader, id));
  }

  async #endJob(id: number, jobId: number, change: Partial<StoredDataset>): Promise<void> {
    await this.#options.datasets.amend(id, (before) => (before.labelJob?.jobId === jobId ? { ...before, ...change, labelJob: null } : before));
  }

  readonly rules: JobRules<'labels'> = {
    work: (job, dir) => {
      const dataset = this.#options.datasets.get(job.subjectId);
      if (dataset === undefined || dataset.labelJob === null || !isLabelProblem(dataset.problem)) throw new StudioError('not_found');
      return {
        kind: 'labels',
        dataset: this.#options.datasets.folder(dataset.id),
        labels: this.#folder(dataset),
        upload: join(dir, 'upload'),
        uploadName: dataset.labelJob.uploadName,
        problem: dataset.problem,
        limits: this.#options.limits,
      };
    },
    ended: (job, verdict, dir) => this.#ended(job, verdict, dir),
  };

  async #ended(job: Readonly<StoredJob>, { state, failure }: JobVerdict, dir: string): Promise<void> {
    const dataset = this.#options.datasets.get(job.subjectId);
    if (dataset?.labelJob?.jobId === job.id) {
      const what = `${dataset.name} / v${dataset.version}`;
      const link = `/datasets/${dataset.id}` as const;
      if (state === 'succeeded') {
        const outcome = JSON.parse(await readFile(join(dir, 'out/labels.json'), 'utf8')) as LabelOutcome;
        await this.adopt(dataset.id, dataset.labelJob.revision, join(dir, 'out/labels'), outcome);
        const text = {
          ko: `데이터셋 ${what}의 라벨을 등록했습니다(이미지 ${outcome.labelledCount}장).`,
          en: `The labels of the dataset ${what} are there (${outcome.labelledCount} pictures).`,
        };
        await this.#options.notifications.add(job.ownerId, 'success', text, link);
      } else {
        await this.#endJob(dataset.id, job.id, state === 'failed' ? { labelFailure: failure } : {});
        if (state === 'failed') {
          const text = {
            ko: `데이터셋 ${what}의 라벨을 등록하지 못했습니다. ${failure?.ko ?? ''}`,
            en: `The labels of the dataset ${what} could not be read in. ${failure?.en ?? ''}`,
          };
          await this.#options.notifications.add(job.ownerId, 'error', text, link);
        }
      }
    }
    for (const name of ['upload', 'out']) await rm(join(dir, name), { recursive: true, force: true });
  }

  // ---------------------------------------------------------------- revisions

  /** A number that no revision of the dataset has had. */
  async nextRevision(id: number): Promise<number> {
    const names = await readdir(join(this.#options.datasets.folder(id), 'labels')).catch(() => []);
    return Math.max(0, this.#options.datasets.get(id)?.labelRevision ?? 0, ...names.map(Number).filter(Number.isInteger)) + 1;
  }

  /**
   * Makes a finished label set at `made` (on the disk of the data) the dataset's own, as this revision (see nextRevision), and gives up the one before unless it is
   * in use. May be called again after a crash.
   */
  async adopt(
    id: number,
    revision: number,
    made: string,
    { classes, labelledCount, labelFile, labelFormat, labelFindings }: Omit<LabelOutcome, 'labelFormat'> & { labelFormat: FormatName | 'annotation' },
  ): Promise<void> {
    const { datasets, labelSets, inUse } = this.#options;
    const folder = datasets.folder(id);
    const target = labelFolder(folder, revision);
    if (await isThere(made)) {
      await rm(target, { recursive: true, force: true });
      await mkdir(dirname(target), { recursive: true });
      await moveDurably(made, target);
    }
    const previous = datasets.get(id)?.labelRevision ?? null;
    await datasets.amend(id, (before) => ({
      ...before,
      labelRevision: revision,
      classes,
      labelledCount,
      labelFile,
      labelFormat,
      labelFindings,
      labelFailure: null,
      labelJob: null,
    }));
    if (previous === null || previous === revision || inUse(id, previous)) return;
    labelSets.drop(labelFolder(folder, previous));
    await rm(labelFolder(folder, previous), { recursive: true, force: true });
  }

  /** Puts right what a crash left between the records. Before the queue starts. */
  async recover(): Promise<void> {
    const { datasets, queue } = this.#options;
    for (const { id, labelJob } of datasets.all()) {
      if (labelJob === null) continue;
      const job = queue.get(labelJob.jobId);
      if (job === undefined || !isActive(job)) await this.#endJob(id, labelJob.jobId, {});
    }
  }
}

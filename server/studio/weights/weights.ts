/**
 * Pretrained weights: files that an administrator brings, read by a job, kept under our names. They belong to the box and not to a group.
 *
 *     DATA/weights/ID/weights.safetensors   of the record with this id
 *     DATA/weights/*                        files that somebody has put there by hand; they are offered for reading and left where they are
 */
import { lstat, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { StudioError } from '../../errors.ts';
import type { Failure, Start } from '../../http/schemas.ts';
import type { DroppedWeights, NewWeights, WeightsList, WeightsReport, Weights as WeightsView } from '../../http/weights-schemas.ts';
import type { JobRules, JobVerdict, StoredJob } from '../../queue/jobs.ts';
import { isActive, type Queue } from '../../queue/queue.ts';
import type { Collection } from '../../store/collection.ts';
import { makeFolder, syncFolder } from '../../store/durable.ts';
import type { Notifications } from '../notifications/notifications.ts';
import type { StoredUser, Users } from '../people/users.ts';
import type { Uploads } from '../uploads/uploads.ts';

export interface StoredWeights {
  id: number;
  name: string;
  /** As it was called where it came from. */
  sourceName: string;
  /** It lies in DATA/weights; else the job's folder holds it. */
  dropped: boolean;
  state: WeightsView['state'];
  jobId: number;
  report: WeightsReport | null;
  failure: Failure | null;
  sizeBytes: number;
  ownerId: number;
  createdAt: string;
}

export interface WeightsServices {
  weights: Collection<StoredWeights>;
  /** DATA/weights */
  dir: string;
  queue: Queue;
  uploads: Uploads;
  users: Users;
  notifications: Notifications;
  /** Names of what is going on and begins with these. */
  usesOf(start: Start): string[];
}

/** Jobs of the box belong to no project. */
/** Of the jobs that read weights: these belong to everybody. */
export const NO_PROJECT = 0;
const MOST_DROPPED = 500;
const READABLE = /\.(safetensors|pth|pt|bin|onnx)$/i;
const KEPT = 'weights.safetensors';

export class PretrainedWeights {
  readonly #services: WeightsServices;
  readonly #weights: Collection<StoredWeights>;

  constructor(services: WeightsServices) {
    this.#services = services;
    this.#weights = services.weights;
  }

  // ---------------------------------------------------------------- looking

  /** Newest first. */
  async list(reader: StoredUser): Promise<WeightsList> {
    const isAdmin = reader.role === 'admin';
    const weights = [...this.#weights.all()].map((one) => this.#view(one)).reverse();
    return { weights, dropped: isAdmin ? await this.#dropped() : [], folder: isAdmin ? this.#services.dir : null };
  }

  /** Those that are ready. */
  ready(): { id: number; name: string; architecture: string; classes: number | null }[] {
    return this.#weights
      .filter(({ state }) => state === 'ready')
      .flatMap(({ id, name, report }) => (report === null ? [] : [{ id, name, architecture: report.architecture, classes: report.classes }]));
  }

  /** What a training is begun with. undefined where there is none. */
  find(id: number): { file: string; name: string; architecture: string } | undefined {
    const found = this.#weights.get(id);
    if (found?.state !== 'ready' || found.report === null) return undefined;
    return { file: join(this.#folder(id), KEPT), name: found.name, architecture: found.report.architecture };
  }

  #view({ jobId: _, dropped: __, ownerId, ...plain }: Readonly<StoredWeights>): WeightsView {
    return { ...plain, ownerName: this.#services.users.nameOf(ownerId) };
  }

  #folder(id: number): string {
    return join(this.#services.dir, String(id));
  }

  async #dropped(): Promise<DroppedWeights[]> {
    const { dir } = this.#services;
    const names = (await readdir(dir)).filter((name) => READABLE.test(name)).slice(0, MOST_DROPPED);
    const found = await Promise.all(
      names.map(async (file): Promise<DroppedWeights[]> => {
        // A link could lead anywhere.
        const entry = await lstat(join(dir, file)).catch(() => null);
        return entry?.isFile() ? [{ file, sizeBytes: entry.size, changedAt: entry.mtime.toISOString() }] : [];
      }),
    );
    return found.flat();
  }

  // ---------------------------------------------------------------- making

  /** Throws upload_missing, upload_incomplete or weights_file_gone. */
  async add(reader: StoredUser, request: NewWeights): Promise<WeightsView> {
    const { queue, uploads } = this.#services;
    const name = request.name.trim();
    if ('file' in request) {
      if (!(await this.#dropped()).some(({ file }) => file === request.file)) throw new StudioError('weights_file_gone', { name: request.file });
    } else await uploads.checkFinished(reader.id, request.uploadId);
    let made: Readonly<StoredWeights> | undefined;
    try {
      await uploads.handOver(reader.id, (take) =>
        queue.submit(
          () => ({ kind: 'weights', title: name, projectId: NO_PROJECT, ownerId: reader.id, subjectId: made!.id, preset: null }),
          async (jobId, dir) => {
            const sourceName = 'file' in request ? request.file : (await take(request.uploadId, join(dir, 'upload'))).name;
            made = await this.#weights.add((id) => ({
              id,
              name,
              sourceName,
              dropped: 'file' in request,
              state: 'reading',
              jobId,
              report: null,
              failure: null,
              sizeBytes: 0,
              ownerId: reader.id,
              createdAt: new Date().toISOString(),
            }));
          },
        ),
      );
    } catch (error) {
      if (made !== undefined) await this.#weights.delete(made.id);
      throw error;
    }
    return this.#view(made!);
  }

  readonly rules: JobRules<'weights'> = {
    work: (job, dir) => {
      const of = this.#weights.get(job.subjectId);
      if (of === undefined) throw new StudioError('not_found');
      return { kind: 'weights', file: of.dropped ? join(this.#services.dir, of.sourceName) : join(dir, 'upload') };
    },
    ended: async (job, verdict, dir) => {
      await this.#ended(job, verdict, dir);
      for (const name of ['upload', 'out']) await rm(join(dir, name), { recursive: true, force: true });
    },
  };

  /** First the file, then the record: a crash between the two is made good when this is called again. */
  async #ended(job: Readonly<StoredJob>, verdict: JobVerdict, dir: string): Promise<void> {
    const of = this.#weights.get(job.subjectId);
    if (of?.state !== 'reading') return;
    if (verdict.state === 'stopped') return void (await this.#forget(of.id));
    if (verdict.state === 'failed') {
      await this.#weights.update(of.id, (before) => ({ ...before, state: 'failed', failure: verdict.failure }));
      const text = {
        ko: `‘${of.name}’ 가중치를 읽지 못했습니다. ${verdict.failure?.ko ?? ''}`,
        en: `The weights ${of.name} could not be read. ${verdict.failure?.en ?? ''}`,
      };
      return this.#services.notifications.add(of.ownerId, 'error', text, '/weights');
    }
    const report = JSON.parse(await readFile(join(dir, 'out/weights.json'), 'utf8')) as WeightsReport;
    const folder = this.#folder(of.id);
    await makeFolder(folder);
    await rename(join(dir, 'out', KEPT), join(folder, KEPT)).catch(async (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
      // Moved before the crash.
      await stat(join(folder, KEPT));
    });
    await syncFolder(folder);
    const { size } = await stat(join(folder, KEPT));
    await this.#weights.update(of.id, (before) => ({ ...before, state: 'ready', report, sizeBytes: size }));
    const text = {
      ko: `가중치를 사용할 수 있습니다: ${of.name} (${report.architecture}, ${report.total}개 중 ${report.matched}개 일치)`,
      en: `The weights are ready: ${of.name} (${report.architecture}, ${report.matched} of ${report.total} fit)`,
    };
    await this.#services.notifications.add(of.ownerId, 'success', text, '/weights');
  }

  /** Throws not_found or weights_in_use. */
  async delete(id: number): Promise<void> {
    const of = this.#weights.get(id);
    if (of === undefined) throw new StudioError('not_found');
    const [use] = this.#services.usesOf({ kind: 'weights', id });
    if (use !== undefined) throw new StudioError('weights_in_use', { name: use });
    const job = this.#services.queue.get(of.jobId);
    if (job !== undefined && isActive(job)) await this.#services.queue.stop(job.id).catch(ignoreOver);
    await this.#forget(id);
    const over = this.#services.queue.get(of.jobId);
    if (over !== undefined && !isActive(over)) await this.#services.queue.delete(over.id);
  }

  async #forget(id: number): Promise<void> {
    await this.#weights.delete(id);
    await rm(this.#folder(id), { recursive: true, force: true });
  }

  /** Clears away what a crash left half-made. Before the queue starts. */
  async recover(): Promise<void> {
    for (const { id, state, jobId } of [...this.#weights.all()]) {
      if (state === 'reading' && this.#services.queue.get(jobId) === undefined) await this.#weights.delete(id);
    }
    for (const name of await readdir(this.#services.dir)) {
      if (/^\d+$/.test(name) && this.#weights.get(Number(name)) === undefined) await rm(this.#folder(Number(name)), { recursive: true, force: true });
    }
  }
}

function ignoreOver(error: unknown): void {
  if (!(error instanceof StudioError) || error.code !== 'job_over') throw error;
}

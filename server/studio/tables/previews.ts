/** A look at an uploaded table before it becomes a dataset. One for a person in a project at a time; it is a job, and is forgotten with the next one. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { StudioError } from '../../errors.ts';
import type { TablePreview } from '../../http/table-preview-schemas.ts';
import type { TableFindings, TablePreviewRequest } from '../../http/table-schemas.ts';
import type { IngestLimits } from '../../jobs/protocol.ts';
import type { JobRules, StoredJob } from '../../queue/jobs.ts';
import { isActive, type Queue } from '../../queue/queue.ts';
import { writeDurably } from '../../store/durable.ts';
import type { TableLimits } from '../../tables/limits.ts';
import type { StoredUser } from '../people/users.ts';
import type { Projects } from '../projects/projects.ts';
import type { Uploads } from '../uploads/uploads.ts';

const REQUEST = 'request.json';

export class TablePreviews {
  readonly #queue: Queue;
  readonly #projects: Projects;
  readonly #uploads: Uploads;
  readonly #limits: { limits: IngestLimits; table: TableLimits };

  constructor(queue: Queue, projects: Projects, uploads: Uploads, limits: { limits: IngestLimits; table: TableLimits }) {
    this.#queue = queue;
    this.#projects = projects;
    this.#uploads = uploads;
    this.#limits = limits;
  }

  /** Throws as making a dataset does. */
  async start(reader: StoredUser, projectId: number, request: TablePreviewRequest): Promise<TablePreview> {
    const project = this.#projects.editable(reader, projectId);
    if (project.type !== 'tabular') throw new StudioError('table_not_for_pictures');
    const { name } = await this.#uploads.locate(reader.id, request.uploadId);
    for (const job of this.#queue.filter(({ kind, subjectId, ownerId }) => kind === 'table_preview' && subjectId === projectId && ownerId === reader.id)) {
      if (isActive(job)) await this.#queue.stop(job.id).catch(ignoreOver);
      else await this.#queue.delete(job.id);
    }
    const job = await this.#queue.submit(
      () => ({ kind: 'table_preview', title: name, projectId, ownerId: reader.id, subjectId: projectId, preset: null }),
      (_, dir) => writeDurably(join(dir, REQUEST), JSON.stringify(request)),
    );
    return this.#view(job);
  }

  /** Throws not_found. */
  async look(reader: StoredUser, id: number): Promise<TablePreview> {
    const job = this.#queue.get(id);
    if (job?.kind !== 'table_preview' || job.ownerId !== reader.id) throw new StudioError('not_found');
    return this.#view(job);
  }

  async #view(job: Readonly<StoredJob>): Promise<TablePreview> {
    const over = !isActive(job);
    const result = !over
      ? null
      : await readFile(join(this.#queue.folder(job.id), 'out/preview.json'), 'utf8').then(
          (text) => JSON.parse(text) as TableFindings,
          () => null,
        );
    return { id: job.id, state: job.state, failure: job.failure, result };
  }

  readonly rules: JobRules<'table_preview'> = {
    work: async (job, dir) => {
      const { uploadId, settings } = JSON.parse(await readFile(join(dir, REQUEST), 'utf8')) as TablePreviewRequest;
      const { path } = await this.#uploads.locate(job.ownerId, uploadId);
      return { kind: 'table_preview', upload: path, settings, ...this.#limits };
    },
    ended: async () => {},
  };
}

function ignoreOver(error: unknown): void {
  if (!(error instanceof StudioError) || error.code !== 'job_over') throw error;
}

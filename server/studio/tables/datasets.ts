/** Table datasets: made of an upload as the person has corrected its preview. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { StudioError } from '../../errors.ts';
import type { Dataset, ModelKind } from '../../http/schemas.ts';
import type { NewTable } from '../../http/table-schemas.ts';
import type { IngestLimits } from '../../jobs/protocol.ts';
import type { JobRules } from '../../queue/jobs.ts';
import { writeDurably } from '../../store/durable.ts';
import type { TableLimits } from '../../tables/limits.ts';
import type { DatasetJobs } from '../datasets/dataset-jobs.ts';
import { madeTable } from '../datasets/made.ts';
import type { StoredUser } from '../people/users.ts';
import { needsTarget } from '../projects/problems.ts';
import type { Projects } from '../projects/projects.ts';
import type { Uploads } from '../uploads/uploads.ts';

const REQUEST = 'request.json';

export class TableDatasets {
  readonly #jobs: DatasetJobs;
  readonly #projects: Projects;
  readonly #uploads: Uploads;
  readonly #limits: { limits: IngestLimits; table: TableLimits };

  constructor(jobs: DatasetJobs, projects: Projects, uploads: Uploads, limits: { limits: IngestLimits; table: TableLimits }) {
    this.#jobs = jobs;
    this.#projects = projects;
    this.#uploads = uploads;
    this.#limits = limits;
  }

  /** Throws table_not_for_pictures, table_no_columns, table_target_missing, table_target_type, upload_missing, upload_incomplete. */
  async add(reader: StoredUser, projectId: number, request: NewTable): Promise<Dataset> {
    const project = this.#projects.editable(reader, projectId);
    if (project.type !== 'tabular') throw new StudioError('table_not_for_pictures');
    checkTarget(request, project.model);
    return this.#uploads.handOver(reader.id, (take) =>
      this.#jobs.submit(reader, project, request, 'table', async (dir) => {
        await writeDurably(join(dir, REQUEST), JSON.stringify(request));
        const { name } = await take(request.uploadId, join(dir, 'upload'));
        return { kind: 'table', uploadName: name };
      }),
    );
  }

  readonly rules: JobRules<'table'> = {
    work: async (job, dir) => {
      const inputs = await this.#jobs.inputs(job, dir);
      const { settings, columns, target } = JSON.parse(await readFile(join(inputs, REQUEST), 'utf8')) as NewTable;
      return { kind: 'table', upload: join(inputs, 'upload'), settings, columns, target, ...this.#limits };
    },
    ended: (job, verdict, dir) => this.#jobs.ended(job, verdict, dir, madeTable),
  };
}

/** Classes are predicted of a categorical column, values of one of numbers; without a target a table can still be prepared. */
function checkTarget({ columns, target }: NewTable, model: ModelKind): void {
  const kept = columns.filter(({ keep }) => keep);
  if (kept.length === 0) throw new StudioError('table_no_columns');
  if (target === null) return;
  const column = kept.find(({ name }) => name === target);
  if (column === undefined || !needsTarget(model)) throw new StudioError('table_target_missing', { name: target });
  const able = model === 'regression' ? column.type === 'integer' || column.type === 'real' : column.type === 'categorical';
  if (!able) throw new StudioError('table_target_type', { name: target });
}

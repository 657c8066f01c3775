/** The job that looks at an uploaded table. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { writeDurably } from '../../store/durable.ts';
import { previewTable } from '../../tables/preview.ts';
import type { JobEnd, JobHost } from '../job.ts';
import type { TablePreviewSpec } from '../protocol.ts';
import { withTable } from './open.ts';

export async function preview(spec: TablePreviewSpec, host: JobHost): Promise<JobEnd> {
  await mkdir(host.out, { recursive: true });
  const found = await withTable(spec.upload, spec.settings, spec, (file) => {
    const { settings, source } = file;
    host.log('info', `${settings.format}: ${JSON.stringify(settings)}`);
    return previewTable(file, spec.table, () => {
      host.progress({ phase: 'read', done: source.done, total: source.total, rate: null, remainingSeconds: null });
      return !host.stopping;
    });
  });
  if (host.stopping) return 'stopped';
  await writeDurably(join(host.out, 'preview.json'), `${JSON.stringify(found)}\n`);
  host.log('info', `${found.columns.length} columns, ${found.looked} rows looked at${found.complete ? '' : ' (of more)'}`);
  return 'succeeded';
}

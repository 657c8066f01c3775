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
  const found = await withTable(spec.upload, spec.settings, { ...spec, scratch: host.dir }, (file) => {
    const { settings, source } = file;
    const read = `${settings.format}: ${JSON.stringify(settings)}`;
    host.log('info', read, read);
    return previewTable(file, spec.table, () => {
      host.progress({ phase: 'read', done: source.done, total: source.total, rate: null, remainingSeconds: null });
      return !host.stopping;
    });
  });
  if (host.stopping) return 'stopped';
  await writeDurably(join(host.out, 'preview.json'), `${JSON.stringify(found)}\n`);
  const { columns, looked, complete } = found;
  host.log(
    'info',
    `${columns.length} columns, ${looked} rows looked at${complete ? '' : ' (of more)'}`,
    `열 ${columns.length}개, ${complete ? '' : '앞부분 '}행 ${looked}개를 확인했습니다`,
  );
  return 'succeeded';
}

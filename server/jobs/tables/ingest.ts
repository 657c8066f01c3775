/** The job that turns an uploaded table into a table set. */
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { StudioError } from '../../errors.ts';
import type { ColumnStatistics, TableReport } from '../../http/table-schemas.ts';
import { writeDurably } from '../../store/durable.ts';
import { TableSet, TableSetWriter } from '../../store/tables.ts';
import { buildTable } from '../../tables/build.ts';
import type { TableFile } from '../../tables/file.ts';
import { TableReader } from '../../tables/reading.ts';
import type { JobEnd, JobHost } from '../job.ts';
import type { TableOutcome, TableSpec } from '../protocol.ts';
import { analyseTable } from './analysis.ts';
import { withTable } from './open.ts';

export const REPORT = 'report.json';
export const SETTINGS = 'settings.json';

export async function ingestTable(spec: TableSpec, host: JobHost): Promise<JobEnd> {
  await rm(host.out, { recursive: true, force: true });
  const dir = join(host.out, 'dataset', 'table');
  await mkdir(dir, { recursive: true });
  const report = await withTable(spec.upload, spec.settings, { ...spec, scratch: host.dir }, (file) => write(file, dir, spec, host));
  const done = report !== null && (await finishTable(dir, spec.target, host));
  if (!done) {
    await rm(host.out, { recursive: true, force: true });
    return 'stopped';
  }
  return 'succeeded';
}

async function write(file: TableFile, dir: string, spec: TableSpec, host: JobHost): Promise<TableReport | null> {
  const { source, settings } = file;
  const reader = await TableReader.start(source, settings.header, spec.table);
  const names = reader.names;
  if (names.length !== spec.columns.length || names.some((name, index) => name !== spec.columns[index]!.name)) {
    await reader.end();
    throw new StudioError('table_columns_changed', {}, `${names.length} columns in the file, ${spec.columns.length} in the request`);
  }
  const kept = spec.columns.flatMap(({ name, type, keep }, source) => (keep ? [{ source, name, type }] : []));
  const writer = await TableSetWriter.create(dir, kept);
  const started = performance.now();
  try {
    const built = await buildTable(reader, kept, settings, writer, () => {
      host.progress({ phase: 'read', done: source.done, total: source.total, rate: null, remainingSeconds: remaining(started, source.done, source.total) });
      return !host.stopping;
    });
    if (built === null) return null;
    await writer.finish(built.dictionaries, built.types);
    const report = { ...built.report, formulasWithoutValue: file.formulasWithoutValue() };
    await writeDurably(join(dir, REPORT), `${JSON.stringify(report)}\n`);
    await writeDurably(join(dir, SETTINGS), `${JSON.stringify(settings)}\n`);
    tell(report, kept.length, (performance.now() - started) / 1000, host);
    return report;
  } finally {
    await writer.abandon();
    await reader.end();
  }
}

/** Statistics and outcome of a table set that is written. false: stopped. */
export async function finishTable(dir: string, target: string | null, host: JobHost): Promise<boolean> {
  const statistics = await analyseTable(dir, target, (done, total) => {
    host.progress({ phase: 'analyse', done, total, rate: null, remainingSeconds: null });
    return !host.stopping;
  });
  if (statistics === null) return false;
  await writeDurably(join(host.out, 'table.json'), `${JSON.stringify(await outcomeOf(dir, target, statistics))}\n`);
  return true;
}

async function outcomeOf(dir: string, target: string | null, statistics: readonly ColumnStatistics[]): Promise<TableOutcome> {
  const set = await TableSet.open(dir);
  try {
    const { rows, columns } = set.schema;
    const index = columns.findIndex(({ name }) => name === target);
    const missing = columns.map((column) => column.missing);
    let classes: TableOutcome['classes'] = [];
    if (index >= 0 && columns[index]!.type === 'categorical') {
      const dictionary = await set.dictionary(index);
      const counts = dictionary.map(() => 0);
      const values = await set.values(index);
      if (values.type === 'categorical') for (const code of values.codes) if (code < counts.length) counts[code]! += 1;
      classes = dictionary
        .map((name, code) => ({ name, count: counts[code]! }))
        .filter(({ count }) => count > 0)
        .sort((a, b) => byName.compare(a.name, b.name));
    }
    return {
      count: rows,
      labelledCount: index < 0 ? 0 : rows - columns[index]!.missing,
      classes,
      sizeBytes: await set.sizeBytes(),
      summary: {
        columns: columns.length,
        target: index < 0 ? null : target,
        targetType: index < 0 ? null : statistics[index]!.type,
        missing: missing.reduce((sum, count) => sum + count, 0),
        missingColumns: missing.filter((count) => count > 0).length,
      },
    };
  } finally {
    await set.close();
  }
}

const byName = new Intl.Collator('en', { numeric: true });

function remaining(started: number, done: number, total: number): number | null {
  const seconds = (performance.now() - started) / 1000;
  return seconds < 1 || done === 0 ? null : Math.ceil((seconds * (total - done)) / done);
}

function tell(report: TableReport, columns: number, seconds: number, host: JobHost): void {
  const { rows, padded, leftOut, unreadable } = report;
  host.log('info', `${rows} rows of ${columns} columns in ${seconds.toFixed(1)} s`, `행 ${rows}개, 열 ${columns}개, ${seconds.toFixed(1)}초`);
  if (padded.count > 0)
    host.log(
      'warning',
      `${padded.count} rows were too short, the first is row ${padded.rows[0]}`,
      `값이 모자란 행 ${padded.count}개를 결측값으로 채웠습니다(처음은 ${padded.rows[0]}행)`,
    );
  if (leftOut.count > 0)
    host.log(
      'warning',
      `${leftOut.count} rows were too long and left out, the first is row ${leftOut.rows[0]}`,
      `값이 너무 많은 행 ${leftOut.count}개를 제외했습니다(처음은 ${leftOut.rows[0]}행)`,
    );
  for (const { column, count, examples } of unreadable.slice(0, 50)) {
    host.log(
      'warning',
      `column ${column}: ${count} values do not fit its type and are missing now, for instance ${examples[0]}`,
      `열 ${column}: 유형에 맞지 않는 값 ${count}개를 결측값으로 처리했습니다(예: ${examples[0]})`,
    );
  }
}

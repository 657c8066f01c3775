/** The job that makes a table of another one by a chain of methods. */
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as breathe } from 'node:timers/promises';
import { StudioError } from '../../errors.ts';
import { writeDurably } from '../../store/durable.ts';
import { TableSetWriter } from '../../store/tables.ts';
import { fitSteps } from '../../tables/preprocess/methods.ts';
import type { JobEnd, JobHost } from '../job.ts';
import type { TablePreprocessSpec } from '../protocol.ts';
import { loadFrame, writeFrame } from './frame.ts';
import { finishTable } from './ingest.ts';

/** What each step has learnt, for new rows. */
export const CHAIN = 'chain.json';

/** Throws StudioError: what the methods throw, table_too_large, table_too_many_columns. */
export async function preprocessTable(spec: TablePreprocessSpec, host: JobHost): Promise<JobEnd> {
  await rm(host.out, { recursive: true, force: true });
  const dir = join(host.out, 'dataset', 'table');
  await mkdir(dir, { recursive: true });
  const done = (await through(dir, spec, host)) && (await finishTable(dir, spec.target, host));
  if (done) return 'succeeded';
  await rm(host.out, { recursive: true, force: true });
  return 'stopped';
}

async function through(dir: string, { table, target, chain, limits }: TablePreprocessSpec, host: JobHost): Promise<boolean> {
  const source = await loadFrame(table, (rows) => [[0, rows]]);
  const methods = chain.map(({ method }) => method).join(' → ');
  host.log(
    'info',
    `${source.rows} rows of ${source.columns.length} columns through ${methods}`,
    `행 ${source.rows}개, 열 ${source.columns.length}개 전처리: ${methods}`,
  );
  const steps = fitSteps(source, chain, target);
  let step = steps.next();
  for (; step.done !== true; step = steps.next()) {
    host.progress({ phase: 'preprocess', done: step.value, total: chain.length, rate: null, remainingSeconds: null });
    // A request to stop comes in between.
    await breathe();
    if (host.stopping) return false;
  }
  const { frame, fitted } = step.value;
  const width = frame.columns.length;
  if (width > limits.maxColumns) throw new StudioError('table_too_many_columns', { count: width, limit: limits.maxColumns });
  if (frame.rows * width > limits.maxCells) throw new StudioError('table_too_large', { columns: width, limit: Math.floor(limits.maxCells / width) });
  const writer = await TableSetWriter.create(
    dir,
    frame.columns.map(({ name, type }) => ({ name, type })),
  );
  try {
    const written = await writeFrame(frame, writer, (rows) => {
      host.progress({ phase: 'preprocess', done: rows, total: frame.rows, rate: null, remainingSeconds: null });
      return !host.stopping;
    });
    if (!written) return false;
  } finally {
    await writer.abandon();
  }
  await writeDurably(join(dir, CHAIN), `${JSON.stringify(fitted)}\n`);
  host.log('info', `${frame.rows} rows of ${width} columns`, `행 ${frame.rows}개, 열 ${width}개`);
  return true;
}

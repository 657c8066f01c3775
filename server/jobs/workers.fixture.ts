/** Real worker processes for the tests, as the daemon starts them. */
import { type ChildProcess, fork } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { JobEvent, JobSpec, WorkerMessage } from './protocol.ts';

const WORKER = fileURLToPath(new URL('../worker.js', import.meta.url));

const folders: string[] = [];

export function temporaryFolder(): string {
  const dir = mkdtempSync(join(tmpdir(), 'ai-studio-test-'));
  folders.push(dir);
  return dir;
}

export function removeTemporaryFolders(): void {
  for (const dir of folders.splice(0)) rmSync(dir, { recursive: true, force: true });
}

export interface RunningJob {
  dir: string;
  child: ChildProcess;
  messages: WorkerMessage[];
  ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
}

/** Starts a worker on a new folder, or again on one. */
export function startJob(spec: JobSpec, dir = join(temporaryFolder(), 'job'), environment: NodeJS.ProcessEnv = {}): RunningJob {
  mkdirSync(dir, { recursive: true });
  writeFileSync(join(dir, 'spec.json'), JSON.stringify(spec));
  const child = fork(WORKER, [dir], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'], env: { ...process.env, ...environment } });
  const messages: WorkerMessage[] = [];
  child.on('message', (message) => messages.push(message as WorkerMessage));
  const ended = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) => {
    // Messages may still be on their way at 'exit'; and 'close' never comes where we ourselves hung up.
    child.on('exit', (code, signal) => {
      if (child.connected) child.on('disconnect', () => resolve({ code, signal }));
      else resolve({ code, signal });
    });
  });
  return { dir, child, messages, ended };
}

export function eventsOf(dir: string): JobEvent[] {
  const file = join(dir, 'events.jsonl');
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as JobEvent);
}

export interface EndedJob extends RunningJob {
  events: JobEvent[];
  end: Extract<JobEvent, { type: 'end' }>;
  log: string;
}

/** Waits for the end and checks what holds for every job: numbers without a gap, one end, at the end. */
export async function endOf(job: RunningJob): Promise<EndedJob> {
  const { code, signal } = await job.ended;
  const events = eventsOf(job.dir);
  const end = events.at(-1);
  if (end?.type !== 'end') throw new Error(`no end event; exit status ${code}, signal ${signal}`);
  if (events.some(({ seq }, index) => seq !== index + 1)) throw new Error(`the events' numbers have a gap: ${events.map(({ seq }) => seq)}`);
  if (events.filter(({ type }) => type === 'end').length !== 1) throw new Error('more than one end');
  const log = events.flatMap((event) => (event.type === 'log' ? [event.text] : [])).join('\n');
  return { ...job, events, end, log };
}

/** A worker on a new folder that was killed when it had come so far. */
export async function killedWhen(spec: JobSpec, soFar: (dir: string) => boolean): Promise<RunningJob> {
  for (let tries = 0; tries < 10; tries++) {
    const job = startJob(spec);
    await new Promise<void>((done) => {
      job.child.on('message', () => soFar(job.dir) && done());
      job.child.once('exit', () => done());
    });
    job.child.kill('SIGKILL');
    await job.ended;
    // On a busy box it may be over before it is killed.
    if (soFar(job.dir) && eventsOf(job.dir).every(({ type }) => type !== 'end')) return job;
  }
  throw new Error('it cannot be killed on its way');
}

export const runToEnd = (spec: JobSpec, dir?: string): Promise<EndedJob> => endOf(startJob(spec, dir));

export function readJson<T>(...path: string[]): T {
  return JSON.parse(readFileSync(join(...path), 'utf8')) as T;
}

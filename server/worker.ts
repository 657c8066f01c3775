/**
 * The worker: `node dist/server/worker.js JOBDIR` does one job and ends. See jobs/protocol.ts for what it says and writes.
 * Exit status: 0 the job has ended well or was stopped, 1 it failed (the journal says why), 64 wrong usage, 75 another worker has the folder.
 */
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { constants, setPriority } from 'node:os';
import { join, resolve } from 'node:path';
import { failureOf, type StudioError } from './errors.ts';
import { claim } from './jobs/claim.ts';
import { deviceInUse } from './jobs/device.ts';
import { asStudioError, outOfMemory } from './jobs/failure.ts';
import type { JobEnd, JobHost } from './jobs/job.ts';
import { Journal, type NewEvent } from './jobs/journal.ts';
import type { DaemonMessage, Failure, JobEvent, JobSpec, WorkerMessage } from './jobs/protocol.ts';
import { runJob } from './jobs/table.ts';
import { startWatchdog } from './jobs/watchdog.ts';
import { writeDurably } from './store/durable.ts';

/** Behind the daemon, which has to answer while a training takes all cores. Linux keeps a priority for each thread: all of them are lowered. */
function giveWay(): void {
  let threads = [process.pid];
  try {
    threads = readdirSync('/proc/self/task').map(Number);
  } catch {
    // Not Linux: the process as a whole.
  }
  for (const thread of threads) {
    try {
      setPriority(thread, constants.priority.PRIORITY_LOW > 10 ? 10 : constants.priority.PRIORITY_LOW);
    } catch {
      // The thread has ended meanwhile, or the system does not allow it: the job runs all the same.
    }
  }
}

function usage(message: string): never {
  process.stderr.write(`${message}\nusage: node dist/server/worker.js JOBDIR\n`);
  process.exit(64);
}

/** Sends to the daemon; resolves when the message is on its way, or nobody is there. */
function send(message: WorkerMessage): Promise<void> {
  return new Promise((done) => {
    if (process.send === undefined || !process.connected) done();
    else process.send(message, undefined, undefined, () => done());
  });
}

giveWay();
const dir = process.argv[2] === undefined ? usage('no job folder given') : resolve(process.argv[2]);
let spec: JobSpec;
try {
  spec = JSON.parse(readFileSync(join(dir, 'spec.json'), 'utf8')) as JobSpec;
} catch (error) {
  usage(`no job in ${dir}: ${(error as Error).message}`);
}
if (!(await claim(dir))) {
  process.stderr.write(`another worker is at ${dir}\n`);
  process.exit(75);
}

const journal = new Journal(join(dir, 'events.jsonl'));
const pidFile = join(dir, 'worker.pid');
const lastEvent = journal.before.at(-1);
if (lastEvent?.type === 'end') {
  // Launched again after its end: whoever asks may have missed the message.
  await send({ type: 'event', event: lastEvent });
  process.exit(lastEvent.state === 'failed' ? 1 : 0);
}

let stopping = false;
let ended = false;
let lastProgress = { at: 0, phase: '' };

function publish(event: NewEvent): Promise<void> {
  if (ended) return Promise.resolve();
  if (event.type === 'end') ended = true;
  return send({ type: 'event', event: journal.append(event) });
}

const host: JobHost = {
  dir,
  out: join(dir, 'out'),
  get stopping() {
    return stopping;
  },
  journaledEpochs: new Set(journal.before.flatMap((event: JobEvent) => (event.type === 'epoch' ? [event.row.epoch] : []))),
  log: (level, text, ko) => void publish({ type: 'log', level, text, ...(ko === undefined ? {} : { ko }) }),
  epoch: (row) => void publish({ type: 'epoch', row }),
  progress: (progress) => {
    const now = performance.now();
    if (now - lastProgress.at < 250 && progress.phase === lastProgress.phase && progress.done !== progress.total) return;
    lastProgress = { at: now, phase: progress.phase };
    void send({ type: 'progress', progress });
  },
};

function requestStop(): void {
  if (stopping || ended) return;
  stopping = true;
  host.log('info', 'stop requested', '중지 요청을 받았습니다');
}

async function finish(state: JobEnd | 'failed', failure: Failure | null): Promise<never> {
  let sent: Promise<void>;
  try {
    sent = publish({ type: 'end', state, failure });
  } catch {
    // The disk has no room for it: the daemon is told all the same, and keeps it when there is room.
    const seq = Atomics.load(journal.cell, 1);
    sent = send({ type: 'event', event: { seq, at: new Date().toISOString(), type: 'end', state, failure } });
  }
  rmSync(pidFile, { force: true });
  await Promise.race([sent, new Promise((done) => setTimeout(done, 2000))]);
  process.exit(state === 'failed' ? 1 : 0);
}

function fail(error: unknown): void {
  if (ended) return;
  // What a failed job leaves is of no use to anybody, and on a full disk its space is needed to tell the end. The daemon does the same with the
  // checkpoint when it has taken over the end.
  try {
    rmSync(host.out, { recursive: true, force: true });
  } catch {
    // The end must be told in any case.
  }
  const known: StudioError = asStudioError(error, spec, deviceInUse());
  const failure = failureOf(known);
  const details = known.details === undefined ? '' : `\n${known.details}`;
  try {
    host.log('error', failure.en + details, failure.ko + details);
  } catch {
    // As above.
  }
  void finish('failed', failure);
}

process.on('uncaughtException', fail);
process.on('unhandledRejection', fail);
process.on('SIGTERM', requestStop);
process.on('message', (message: DaemonMessage) => {
  if (message.type === 'stop') requestStop();
});
// The daemon is gone. The job goes on from its last checkpoint when it is back.
process.on('disconnect', () => process.exit(1));
// Whoever reads our output may be gone without this being a reason to fail.
process.stdout.on('error', () => {});
process.stderr.on('error', () => {});

try {
  await writeDurably(pidFile, `${process.pid}\n`);
  startWatchdog({ limitBytes: spec.memoryMb * 2 ** 20, failure: failureOf(outOfMemory(spec)), journal: journal.path, cell: journal.cell, pidFile }, (details) =>
    fail(outOfMemory(spec, details)),
  );
  giveWay();
  const end = await runJob(spec, host);
  await finish(end, null);
} catch (error) {
  fail(error);
}

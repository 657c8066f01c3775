/** The queue with real workers: they draw a few sample pictures each. */
import { fork } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readGpuProcesses } from '../engine/devices/gpus.ts';
import { StudioError } from '../errors.ts';
import { EventBus } from '../events.ts';
import type { JobEvent } from '../http/schemas.ts';
import type { DeviceOfJob } from '../jobs/protocol.ts';
import { Collection } from '../store/collection.ts';
import { bootId } from '../store/lock.ts';
import { Allocation, type Box, type Need } from './allocation.ts';
import { Devices } from './devices.ts';
import { GpuWatchdog } from './gpu-watchdog.ts';
import type { JobRules, JobVerdict, RulesTable, StoredJob } from './jobs.ts';
import { nvidiaSmi } from './nvidia-smi.fixture.ts';
import { isActive, type NewJob, Queue, type QueueOptions } from './queue.ts';

const WORKER = join(dirname(fileURLToPath(import.meta.url)), '../worker.js');
const SMALL = { perClass: 1, size: 32, seed: 1 };
const ENDLESS = { perClass: 200_000, size: 64, seed: 1 };

const test = suite('queue');
const folders: string[] = [];
test.after(async () => {
  for (const dir of folders) await rm(dir, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
});

interface World {
  data: string;
  jobs: Collection<StoredJob>;
  queue: Queue;
  allocation: Allocation;
  ended: { id: number; verdict: JobVerdict }[];
  events: { jobId: number; event: JobEvent }[];
  faults: string[];
  start(): Promise<void>;
  submit(need: Need | null, work?: typeof SMALL, kind?: 'sample' | 'preflight' | 'infer'): Promise<number>;
  over(id: number): Promise<Readonly<StoredJob>>;
}

const need = (cores: number, memoryMb = 500): Need => ({ cores, memoryMb, gpu: null, gpuMemoryMb: 0 });

async function world(
  options: {
    data?: string;
    box?: Box;
    slots?: number;
    relaunches?: number;
    grace?: number;
    /** ms until a job is taken for steady. */
    steadyMs?: number;
    /** A job that is stopped at once saves something. */
    keeps?: boolean;
    gpusKnown?: boolean;
    onEnded?: (id: number) => void;
    devices?: QueueOptions['devices'];
  } = {},
): Promise<World> {
  const data = options.data ?? (await mkdtemp(join(tmpdir(), 'ai-studio-queue-')));
  folders.push(data);
  await mkdir(join(data, 'jobs'), { recursive: true });
  const jobs = await Collection.open<StoredJob>(data, 'db');
  const allocation = new Allocation(options.box ?? { cores: 2, memoryMb: 4000, gpus: [] }, options.gpusKnown);
  const bus = new EventBus((error) => {
    throw error;
  });
  const works = new Map<number, typeof SMALL>();
  const here: World = {
    data,
    jobs,
    allocation,
    ended: [],
    events: [],
    faults: [],
    queue: new Queue({
      jobs,
      dir: join(data, 'jobs'),
      cache: join(data, 'cache'),
      settings: { light_slots: options.slots ?? 2, light_memory_mb: 600, stop_grace_seconds: options.grace ?? 20, relaunches: options.relaunches ?? 3 },
      allocation,
      devices: options.devices ?? new Devices({ setting: 'auto', hasGpu: false, log: (error, about) => here.faults.push(`${about}: ${error}`) }),
      events: bus,
      audience: () => ({ groupId: 1 }),
      cgroups: null,
      gpuWatchdog: new GpuWatchdog(readGpuProcesses, 100),
      log: (error, about) => here.faults.push(`${about}: ${error}`),
      againMs: 20,
      steadyMs: options.steadyMs ?? 60_000,
    }),
    start: () => here.queue.start(rules, () => need(1)),
    submit: async (wanted, work = SMALL, kind = 'sample') => {
      const request: NewJob = {
        kind,
        title: 't',
        projectId: 1,
        ownerId: 1,
        subjectId: 1,
        preset: wanted === null ? null : { name: 'p', need: wanted },
      };
      const job = await here.queue.submit((id) => {
        works.set(id, work);
        return request;
      });
      return job.id;
    },
    over: async (id) => {
      for (let i = 0; i < 1200; i++) {
        const job = here.queue.get(id);
        if (job !== undefined && !isActive(job)) return job;
        await sleep(50);
      }
      throw new Error(`job ${id} does not end: ${JSON.stringify(here.queue.get(id))} ${here.faults.join()}`);
    },
  };
  const sample: JobRules<'sample'> = {
    work: (job) => ({ kind: 'sample', ...(works.get(job.id) ?? SMALL) }),
    keeps: async () => options.keeps === true,
    ended: async (job, verdict) => {
      options.onEnded?.(job.id);
      here.ended.push({ id: job.id, verdict });
    },
  };
  // What they draw does not matter here; the kind decides about the slot.
  const rules = { sample, preflight: sample, infer: sample } as unknown as RulesTable;
  bus.on('jobEvent', (message) => here.events.push(message));
  return here;
}

const lastEvent = async (w: World, id: number) => {
  const lines = (await readFile(join(w.queue.folder(id), 'events.jsonl'), 'utf8')).trim().split('\n');
  return JSON.parse(lines.at(-1)!) as JobEvent;
};

const logOf = (w: World, id: number) => readFile(join(w.queue.folder(id), 'events.jsonl'), 'utf8');

test('the share of the box is never given twice', () => {
  const allocation = new Allocation({
    cores: 4,
    memoryMb: 8000,
    gpus: [
      { name: 'NVIDIA RTX 3090', memoryMb: 24000 },
      { name: 'NVIDIA RTX 2080 Ti', memoryMb: 11000 },
    ],
  });
  const gpu = (name: string, gpuMemoryMb = 0): Need => ({ cores: 1, memoryMb: 1000, gpu: name, gpuMemoryMb });
  assert.equal(allocation.take(1, gpu('any', 20000)), { gpu: 'NVIDIA RTX 3090' });
  assert.is(allocation.take(2, gpu('rtx 3090')), null);
  assert.equal(allocation.take(2, gpu('any')), { gpu: 'NVIDIA RTX 2080 Ti' });
  assert.is(allocation.take(3, gpu('any')), null);
  assert.is(allocation.take(3, need(3)), null);
  assert.equal(allocation.take(3, need(2)), { gpu: null });
  assert.is(allocation.take(4, need(0.5)), null);
  assert.is(allocation.fits(gpu('RTX 4090')), false);
  assert.is(allocation.fits(gpu('any', 30000)), false);
  assert.is(allocation.fits(need(5)), false);
  // Any order of taking and giving back.
  const random = new Allocation({ cores: 4, memoryMb: 4000, gpus: [] });
  const taken = new Map<number, Need>();
  for (let i = 0; i < 5000; i++) {
    const wanted = need(Math.ceil(Math.random() * 4) / 2, Math.ceil(Math.random() * 2500));
    if (Math.random() < 0.6 && random.take(i, wanted) !== null) taken.set(i, wanted);
    else {
      const [id] = taken.keys();
      if (id !== undefined) {
        random.release(id);
        taken.delete(id);
      }
    }
    const all = [...taken.values()];
    assert.ok(all.reduce((sum, { cores }) => sum + cores, 0) <= 4 && all.reduce((sum, { memoryMb }) => sum + memoryMb, 0) <= 4000);
  }
});

test('real jobs: all run, in their order, and never more than fit', async () => {
  const w = await world({ box: { cores: 2, memoryMb: 1500, gpus: [] } });
  await w.start();
  const needs = [need(1), need(1, 1200), need(2), need(1), need(1)];
  const ids: number[] = [];
  for (const one of needs) ids.push(await w.submit(one));
  const light = [await w.submit(null), await w.submit(null), await w.submit(null)];
  let most = 0;
  let mostLight = 0;
  while ([...ids, ...light].some((id) => isActive(w.queue.get(id)!))) {
    const running = ids.filter((id) => w.queue.get(id)!.state === 'running').map((id) => needs[ids.indexOf(id)]!);
    const cores = running.reduce((sum, one) => sum + one.cores, 0);
    const memory = running.reduce((sum, one) => sum + one.memoryMb, 0);
    assert.ok(cores <= 2 && memory <= 1500, `${cores} cores and ${memory} MiB at once`);
    most = Math.max(most, running.length);
    mostLight = Math.max(mostLight, light.filter((id) => w.queue.get(id)!.state === 'running').length);
    await sleep(5);
  }
  const jobs = ids.map((id) => w.queue.get(id)!);
  assert.equal(
    jobs.map(({ state }) => state),
    ids.map(() => 'succeeded'),
  );
  const starts = jobs.map(({ startedAt }) => startedAt!);
  assert.equal(starts, [...starts].sort());
  assert.is(most, 2);
  assert.is(mostLight, 2);
  assert.equal(w.allocation.free, { cores: 2, memoryMb: 1500 });
  assert.equal(w.faults, []);
});

test('a job that waits knows its place and why, and can be stopped', async () => {
  const w = await world();
  await w.start();
  const first = await w.submit(need(2), ENDLESS);
  const second = await w.submit(need(1));
  const third = await w.submit(need(1));
  const waiting = (id: number) => w.queue.live(w.queue.get(id)!).waiting;
  assert.is(waiting(second)?.place, 1);
  assert.match(waiting(second)!.en, '1 CPU core(s), of which 0 are free');
  assert.is(waiting(third)?.place, 2);
  assert.match(waiting(third)!.ko, '1개');
  await w.queue.stop(second);
  assert.is(w.queue.get(second)!.state, 'stopped');
  assert.equal(await lastEvent(w, second), { seq: 1, at: (await lastEvent(w, second)).at, type: 'end', state: 'stopped', failure: null });
  assert.is(waiting(third)?.place, 1);
  await w.queue.stop(first);
  assert.is((await w.over(first)).state, 'stopped');
  assert.is((await w.over(third)).state, 'succeeded');
  try {
    await w.queue.stop(third);
    assert.unreachable();
  } catch (error) {
    assert.is((error as StudioError).code, 'job_over');
  }
});

test('what takes seconds does not wait behind what takes long', async () => {
  const w = await world({ slots: 1 });
  await w.start();
  const all = await w.submit(need(2, 4000), ENDLESS);
  const long = await w.submit(null, ENDLESS);
  const behind = await w.submit(null, ENDLESS);
  const quick = await w.submit(null, SMALL, 'preflight');
  assert.is((await w.over(quick)).state, 'succeeded', 'beside a training that has the whole box and a full slot');
  assert.is(w.queue.get(long)!.state, 'running');
  assert.is(w.queue.get(behind)!.state, 'pending', 'the quick slot is not for it');
  const [one, two] = [await w.submit(null, ENDLESS, 'preflight'), await w.submit(null, SMALL, 'preflight')];
  assert.is(w.queue.live(w.queue.get(two)!).waiting?.place, 1, 'it waits for the quick one alone');
  for (const id of [one, long, behind, all]) await w.queue.stop(id);
  assert.is((await w.over(two)).state, 'succeeded');
  for (const id of [one, long, behind, all]) assert.is((await w.over(id)).state, 'stopped');
});

async function workerOf(w: World, id: number): Promise<number> {
  for (let i = 0; i < 600; i++) {
    const pid = Number(await readFile(join(w.queue.folder(id), 'worker.pid'), 'utf8').catch(() => ''));
    if (pid > 0) return pid;
    await sleep(50);
  }
  throw new Error('no worker came');
}

test('a worker that is killed or crashes fails its job alone, with a sentence', async () => {
  const w = await world();
  await w.start();
  const [killed, crashed, healthy] = [await w.submit(need(1), ENDLESS), await w.submit(need(1), ENDLESS), await w.submit(null)];
  const pid = await workerOf(w, killed);
  const environment = (await readFile(`/proc/${pid}/environ`, 'utf8')).split('\0');
  assert.ok(environment.includes('CUDA_DEVICE_ORDER=PCI_BUS_ID'), 'it counts GPUs as nvidia-smi does');
  process.kill(pid, 'SIGKILL');
  process.kill(await workerOf(w, crashed), 'SIGSEGV');
  assert.is((await w.over(killed)).failure?.code, 'out_of_memory_data');
  const failure = (await w.over(crashed)).failure!;
  assert.is(failure.code, 'worker_crashed');
  assert.match(failure.ko, String(crashed));
  assert.is((await w.over(healthy)).state, 'succeeded');
  // Who listens learns it too.
  assert.equal((await lastEvent(w, crashed)).type, 'end');
  assert.ok(w.events.some(({ jobId, event }) => jobId === crashed && event.type === 'end' && event.state === 'failed'));
  assert.equal(w.allocation.free, { cores: 2, memoryMb: 4000 });
});

test('a job that takes more of the GPU than its preset allows is ended alone, with a sentence', async () => {
  const smi = await nvidiaSmi();
  const w = await world({
    box: { cores: 4, memoryMb: 4000, gpus: [0, 1].map(() => ({ name: 'NVIDIA GeForce RTX 3090', memoryMb: 24576 })) },
    devices: { choose: async (_need, index) => ({ name: 'cuda', index, fallback: true, why: null }) },
  });
  const wanted: Need = { ...need(1), gpu: 'RTX', gpuMemoryMb: 8000 };
  await w.start();
  const [greedy, modest] = [await w.submit(wanted, ENDLESS, 'preflight'), await w.submit(wanted, ENDLESS, 'preflight')];
  const on = (pid: number, memory: string) => ({ name: 'NVIDIA GeForce RTX 3090', totalMb: 24576, processes: [{ pid, memory }] });
  await smi.says(on(await workerOf(w, greedy), '8190 MiB'), on(await workerOf(w, modest), '7990 MiB'));
  const failure = (await w.over(greedy)).failure!;
  assert.equal([failure.code, failure.params], ['out_of_gpu_memory', { limitMb: 8000, usedMb: 8190 }]);
  assert.match(failure.ko, '8190 MB');
  assert.equal((await lastEvent(w, greedy)).type, 'end');
  assert.is(w.queue.get(modest)!.state, 'running');
  await w.queue.stop(modest);
  assert.is((await w.over(modest)).state, 'stopped');
  await smi.remove();
});

test('a light job takes a GPU that nobody has; without one the CPU infers, and a preflight says why it cannot', async () => {
  const w = await world({
    box: { cores: 4, memoryMb: 4000, gpus: [0, 1].map(() => ({ name: 'NVIDIA GeForce RTX 3090', memoryMb: 24576 })) },
    slots: 3,
    devices: { choose: async (_need, index) => ({ name: 'cuda', index, fallback: true, why: null }) },
  });
  await w.start();
  const deviceOf = async (id: number) => {
    await workerOf(w, id);
    return (JSON.parse(await readFile(join(w.queue.folder(id), 'spec.json'), 'utf8')) as { device: DeviceOfJob }).device;
  };
  const training = await w.submit({ ...need(1), gpu: 'any' }, ENDLESS, 'preflight');
  assert.is((await deviceOf(training)).index, 0);
  const first = await w.submit(null, ENDLESS, 'infer');
  assert.is((await deviceOf(first)).index, 1, 'not the one that the training has');
  assert.is(w.queue.get(first)!.resources.cores, 3, 'the cores that the training has left');
  const second = await w.submit(null, ENDLESS, 'infer');
  const { name, why } = await deviceOf(second);
  assert.equal([name, why?.en], ['cpu', 'Other jobs have the GPU just now.']);
  assert.is((await w.over(await w.submit(null, SMALL, 'preflight'))).failure?.code, 'preflight_gpu_busy');
  await w.queue.stop(first);
  await w.over(first);
  const third = await w.submit(null, ENDLESS, 'preflight');
  assert.is((await deviceOf(third)).index, 1, 'given back');
  for (const id of [training, second, third]) {
    await w.queue.stop(id);
    await w.over(id);
  }
});

test('a worker that does not stop in time is ended by force', async () => {
  const w = await world({ grace: 1 });
  await w.start();
  const id = await w.submit(need(1), ENDLESS);
  process.kill(await workerOf(w, id), 'SIGSTOP');
  await w.queue.stop(id);
  assert.is((await w.over(id)).state, 'stopped');
});

test('a daemon that comes back goes on: what waited, what ran, what had ended', async () => {
  const old = await world();
  await old.start();
  const running = await old.submit(need(2));
  await old.over(running);
  const waits = await old.submit(need(2), ENDLESS);
  const behind = await old.submit(need(1));
  await workerOf(old, waits);
  await old.queue.close();
  assert.is(old.queue.get(waits)!.state, 'running');

  // As if the daemon had died behind the end of a job and before taking it over.
  await old.jobs.update(running, (before) => ({ ...before, state: 'running', finishedAt: null }));
  // As if it had died in the same place behind the stop of one that waited.
  const stopped = await old.submit(need(2));
  await writeFile(join(old.queue.folder(stopped), 'events.jsonl'), '{"seq":1,"at":"2026-01-01T00:00:00.000Z","type":"end","state":"stopped","failure":null}\n');
  await old.jobs.update(stopped, (before) => ({ ...before, stopRequested: true }));
  // A folder whose job was never stored.
  await mkdir(join(old.data, 'jobs', '77'));

  const w = await world({ data: old.data });
  await w.start();
  assert.is((await w.over(running)).state, 'succeeded');
  assert.equal([(await w.over(stopped)).state, w.queue.get(stopped)!.startedAt], ['stopped', null], 'it is not launched');
  assert.equal(w.ended[0], { id: running, verdict: { state: 'succeeded', failure: null } });
  assert.is((await w.over(waits)).state, 'succeeded');
  assert.is((await w.over(behind)).state, 'succeeded');
  assert.is(w.queue.get(waits)!.relaunches, 0, 'an orderly stop is no crash');
  assert.is(existsSync(join(w.data, 'jobs', '77')), false);
});

test('a worker that a dead daemon has left is ended before its job is launched again; an innocent process is not', async () => {
  const old = await world();
  await old.start();
  const id = await old.submit(need(1));
  await old.over(id);
  const launchedIn = await bootId();
  const dir = old.queue.folder(id);
  await rm(join(dir, 'events.jsonl'));
  await writeFile(join(dir, 'spec.json'), JSON.stringify({ kind: 'sample', jobId: id, threads: 1, memoryMb: 500, ...ENDLESS }));
  // A worker without a channel to any daemon.
  const left = fork(WORKER, [dir], { stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
  const gone = new Promise((done) => left.once('exit', done));
  await workerOf(old, id);
  await old.jobs.update(id, (before) => ({ ...before, state: 'running', finishedAt: null, launchedIn }));
  const w = await world({ data: old.data });
  await w.start();
  await gone;
  assert.is(left.signalCode, 'SIGKILL');
  assert.is((await w.over(id)).state, 'succeeded');
  assert.is(w.queue.get(id)!.relaunches, 1);

  await w.jobs.update(id, (before) => ({ ...before, state: 'running', finishedAt: null }));
  await writeFile(join(dir, 'worker.pid'), String(process.pid));
  await rm(join(dir, 'events.jsonl'));
  const third = await world({ data: old.data });
  await third.start();
  assert.is((await third.over(id)).state, 'succeeded');
});

test('a job behind whose launch the daemon dies again and again is given up; what it has is saved first', async () => {
  const launchedIn = await bootId();
  const old = await world();
  await old.start();
  const [id, kept] = [await old.submit(need(1)), await old.submit(need(1))];
  for (const each of [id, kept]) {
    await old.over(each);
    await rm(join(old.queue.folder(each), 'events.jsonl'));
  }
  await old.jobs.update(id, (before) => ({ ...before, state: 'running', finishedAt: null, relaunches: 3, launchedIn }));
  const w = await world({ data: old.data, relaunches: 3 });
  await w.start();
  const job = await w.over(id);
  assert.equal([job.failure?.code, job.failure?.params], ['worker_keeps_crashing', { count: 4 }]);
  assert.is((await lastEvent(w, id)).type, 'end');
  await w.queue.close();

  await w.jobs.update(kept, (before) => ({ ...before, state: 'running', finishedAt: null, relaunches: 3, launchedIn }));
  const third = await world({ data: old.data, relaunches: 3, keeps: true });
  await third.start();
  assert.is((await third.over(kept)).state, 'stopped');
  assert.match(await logOf(third, kept), /ended 4 times in a row[\s\S]*stop requested/);
});

test('power cuts, and a daemon that dies while a job has long been running, are not held against the job', async () => {
  const old = await world({ steadyMs: 50 });
  await old.start();
  const [cut, late] = [await old.submit(need(1)), await old.submit(need(1), ENDLESS)];
  await old.over(cut);
  while (old.queue.get(late)!.state !== 'running' || old.queue.get(late)!.launchedIn !== undefined) await sleep(20);
  await old.queue.close();
  await rm(join(old.queue.folder(cut), 'events.jsonl'));
  await old.jobs.update(cut, (before) => ({ ...before, state: 'running', finishedAt: null, relaunches: 3, launchedIn: 'another boot' }));
  await old.jobs.update(late, (before) => ({ ...before, interrupted: false, relaunches: 3 }));
  const w = await world({ data: old.data, relaunches: 3 });
  await w.start();
  for (const id of [cut, late]) {
    const { state, relaunches, launchedIn } = await w.over(id);
    assert.equal([state, relaunches, launchedIn], ['succeeded', 3, undefined]);
  }
});

test('a job whose log is damaged fails alone: at the start, and while it runs', async () => {
  const rubbish = '{"seq":1,"type":"log","level":"info","text":"t"}\nrubbish\n{"seq":3}\n';
  const old = await world();
  await old.start();
  const damaged = await old.submit(need(1));
  await old.over(damaged);
  const waits = await old.submit(need(2), ENDLESS);
  await workerOf(old, waits);
  await old.queue.close();
  await old.jobs.update(damaged, (before) => ({ ...before, state: 'running', finishedAt: null }));
  await writeFile(join(old.queue.folder(damaged), 'events.jsonl'), rubbish);

  const w = await world({ data: old.data });
  await w.start();
  assert.is((await w.over(damaged)).failure?.code, 'internal');
  assert.is((await w.over(waits)).state, 'succeeded');
  const running = await w.submit(need(2), ENDLESS);
  const pid = await workerOf(w, running);
  process.kill(pid, 'SIGSTOP');
  await writeFile(join(w.queue.folder(running), 'events.jsonl'), rubbish);
  process.kill(pid, 'SIGKILL');
  assert.is((await w.over(running)).state, 'failed');
  assert.is((await w.over(await w.submit(need(2)))).state, 'succeeded', 'its share is free again');
});

test('a job that was ended by force is launched once more where that saves what it has', async () => {
  const w = await world({ grace: 1, keeps: true });
  await w.start();
  const id = await w.submit(need(1), ENDLESS);
  process.kill(await workerOf(w, id), 'SIGSTOP');
  await w.queue.stop(id);
  const { state, windingUp } = await w.over(id);
  assert.equal([state, windingUp], ['stopped', undefined]);
  assert.match(await logOf(w, id), /ended by force[\s\S]*stop requested/, 'its second worker has stopped by itself');
  assert.equal([w.faults, w.allocation.free], [[], { cores: 2, memoryMb: 4000 }]);
});

test('with the disk full the end of a job is put off, not turned; others run meanwhile, and it can be deleted', async () => {
  let full = true;
  const w = await world({
    onEnded: (id) => {
      if (full && id <= 2) throw Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
    },
  });
  await w.start();
  const [kept, dropped] = [await w.submit(need(1)), await w.submit(need(1))];
  for (const id of [kept, dropped]) while (!w.faults.some((fault) => fault.startsWith(`end of job ${id}`))) await sleep(20);
  assert.is((await w.over(await w.submit(need(2)))).state, 'succeeded', 'they have no share of the box any more');
  assert.equal([w.queue.get(kept)!.state, w.queue.isAtWork(kept), w.queue.countActive(1)], ['running', true, 0]);
  await w.queue.stop(kept);
  await w.queue.delete(dropped);
  assert.equal([w.queue.get(dropped), w.queue.isAtWork(dropped), existsSync(w.queue.folder(dropped))], [undefined, false, false]);
  full = false;
  assert.is((await w.over(kept)).state, 'succeeded');
  assert.equal(
    w.ended.filter(({ id }) => id <= 2),
    [{ id: kept, verdict: { state: 'succeeded', failure: null } }],
  );
});

test('what needs a GPU waits for its driver, and holds up nobody where the GPU is not there', async () => {
  const gpus = [{ name: 'NVIDIA GeForce RTX 3090', memoryMb: 24576 }];
  const w = await world({
    box: { cores: 2, memoryMb: 4000, gpus },
    gpusKnown: false,
    devices: { choose: async () => ({ name: 'cpu', index: null, fallback: false, why: null }) },
  });
  await w.start();
  const id = await w.submit({ ...need(1), gpu: 'RTX 3090' });
  const waiting = () => w.queue.live(w.queue.get(id)!).waiting!;
  assert.match(waiting().en, /waits for the driver/);
  assert.match(waiting().ko, /드라이버의 응답/);
  w.allocation.know({ ...w.allocation.box, gpus: [] });
  w.queue.gpusHaveChanged();
  assert.match(waiting().en, /not there\. Check the GPU/);
  const beside = await w.submit(need(2), ENDLESS);
  assert.is((await workerOf(w, beside)) > 0, true);
  assert.is(w.queue.outlook(need(1)).place, 1);
  await w.queue.stop(beside);
  await w.over(beside);
  assert.is(w.queue.get(id)!.state, 'pending');
  w.allocation.know({ ...w.allocation.box, gpus });
  w.queue.gpusHaveChanged();
  assert.equal([(await w.over(id)).state, w.queue.get(id)!.resources.gpu], ['succeeded', 'NVIDIA GeForce RTX 3090']);
});

test('what a job has made cannot be taken over: it fails, and the queue goes on', async () => {
  let refusals = 0;
  const w = await world({
    onEnded: (id) => {
      if (id === 1 && refusals++ === 0) throw new StudioError('dataset_unreadable');
    },
  });
  await w.start();
  const id = await w.submit(need(1));
  assert.is((await w.over(id)).failure?.code, 'dataset_unreadable');
  assert.equal(
    w.ended.map(({ verdict }) => verdict.state),
    ['failed'],
  );
  assert.is((await w.over(await w.submit(need(1)))).state, 'succeeded');
});

test.run();

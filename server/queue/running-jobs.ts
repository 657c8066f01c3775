/**
 * The jobs that run. Each has its share of the box and a worker, which is launched, heard, asked to stop, and ended by force where it stays silent; when it is
 * gone, the job's end is stored and its share given back.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { failureOf, StudioError } from '../errors.ts';
import type { JobKind, Progress } from '../http/schemas.ts';
import { outOfGpuMemory, outOfMemory } from '../jobs/failure.ts';
import type { NewEvent } from '../jobs/journal.ts';
import type { DeviceOfJob, JobSpec, WorkerMessage } from '../jobs/protocol.ts';
import { writeDurably } from '../store/durable.ts';
import type { Need } from './allocation.ts';
import { endIn } from './job-log.ts';
import type { JobRules, JobVerdict, StoredJob } from './jobs.ts';
import { launchWorker, type Worker, type WorkerExit } from './launcher.ts';
import { Patience } from './patience.ts';
import type { QueueOptions } from './queue.ts';
import type { TakeOvers } from './take-over.ts';

const ANY_GPU: Pick<Need, 'gpu' | 'gpuMemoryMb'> = { gpu: 'any', gpuMemoryMb: 0 };
const GPU_TAKEN = { ko: '지금은 다른 작업이 GPU를 사용하고 있습니다.', en: 'Other jobs have the GPU just now.' };

/** What a job is launched with. */
type Share = Omit<StoredJob['resources'], 'preset'>;

/** Of a job that is being launched, runs, or is being taken over. */
interface Running {
  worker: Worker | null;
  progress: Progress | null;
  end: JobVerdict | null;
  killed: boolean;
  killTimer: NodeJS.Timeout | null;
  steadyTimer: NodeJS.Timeout | null;
}

/** A daemon that dies so long behind a launch, or later, does not die of it. */
const STEADY_MS = 60_000;

export interface RunningJobsOptions extends Omit<QueueOptions, 'dir' | 'againMs'> {
  takeOvers: TakeOvers;
  /** What the trainings ask for, by job; gone when their end is stored. */
  needs: Map<number, Need>;
  folder(id: number): string;
  rulesOf(kind: JobKind): JobRules;
  /** The boot of the machine, see store/lock.ts. */
  boot(): string;
  /** Adds an event to the job's log, unless its end is told there. */
  tell(id: number, event: NewEvent): Promise<void>;
  /** The record is another than it was. */
  changed(job: Readonly<StoredJob>): void;
  /** A share of the box has been given back. */
  freed(): void;
}

export class RunningJobs {
  readonly #options: RunningJobsOptions;
  readonly #running = new Map<number, Running>();
  readonly #patience: Patience;
  #closing = false;

  constructor(options: RunningJobsOptions) {
    this.#options = options;
    this.#patience = new Patience(options.settings.stop_grace_seconds);
  }

  /** Is it being launched, running, or being taken over? */
  has(id: number): boolean {
    return this.#running.has(id);
  }

  jobs(): Readonly<StoredJob>[] {
    return [...this.#running.keys()].flatMap((id) => this.#options.jobs.get(id) ?? []);
  }

  progressOf(id: number): Progress | null {
    return this.#running.get(id)?.progress ?? null;
  }

  // ---------------------------------------------------------------- launching

  /** Counts it among those that run without a launch: it is about to be ended. */
  hold(id: number): void {
    this.#running.set(id, newRunning());
  }

  /** Launches a job that has its share. */
  begin(job: Readonly<StoredJob>, share: Share): void {
    const running = newRunning();
    this.#running.set(job.id, running);
    const { log } = this.#options;
    this.#run(job, running, share)
      .catch((error: unknown) => {
        // Its log is damaged, say.
        log(error, `job ${job.id}`);
        return this.finish(this.#options.jobs.get(job.id) ?? job, { state: 'failed', failure: failureOf(error) });
      })
      .catch((error: unknown) => log(error, `end of job ${job.id}`));
  }

  async #run(pending: Readonly<StoredJob>, running: Running, share: Share): Promise<void> {
    const { id } = pending;
    const dir = this.#options.folder(id);
    let job = pending;
    try {
      const rules = this.#options.rulesOf(pending.kind);
      const started = await this.#options.jobs.update(id, (before) => ({
        ...before,
        state: 'running',
        startedAt: before.startedAt ?? new Date().toISOString(),
        resources: { ...before.resources, ...share },
        launchedIn: this.#options.boot(),
      }));
      if (started === undefined) {
        this.#options.needs.delete(id);
        return this.#giveBack(id);
      }
      job = started;
      const work = await rules.work(job, dir);
      const device = await this.#device(job);
      const spec = { ...work, jobId: id, threads: this.#threads(job), memoryMb: job.resources.memoryMb, cache: this.#options.cache, ...device } as JobSpec;
      await writeDurably(join(dir, 'spec.json'), `${JSON.stringify(spec, null, 1)}\n`);
      await rules.started?.(job);
      this.#options.changed(job);
      if (this.#closing) return;
      running.worker = launchWorker(dir, job.resources.memoryMb, (message) => this.#heard(id, running, message));
      running.steadyTimer = setTimeout(() => this.#getsOn(id), this.#options.steadyMs ?? STEADY_MS).unref();
      const { pid } = running.worker;
      if (pid !== undefined) {
        const { preset, cores, memoryMb } = job.resources;
        this.#options.cgroups?.confine({ id, pid, cores: preset === null ? null : cores, memoryMb });
        const limitMb = this.#options.needs.get(id)?.gpuMemoryMb ?? 0;
        if (limitMb > 0 && device.device !== undefined && device.device.name !== 'cpu') {
          this.#options.gpuWatchdog.watch(id, pid, limitMb, (usedMb) => {
            // It has told how it ended, and is only about to leave.
            if (running.end !== null) return;
            running.end = { state: 'failed', failure: failureOf(outOfGpuMemory(spec, limitMb, usedMb)) };
            running.worker?.kill();
          });
        }
      }
      if (this.#options.jobs.get(id)?.stopRequested) this.askToStop(id);
    } catch (error) {
      // What the job is for may be deleted already while it is being stopped.
      if (this.#options.jobs.get(id)?.stopRequested) return this.finish(job, { state: 'stopped', failure: null });
      if (!(error instanceof StudioError)) this.#options.log(error, `launch of job ${id}`);
      return this.finish(job, { state: 'failed', failure: failureOf(error) });
    }
    const exit = await running.worker.exited;
    const ranOut = this.#options.cgroups?.ranOutOfMemory(id) ?? null;
    void this.#options.cgroups?.release(id);
    this.#options.gpuWatchdog.release(id);
    clearTimers(running);
    this.#patience.gone(id);
    const end = running.end ?? (await endIn(dir));
    if (end === null && this.#closing) return;
    const now = this.#options.jobs.get(id) ?? job;
    if (end === null && running.killed && (await this.windUp(now, SILENT))) return this.#giveBack(id);
    await this.finish(now, end ?? (await this.#suddenEnd(now, running, exit, ranOut)));
  }

  /** What those that compute do it on. */
  async #device(job: Readonly<StoredJob>): Promise<{ device?: DeviceOfJob }> {
    if (!['train', 'trial', 'preflight', 'infer'].includes(job.kind)) return {};
    const need = this.#options.needs.get(job.id) ?? (await this.#options.rulesOf(job.kind).need?.(job)) ?? null;
    const { devices, allocation } = this.#options;
    if (job.kind === 'preflight' && need !== null && allocation.lacksGpu(need)) throw new StudioError('preflight_gpu_missing');
    const device = await devices.choose(need, allocation.gpuOf(job.id));
    return { device: job.resources.preset === null && allocation.box.gpus.length > 0 ? this.#lightDevice(job, device, need ?? ANY_GPU) : device };
  }

  /** A light job comes without a share: it takes a GPU that nobody has. Where there is none the CPU infers; how long a training takes on a GPU the CPU cannot tell. */
  #lightDevice(job: Readonly<StoredJob>, device: DeviceOfJob, need: Pick<Need, 'gpu' | 'gpuMemoryMb'>): DeviceOfJob {
    if (device.name === 'cpu') return device;
    const index = this.#options.allocation.takeGpu(job.id, need);
    if (index !== null) return { ...device, index };
    if (job.kind === 'preflight') throw new StudioError('preflight_gpu_busy');
    return device.fallback ? { name: 'cpu', index: null, fallback: false, why: GPU_TAKEN } : device;
  }

  #threads(job: Readonly<StoredJob>): number {
    return Math.max(1, Math.floor(job.resources.cores));
  }

  #heard(id: number, running: Running, message: WorkerMessage): void {
    const job = this.#options.jobs.get(id);
    if (job === undefined) return;
    this.#patience.heard(id);
    // A stopped training still judges its best epoch; while it tells of its work it is not ended by force, or that model would be lost.
    if (running.killTimer !== null) this.#endByForceLater(id, running);
    if (message.type === 'progress') {
      running.progress = message.progress;
      this.#options.events.emit('progress', { jobId: id, progress: message.progress, audience: this.#options.audience(job.projectId) });
      return;
    }
    const { event } = message;
    if (event.type === 'end') running.end = { state: event.state, failure: event.failure };
    else if (event.type === 'epoch') this.#getsOn(id);
    this.#options.events.emit('jobEvent', { jobId: id, event });
  }

  /** It has told of an epoch, or has run for a while. */
  #getsOn(id: number): void {
    const { relaunches, launchedIn } = this.#options.jobs.get(id) ?? { relaunches: 0, launchedIn: undefined };
    if (relaunches === 0 && launchedIn === undefined) return;
    this.#options.jobs
      .update(id, ({ launchedIn: _, ...before }) => ({ ...before, relaunches: 0 }))
      .catch((error: unknown) => this.#options.log(error, `progress of job ${id}`));
  }

  askToStop(id: number): void {
    const running = this.#running.get(id);
    const worker = running?.worker;
    if (running === undefined || worker === null || worker === undefined || running.killTimer !== null) return;
    worker.stop();
    this.#endByForceLater(id, running);
  }

  #endByForceLater(id: number, running: Running): void {
    if (running.killTimer !== null) clearTimeout(running.killTimer);
    running.killTimer = setTimeout(
      () => {
        running.killed = true;
        running.worker?.kill();
      },
      this.#patience.of(id, this.#options.jobs.get(id)?.windingUp === true),
    );
  }

  // ---------------------------------------------------------------- ending

  /** Lets a job that was ended by force, or is given up, be launched once more where that saves something. Otherwise false. `why` is for its log. */
  async windUp({ id, kind, windingUp }: Readonly<StoredJob>, why: { ko: string; en: string }): Promise<boolean> {
    if (windingUp === true || !(await this.#options.rulesOf(kind).keeps?.(this.#options.folder(id)))) return false;
    await this.#options.tell(id, { type: 'log', level: 'warning', text: why.en, ko: why.ko });
    const waits = await this.#options.jobs.update(id, ({ launchedIn: _, ...before }) => ({
      ...before,
      state: 'pending',
      stopRequested: true,
      windingUp: true,
      interrupted: false,
    }));
    if (waits !== undefined) this.#options.changed(waits);
    return waits !== undefined;
  }

  /** Of a worker that is gone without a word. `ranOut`: whether the kernel has ended it for its memory; null: not known. */
  async #suddenEnd(job: Readonly<StoredJob>, running: Running, { code, signal }: WorkerExit, ranOut: boolean | null): Promise<JobVerdict> {
    const crash = new StudioError('worker_crashed', { job: job.id });
    // At its second time there was something to save, and it is lost.
    if (running.killed) return job.windingUp === true ? { state: 'failed', failure: failureOf(crash) } : { state: 'stopped', failure: null };
    // The kernel ends what takes more memory than there is with SIGKILL; V8 aborts when its heap is full.
    const memory = (ranOut ?? signal === 'SIGKILL') || signal === 'SIGABRT' || code === 134;
    const error = memory ? outOfMemory(JSON.parse(await readFile(join(this.#options.folder(job.id), 'spec.json'), 'utf8')) as JobSpec) : crash;
    return { state: 'failed', failure: failureOf(error) };
  }

  /** Resolves when its end is stored, or put off because the disk is full; in both cases its share of the box is free. */
  async finish(job: Readonly<StoredJob>, verdict: JobVerdict): Promise<void> {
    await this.#options.takeOvers.begin(job, verdict);
    this.#options.needs.delete(job.id);
    this.#patience.forget(job.id);
    this.#giveBack(job.id);
  }

  /** Gives its share back. */
  #giveBack(id: number): void {
    this.#running.delete(id);
    this.#options.allocation.release(id);
    this.#options.freed();
  }

  /** Leaves the workers: they end at once, and go on from their checkpoints when the daemon is back. */
  async leave(): Promise<void> {
    this.#closing = true;
    const { jobs, log } = this.#options;
    const running = [...this.#running];
    for (const [id] of running) {
      await jobs
        .update(id, (before) => (before.state === 'running' ? { ...before, interrupted: true } : before))
        .catch((error: unknown) => log(error, `leaving job ${id}`));
    }
    await Promise.all(
      running.map(async ([, one]) => {
        const { worker } = one;
        clearTimers(one);
        if (worker === null) return;
        worker.leave();
        const timer = setTimeout(() => worker.kill(), 3000);
        await worker.exited;
        clearTimeout(timer);
      }),
    );
  }
}

const newRunning = (): Running => ({ worker: null, progress: null, end: null, killed: false, killTimer: null, steadyTimer: null });

function clearTimers({ killTimer, steadyTimer }: Running): void {
  for (const timer of [killTimer, steadyTimer]) if (timer !== null) clearTimeout(timer);
}

const SILENT = {
  ko: '중지 요청 뒤 오래 응답이 없어 강제로 종료했습니다. 지금까지의 모델을 저장하기 위해 한 번 더 시작합니다.',
  en: 'It was silent for long after it had been asked to stop, and was ended by force. It is launched once more, to save what it has.',
};
